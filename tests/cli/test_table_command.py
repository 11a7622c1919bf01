"""`raylth table` and `raylth compare`: what they print, and how they refuse."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from raylth.cli import main
from raylth.store import open_storage
from raylth.tables import RunFolder

Said = Callable[..., tuple[int, str, str]]
CELL = {"data": "digits", "model": "resnet8", "epochs": 20, "batch_size": 32, "rewind": 0, "fraction": 0.2, "lr": 0.1}


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Said:
    """Runs a command; its exit code, output and errors."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["raylth", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, said.out, said.err

    return run


@pytest.fixture
def address(tmp_path: Path) -> str:
    folder = RunFolder(open_storage(str(tmp_path)), "made")
    rows = [
        {**CELL, "run": "made", "trial": f"mu{mu}", "seed": 0, "init": 0, "sibling": 0, "momentum": mu}
        | {"level": level, "sparsity_label": 1 - 0.8**level, "test_accuracy": 0.5 + mu / 10}
        for mu in (0.0, 0.9)
        for level in (0, 1)
    ]
    folder.write_part("levels", "all", rows)
    folder.compact("levels", ["all"])
    return str(tmp_path / "runs" / "made")


def test_a_runs_table(told: Said, address: str) -> None:
    code, out, _ = told("table", address)
    assert code == 0
    assert "Test accuracy of tickets by sparsity: digits" in out and "59.00%" in out


def test_chosen_cells_and_levels_as_csv(told: Said, address: str) -> None:
    words = ("--where", "momentum=0.9", "--levels", "1", "--format", "csv", "--number", "2")
    code, out, _ = told("table", address, *words)
    frame = pd.read_csv(io.StringIO(out))
    assert (code, frame["Sparsity, 20.00% [%]"].tolist(), frame["μ"].tolist()) == (0, [59.0], [0.9])


def test_every_table_and_the_papers_beside(told: Said, address: str) -> None:
    code, out, _ = told("table", address, "--all", "--paper")
    assert code == 0
    assert "Training configuration" in out and "The paper has no such configuration." in out


@pytest.mark.parametrize(("form", "words"), [("latex", r"\toprule"), ("html", "<table"), ("markdown", "| ---")])
def test_the_papers_own_tables(told: Said, form: str, words: str) -> None:
    code, out, _ = told("table", "--paper-only", "--format", form)
    assert code == 0
    assert out.count(words) >= 9


def test_a_run_against_itself(told: Said, address: str) -> None:
    code, out, _ = told("compare", address, address, "--quantity", "accuracy")
    assert code == 0
    assert "made against made" in out and out.count("+0.00") == 4


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ((), "name one or several runs"),
        (("/nowhere",), "/nowhere holds no tables of a run"),
        (("--paper-only", "--where", "momentum=0.9"), "--paper-only goes with"),
        (("--paper-only", "--number", "11"), "there is table 1, 2, 3, 4, 5, 6, 7, 8, 9"),
        (("--paper-only", "--levels", "five"), "--levels five: write whole numbers"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_one_sentence(told: Said, words: tuple[str, ...], part: str) -> None:
    code, out, errors = told("table", *words)
    assert (code, out, errors.count("\n")) == (2, "", 1)
    assert part in errors


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--where", "momentum"), "write AXIS=VALUE"),
        (("--where", "momentum=["), "cannot be read"),
        (("--where", "momentun=0.9"), "is no column"),
        (("--where", "momentum=0.5"), "has momentum = 0.5"),
        (("--number", "3"), "nothing was measured for this table"),
    ],
)
def test_what_a_run_does_not_have_is_refused(told: Said, address: str, words: tuple[str, ...], part: str) -> None:
    code, _, errors = told("table", address, *words)
    assert (code, errors.count("\n")) == (2, 1)
    assert part in errors


def test_a_comparison_without_common_ground_is_refused(told: Said, address: str) -> None:
    assert told("compare", address, "/nowhere")[0] == 2
    code, _, errors = told("compare", address, address, "--quantity", "speed")
    assert code == 2 and "'speed' is no quantity" in errors
