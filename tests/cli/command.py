"""The command line in a process of its own, as a person runs it in a pipe of 80 columns."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = "from raylth.cli import main; main()"


def run(*words: str | Path, timeout: float = 120, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `raylth` to its end."""
    inherited = {name: value for name, value in os.environ.items() if name != "RAYLTH_DATA"}
    path = os.pathsep.join(filter(None, [str(ROOT), inherited.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**inherited, "COLUMNS": "80", "PYTHONPATH": path, **environment},
        check=False,
    )


def assert_one_sentence(ended: subprocess.CompletedProcess[str], *parts: str) -> None:
    """Bad input: exit code 2, and one line that holds `parts`."""
    assert ended.returncode == 2, ended.stderr
    assert ended.stderr.startswith("raylth: ")
    assert ended.stderr.count("\n") == 1
    assert [part for part in parts if part not in ended.stderr] == []
