"""The parts of a report that need no page: what was run, what it cost, and where it is written."""

from pathlib import Path

import pytest

from analysis import AnalysisError, load_run
from analysis.report import write_report
from analysis.report.cost import cost, machines
from analysis.report.setting import setting
from analysis.report.words import percent
from analysis.words import count, duration, listed
from tests.analysis.report.made_runs import make_run, segment, trial, trials


def test_the_setting_is_told_without_what_the_grid_overrides(tmp_path: Path) -> None:
    facts = setting(load_run(make_run(tmp_path / "made", {"trials": []})).origins[0])
    assert facts["Training"] == "epochs 10, lr 0.1"
    assert facts["Grid"] == "μ {0.0, 0.9} x batch {32, 128} x rewind {0, 2}"
    assert facts["Pruning"] == "5 levels of 20%, down to 32.8% of weights"
    assert facts["Studies"] == "probes"


def test_what_is_shared_costs_nothing(tmp_path: Path) -> None:
    row = trials()[0]
    rows = [segment(row, 0), segment(row, 1, computed=False, host="elsewhere"), segment(row, 2, kind="line")]
    run = load_run(make_run(tmp_path / "made", {"segments": rows}))
    assert cost(run)["Training"] == "10 epochs trained, 10 more shared"
    assert cost(run)["Processor time"] == "0.01 core-hours (18 s)"
    assert cost(run)["Wall time"] == "1 min 30 s in 1 launch on 2 cores"
    assert machines(run)["Host"] == "there"


def test_words() -> None:
    assert (duration(59), duration(3700), duration(2e5)) == ("59 s", "1 h 1 min", "2 d 7 h")
    assert (count(1, "trial"), count(1200, "epoch")) == ("1 trial", "1,200 epochs")
    assert (percent(0.1234), percent(None), percent(float("nan"))) == ("12.3%", "-", "-")
    assert (listed([]), listed(["a"]), listed(["a", "b"])) == ("", "a", "a and b")


def test_a_report_that_cannot_be_made_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = load_run(make_run(tmp_path / "made", {"trials": [trial(trials()[0])]}))
    path = tmp_path / "out" / "report.html"
    path.parent.mkdir()
    path.write_text("old")

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(AnalysisError, match="No space left"):
        write_report(run, path)
    assert path.read_text() == "old"
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    run = load_run(make_run(tmp_path / "made", {"trials": [trial(trials()[0])]}))
    with pytest.raises(AnalysisError, match="is a folder"):
        write_report(run, tmp_path)
