"""Reports of runs that are not as they should be: failed, diverged, missing, unfinished, running, empty."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from analysis import load_run
from analysis.figures import Embedded, Figure
from analysis.report import report_html
from analysis.report.state import state_of
from tests.analysis.report.made_runs import (
    Row,
    all_tables,
    barrier,
    few_trials,
    level,
    lines,
    make_run,
    numbers,
    segment,
    trial,
    trials,
)

RUNNING = {"phase": "training", "trials_done": 3, "trials": 24, "epochs_now": 40, "epochs": 1200}


def text_of(folder: Path) -> str:
    """The report as one line, for sentences to be found in."""
    return " ".join(report_html(load_run(folder)).split())


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are made and not drawn, which takes seconds: the tests in the browser see them drawn."""

    def embed(figures: Sequence[Figure]) -> Embedded:
        return Embedded(head="", script="", divs={figure.id: "" for figure in figures})

    monkeypatch.setattr("analysis.report.illustrations.embed", embed)


def test_a_finished_run_says_so(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "made", {"trials": [trial(row) for row in trials()]})
    state = state_of(load_run(folder))
    assert (state.kind, state.title, state.sentences[0]) == ("finished", "Finished", "All 36 trials finished.")


def test_failed_diverged_and_unfinished_trials_are_counted_and_explained(tmp_path: Path) -> None:
    rows = [trial(row) for row in trials()]
    rows[0].update(status="failed", message="RuntimeError: out of memory", levels_done=0)
    rows[1].update(status="diverged", message="loss is nan in epoch 3", levels_done=1)
    rows[2].update(status="unfinished", levels_done=2, lineage=None)
    failed = {rows[0]["trial"], rows[2]["trial"]}
    tables = {name: [r for r in all if r.get("trial") not in failed] for name, all in numbers().items()}
    found = text_of(make_run(tmp_path / "made", {**tables, "trials": rows}))
    assert "Ended with failed trials" in found
    assert "Of 36 trials, 33 finished, and " in found
    assert "1 diverged (the loss was no longer finite)" in found
    assert "RuntimeError: out of memory" in found
    assert "loss is nan in epoch 3" in found


def test_a_run_with_diverged_trials_has_nulls_and_says_why(tmp_path: Path) -> None:
    nothing = {"test_accuracy": None, "test_convergence": None, "train_convergence": None, "forgetting_mean": None}
    tables = {
        "trials": [trial(row, "diverged", message="loss is nan") for row in trials()],
        "levels": [level(row, 0, diverged_epoch=2, **nothing) for row in trials()],
        "segments": [segment(row, 0) for row in trials()],
    }
    found = text_of(make_run(tmp_path / "made", tables))
    assert "Ended with diverged trials" in found
    assert "No error barrier has been measured." in found


@pytest.mark.parametrize(
    "kept", [("trials",), ("trials", "levels"), ("levels", "epochs"), ("barriers",), ("segments",)]
)
def test_a_running_run_with_few_tables_has_a_report(tmp_path: Path, kept: Sequence[str]) -> None:
    tables = {name: rows for name, rows in all_tables(few_trials()).items() if name in kept}
    found = text_of(make_run(tmp_path / "made", tables, launches=(), progress=RUNNING))
    assert "Still running, or interrupted" in found
    assert "had done 3 of 24 trials and 40 of 1,200 epochs" in found


@pytest.mark.parametrize("progress", [RUNNING, {}, None])
def test_empty_tables_without_a_spec_have_a_report(tmp_path: Path, progress: Row | None) -> None:
    empty: dict[str, list[Row]] = {name: [] for name in all_tables()}
    found = text_of(make_run(tmp_path / "made", empty, spec={}, launches=(), progress=progress))
    assert "No training has come to its end yet" in found
    assert "No trial has been recorded yet." in found
    assert "None of the claims was measured." in found


def test_missing_levels_of_some_cells_leave_gaps(tmp_path: Path) -> None:
    tables = {**numbers(), "barriers": [*map(barrier, lines(few_trials()))]}
    tables["levels"] = [row for row in tables["levels"] if row["level"] < 2 or row["momentum"] == 0]
    assert "Finished." in text_of(make_run(tmp_path / "made", tables))


def test_several_runs_make_one_report(tmp_path: Path) -> None:
    folders = [make_run(tmp_path / name, numbers(few_trials())) for name in ("one", "two")]
    found = " ".join(report_html(load_run(*folders)).split())
    assert "<h1>one, two</h1>" in found
    assert "All 24 trials finished." in found
    assert "3 min 0 s in 2 launches" in found
