"""Quantities and their spreads against numbers computed by hand."""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from run_folders import CELL, level, line, write_run

from analysis import load_run
from analysis.evidence import PER_EXAMPLE, RunEvidence
from analysis.quantities import QUANTITIES
from analysis.spread import NOTHING, Spread

Tables = Mapping[str, Iterable[Mapping[str, Any]]]


def evidence(tmp_path: Path, tables: Tables) -> RunEvidence:
    return RunEvidence(load_run(write_run(tmp_path, tables)))


def only(frame: pd.DataFrame) -> Spread:
    (spread,) = frame["spread"]
    assert isinstance(spread, Spread)
    return spread


def test_siblings_are_averaged_before_initialisations(tmp_path: Path) -> None:
    rows = [level(0, 0.9), level(0, 0.7, sibling=1), level(0, 0.6, init=1)]
    found = only(evidence(tmp_path, {"levels": rows}).of("accuracy"))
    assert found.by_init == {(0, 0): pytest.approx(0.8), (0, 1): 0.6}
    assert (found.mean, found.std, found.n) == (pytest.approx(0.7), pytest.approx(math.sqrt(0.02)), 2)


def test_initialisations_of_other_seeds_are_others(tmp_path: Path) -> None:
    rows = [level(0, 0.9), level(0, 0.7, seed=1)]
    assert only(evidence(tmp_path, {"levels": rows}).of("accuracy")).n == 2


def test_accuracy_follows_the_lineages_that_prune_and_not_dense_siblings(tmp_path: Path) -> None:
    rows = [level(0, 0.9), level(1, 0.8), level(0, 0.1, sibling=1)]
    found = evidence(tmp_path, {"levels": rows}).of("accuracy")
    assert [spread.mean for spread in found["spread"]] == [0.9, 0.8]


def test_the_drop_is_from_a_lineages_own_dense_network(tmp_path: Path) -> None:
    rows = [level(0, 0.9), level(2, 0.8), level(0, 0.7, init=1), level(2, 0.65, init=1)]
    found = only(evidence(tmp_path, {"levels": rows}).of("accuracy_drop"))
    assert found.by_init == {(0, 0): pytest.approx(0.1), (0, 1): pytest.approx(0.05)}


def test_what_diverged_is_missing_and_not_zero(tmp_path: Path) -> None:
    rows = [level(0, 0.9), level(0, None, init=1), level(0, None, momentum=0.9)]
    found = evidence(tmp_path, {"levels": rows}).of("accuracy")
    assert [(spread.mean, spread.n) for spread in found["spread"]] == [(0.9, 1)]


def test_forgetting_spreads_over_examples_of_all_siblings(tmp_path: Path) -> None:
    rows = [
        level(0, 0.9, forgetting_mean=1.0, forgetting_std=2.0),
        level(0, 0.9, sibling=1, forgetting_mean=3.0, forgetting_std=0.0),
    ]
    found = evidence(tmp_path, {"levels": rows})
    # Two groups of equal size: means 1 and 3, variances 4 and 0: mean 2, variance 2 + 1.
    assert only(found.of(PER_EXAMPLE)) == Spread(2.0, pytest.approx(math.sqrt(3)), 2, ddof=0, over="examples")
    assert only(found.of("forgetting")).n == 1


def test_kinds_and_readings_of_lines_are_never_pooled(tmp_path: Path) -> None:
    lines = [line("dense", 0.4), line("dense", 0.1, batchnorm="recomputed"), line("within", 0.9, 0, 1)]
    found = evidence(tmp_path, {"barriers": lines})
    means = {row.batchnorm: row.spread.mean for row in found.of("barrier").itertuples()}
    assert means == {"interpolated": 0.4, "recomputed": 0.1}
    assert only(found.of("successive_barrier")).mean == 0.9


def test_a_line_between_levels_counts_once_whichever_study_drew_it(tmp_path: Path) -> None:
    tables = {"barriers": [line("within", 0.3, 1, 2)], "connectivity": [line("matrix", 0.2, 1, 2)]}
    assert only(evidence(tmp_path, tables).of("successive_barrier")).mean == 0.3


def test_only_neighbouring_levels_are_successive(tmp_path: Path) -> None:
    found = evidence(tmp_path, {"connectivity": [line("matrix", 0.2, 0, 2), line("matrix", 0.1, 2, 3)]})
    assert only(found.of("successive_barrier")).mean == 0.1
    assert only(found.of("to_dense_barrier")).mean == 0.2


def test_the_original_of_a_subset_is_of_the_same_cell(tmp_path: Path) -> None:
    lines = [line("dense", 0.4), line("dense", 0.9, momentum=0.9), line("subset", 0.1, variant="hardest 20% removed")]
    found = evidence(tmp_path, {"barriers": lines}).of("subset_barrier")
    rows = {(row.removed, row.share, row.spread.mean) for row in found.itertuples()}
    assert rows == {("nothing", 0.0, 0.4), ("hardest", 0.2, 0.1)}


def test_a_search_counts_once_when_it_has_ended(tmp_path: Path) -> None:
    def step(init: int, step: int, settled: bool, found: int | None) -> dict[str, Any]:
        cell = {**CELL, "rewind": None, "init": init, "batchnorm": "interpolated"}
        return {**cell, "step": step, "settled": settled, "first_stable_epoch": found}

    steps = [step(0, 1, True, 5), step(0, 2, True, 5), step(1, 1, True, 6), step(2, 1, False, None)]
    found = only(evidence(tmp_path, {"rewind_search": steps}).of("first_stable_epoch"))
    assert (found.mean, found.n, found.bound) == (5.5, 2, "")
    assert found.with_ddof(0).std == pytest.approx(0.5)


def test_none_stable_is_at_least_the_whole_budget(tmp_path: Path) -> None:
    row = {**CELL, "rewind": None, "batchnorm": "interpolated", "step": 1, "settled": True}
    found = only(evidence(tmp_path, {"rewind_search": [row]}).of("first_stable_epoch"))
    assert (found.mean, found.bound) == (20, "≥")


@pytest.mark.parametrize("quantity", [*QUANTITIES, PER_EXAMPLE])
def test_a_run_without_the_tables_has_no_evidence(tmp_path: Path, quantity: str) -> None:
    found = evidence(tmp_path, {"trials": [{**CELL, "trial": "a", "status": "unfinished"}]}).of(quantity)
    assert len(found) == 0
    assert "spread" in found.columns


def test_both_conventions_of_the_standard_deviation() -> None:
    spread = Spread.of({(0, 0): 1.0, (0, 1): 3.0})
    assert (spread.std, spread.with_ddof(0).std) == (pytest.approx(math.sqrt(2)), pytest.approx(1.0))
    assert spread.with_ddof(0).with_ddof(1).std == pytest.approx(math.sqrt(2))
    assert Spread.of({}) == NOTHING
