"""Bands are standard deviations over initialisations; what is missing is a gap."""

import statistics

import pandas as pd
import pytest

from analysis.evidence import RunEvidence
from analysis.figures import Figure, all_figures
from analysis.figures.curves import in_panels
from analysis.figures.frames import over_inits
from analysis.figures.heat import HeatPanel
from analysis.figures.lines import Curve, LinesPanel, with_tooltips
from analysis.figures.palette import Look
from analysis.figures.panel import Axis
from analysis.run import Run
from tests.analysis.figures.run_in_memory import run_of
from tests.analysis.report.made_runs import all_tables


def _curve(figure: Figure, panel: int, label: str) -> pd.DataFrame:
    found = figure.panels[panel]
    assert isinstance(found, LinesPanel)
    return next(curve.frame for curve in found.curves if curve.label == label)


def test_bands_are_the_standard_deviation_over_initialisations(whole: Run, drawn: dict[str, Figure]) -> None:
    levels = whole["levels"]
    wanted = levels[(levels["momentum"] == 0.9) & (levels["batch_size"] == 128) & (levels["level"] == 3)]
    values = [100 * value for value in wanted["test_accuracy"]]
    assert len(values) == 3
    frame = with_tooltips(_curve(drawn["accuracy-by-sparsity"], 0, "μ 0.9, batch 128, rewind 0"))
    point = frame.iloc[3]
    assert point["mean"] == pytest.approx(statistics.fmean(values))
    assert point["high"] - point["mean"] == pytest.approx(statistics.stdev(values))
    assert point["mean"] - point["low"] == pytest.approx(statistics.stdev(values))
    assert "over 3 initialisations" in drawn["accuracy-by-sparsity"].caption


def test_siblings_are_averaged_before_the_spread_is_taken(whole: Run) -> None:
    cell = whole["levels"].iloc[0].to_dict()
    rows = pd.DataFrame([{**cell, "init": init, "value": value} for init, value in ((0, 1.0), (0, 3.0), (1, 4.0))])
    found = over_inits(rows, "value", ["level"]).iloc[0]
    assert (found["mean"], found["std"], found["n"]) == (3.0, pytest.approx(statistics.stdev([2.0, 4.0])), 2)


def test_one_initialisation_has_no_band() -> None:
    rows = [row for row in all_tables()["levels"] if row["init"] == 0]
    run = run_of({"levels": rows})
    figure = next(figure for figure in all_figures(run, RunEvidence(run)) if figure.id == "accuracy-by-sparsity")
    assert _curve(figure, 0, "μ 0, batch 32, rewind 0")["std"].isna().all()
    assert "no spread" in figure.caption


def test_a_level_without_a_value_is_a_gap() -> None:
    rows = [{**row, "test_accuracy": None} if row["level"] == 2 else row for row in all_tables()["levels"]]
    run = run_of({"levels": rows})
    figure = next(figure for figure in all_figures(run, RunEvidence(run)) if figure.id == "accuracy-by-sparsity")
    frame = _curve(figure, 0, "μ 0, batch 32, rewind 0")
    assert list(frame["mean"].isna()) == [False, False, True, False, False, False]
    assert list(frame["x"]) == pytest.approx([0, 1, 2, 3, 4, 5])


def test_a_cell_without_a_value_is_a_gap_of_the_map(drawn: dict[str, Figure]) -> None:
    panel = drawn["barrier-grid"].panels[0]
    assert isinstance(panel, HeatPanel)
    assert not (panel.frame["value"] == 0).any()
    matrix = drawn["barrier-matrix"].panels[0]
    assert isinstance(matrix, HeatPanel)
    assert matrix.frame["value"].isna().sum() == 10
    assert (matrix.frame["value"] > 0).sum() == 15


def test_studies_that_were_not_run_have_no_figures() -> None:
    run = run_of({"levels": all_tables()["levels"]})
    ids = {figure.id for figure in all_figures(run, RunEvidence(run))}
    assert ids == {"forgetting-grid", "accuracy-by-sparsity", "convergence-by-sparsity"}


def test_many_curves_go_on_in_another_panel() -> None:
    frame = pd.DataFrame({"x": [0.0], "mean": [1.0], "std": [None], "n": [1]})
    curves = [Curve(str(index), Look("#000000"), frame) for index in range(40)]
    panels = in_panels(curves, Axis("x"), Axis("y"), "")
    assert [len(panel.curves) for panel in panels] == [16, 16, 8]
    assert panels[2].title == "curves 33 to 40 of 40"
