"""`raylth schema` prints what the spec module says, quickly, and says how editors use it."""

import json
import subprocess
import sys

import pytest
import typer
from command import ROOT, run
from typer.testing import CliRunner

from raylth.cli.schema import schema
from raylth.spec import json_schema


def test_the_schema_is_printed_alone() -> None:
    ended = run("schema")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout) == json_schema()


def test_the_help_says_how_to_use_it_in_an_editor() -> None:
    app = typer.Typer()
    app.command()(schema)
    help_text = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "80"}).stdout
    assert "# yaml-language-server: $schema=sweep.schema.json" in help_text


@pytest.mark.parametrize("words", [["schema"], ["--help"], ["doctor", "--help"]])
def test_nothing_slow_is_imported(words: list[str]) -> None:
    code = (
        "import sys; from raylth.cli import main\n"
        "try: main()\n"
        "finally: print(sorted({'torch', 'ray', 'pyarrow', 'numpy'} & set(sys.modules)), file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stderr.strip() == "[]"
