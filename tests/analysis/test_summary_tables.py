"""The tables that a sweep ends with, barriers and the configuration, from runs made by hand."""

from pathlib import Path
from typing import Any

import pytest
from run_folders import level, line, write_run

from analysis import load_run
from analysis.evidence import RunEvidence
from analysis.tables import Table, every_table
from analysis.tables.barriers import barriers_table
from analysis.tables.configuration import configuration_table
from analysis.tables.summary import summary_tables

COUNTED = {"forgetting_mean": 1.0, "forgetting_std": 2.0, "unforgettable_share": 0.5, "train_convergence": 0.9}


def run(tmp_path: Path, levels: list[dict[str, Any]], lines: list[dict[str, Any]] | None = None) -> RunEvidence:
    tables = {"levels": levels} | ({"barriers": lines} if lines else {})
    return RunEvidence(load_run(write_run(tmp_path, tables)))


def texts(table: Table | None) -> list[list[str]]:
    assert table is not None
    return [[entry.text for entry in row.entries] for row in table.rows]


def test_both_tables_of_a_sweep(tmp_path: Path) -> None:
    levels = [level(0, 0.9, **COUNTED), level(1, 0.8), level(0, 0.7, sibling=1, **COUNTED)]
    stability, accuracy = summary_tables(run(tmp_path, levels, [line("dense", 0.25, verdict="unstable")]))
    assert stability.title == "Stability of dense training"
    assert texts(stability) == [["0.0", "X", "32", "25.00", "1.00 ± 2.00", "50.00", "0.900", "unstable"]]
    assert "One init" in stability.caption
    # The dense sibling is no ticket.
    assert texts(accuracy) == [["digits", "0.0", "X", "32", "90.00%", "80.00%"]]


def test_forgetting_spreads_over_examples_of_all_siblings(tmp_path: Path) -> None:
    rows = [
        level(0, 0.9, **COUNTED),
        level(0, 0.9, sibling=1, **{**COUNTED, "forgetting_mean": 3.0, "forgetting_std": 0}),
    ]
    # Two groups of equal size: means 1 and 3, variances 4 and 0: mean 2, variance 2 + 1.
    assert "2.00 ± 1.73" in texts(summary_tables(run(tmp_path, rows))[0])[0]


def test_kinds_and_readings_are_never_pooled(tmp_path: Path) -> None:
    lines = [
        line("dense", 0.4, verdict="unstable"),
        line("dense", 0.01, verdict="stable", batchnorm="recomputed"),
        line("within", 0.9, verdict="unstable", level_b=1),
    ]
    assert texts(barriers_table(run(tmp_path, [level(0, 0.9)], lines))) == [
        ["0.0", "X", "32", "40.00%", "1.00%", "unstable"]
    ]


def test_verdicts_of_several_pairs_are_counted_and_inits_spread(tmp_path: Path) -> None:
    lines = [line("dense", 0.01, verdict="stable"), line("dense", 0.03, verdict="unstable", init=1)]
    table = barriers_table(run(tmp_path, [level(0, 0.9)], lines))
    assert texts(table) == [["0.0", "X", "32", "2.00 ± 1.41%", "1 stable, 1 unstable"]]


def test_nothing_measured_is_no_table(tmp_path: Path) -> None:
    made = run(tmp_path, [level(0, None)])
    assert summary_tables(made) == []
    assert barriers_table(made) is None


def test_the_configuration_names_every_setting_with_all_of_its_values(tmp_path: Path) -> None:
    made = run(tmp_path, [level(0, 0.9, momentum=0.9), level(0, 0.9, rewind=2)]).run
    (Path(made.origins[0].address) / "spec.yaml").write_text("name: made\nlineage: {levels: 3}\nlmc: {alphas: 31}\n")
    settings = dict(texts(configuration_table(load_run(made.origins[0].address))))
    assert settings["Momentum μ"] == "0, 0.9"
    assert settings["Rewind point p, epochs of pretraining"] == "0, 2"
    assert (settings["Weight decay"], settings["Pruning levels"], settings["Points on a line"]) == ("0.0005", "3", "31")
    assert "Folder of images" not in settings


@pytest.mark.parametrize("momenta", [(0.0,), (0.0, 0.9)])
def test_every_table_has_an_identifier_of_its_own(tmp_path: Path, momenta: tuple[float, ...]) -> None:
    levels = [level(0, 0.9, momentum=momentum, **COUNTED) for momentum in momenta]
    tables = every_table(run(tmp_path, levels, [line("dense", 0.1, verdict="unstable")]))
    assert [table.id for table in tables] == ["barriers", "stability", "accuracy-digits", "configuration"]
    assert all(len(row.entries) == len(table.columns) for table in tables for row in table.rows)
