"""Connectivity of a sweep: which pairs are joined, and rows that hold what was measured."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tiny import make_bench, make_spec, plan_of, run_serially

from raylth.evaluation import Cost, Measured
from raylth.planning import Plan
from raylth.studies.connectivity import MatrixLine, PlannedAverage, PlannedLayerwise, PlannedPlane
from raylth.studies.lines import PlannedLine
from raylth.tables.schema import arrow_schema

EVERYTHING = {
    "to_dense": (1, 2),
    "alphas": 3,
    "plane": (0, 1, 2),
    "plane_points": 3,
    "aligned": True,
    "layerwise": True,
    "averaged": True,
}
COST = Cost("tiny", 1.0, 1.0, 1, "CPU", 1, "host", "2", 0.0)


def planned(**wanted: Any) -> Plan:
    lmc = {"kinds": (), "alphas": 3, "bootstrap": 100, "train_images": 50}
    studies = {"connectivity": {**EVERYTHING, **wanted}}
    return plan_of(make_spec(lineage={"levels": 2, "rewind": 0}, grid={}, studies=studies, lmc=lmc))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("connectivity")
    run_serially(planned(), root)
    return root


def test_the_matrix_joins_every_two_levels_once_with_few_points_and_no_train_side() -> None:
    lines = [each for each in planned().evaluations if isinstance(each, MatrixLine)]
    assert [(line.level_a, line.level_b) for line in lines] == [(0, 1), (0, 2), (1, 2)]
    assert {(line.line.alphas, line.line.batchnorm, line.line.train_images) for line in lines} == {
        (3, "interpolated", 0)
    }


def test_what_is_planned_for_a_lineage_and_for_its_siblings() -> None:
    evaluations = planned().evaluations
    kinds = [each.kind for each in evaluations if type(each) is PlannedLine]
    assert kinds == ["to_dense"] * 4 + ["aligned"] * 2
    assert [type(each) for each in evaluations if type(each) not in (PlannedLine, MatrixLine)] == [
        PlannedPlane,
        PlannedLayerwise,
        PlannedAverage,
        PlannedAverage,
    ]


def test_what_is_not_asked_for_is_not_planned() -> None:
    nothing = {"to_dense": (), "matrix": False, "plane": None, "aligned": False, "layerwise": False, "averaged": False}
    assert planned(**nothing).evaluations == ()
    assert len(planned(**{**nothing, "to_dense": (7,), "plane": (0, 1, 9)}).evaluations) == 0


def test_everything_needs_states_of_the_plan_and_gives_rows_that_fit_its_tables(root: Path) -> None:
    plan, bench = planned(), make_bench(root)
    for each in plan.evaluations:
        assert each.needs <= plan.trajectories.keys() and each.name
        measured = each.measure(bench, "tiny")
        assert each.measure(bench, "again").cost.run == "tiny"
        rows = {table: list(found) for table, found in each.rows("tiny", measured).items()}
        assert set(rows) == set(each.tables)
        for table, found in rows.items():
            schema = arrow_schema(table)
            assert found and all(row.keys() <= set(schema.names) for row in found)
            assert pa.Table.from_pylist(found, schema=schema).num_rows == len(found)


def test_a_matrix_entry_is_the_barrier_of_its_curve(root: Path) -> None:
    bench = make_bench(root)
    line = next(each for each in planned().evaluations if isinstance(each, MatrixLine))
    measured = line.measure(bench, "tiny")
    (row,) = line.rows("tiny", measured)["connectivity"]
    errors = measured.tensors["test_error"].tolist()
    assert row["barrier"] == pytest.approx(max(errors) - (errors[0] + errors[-1]) / 2)
    assert (row["error_a"], row["error_b"]) == (errors[0], errors[-1])
    assert measured.tensors["train_error"].numel() == 0


def test_a_point_with_a_negative_variance_has_no_error(root: Path) -> None:
    plane = next(each for each in planned().evaluations if isinstance(each, PlannedPlane))
    real = plane.measure(make_bench(root), "tiny")
    lost = {**real.tensors, "test_loss": real.tensors["test_loss"].clone().fill_(float("nan"))}
    rows = list(plane.rows("tiny", Measured(lost, real.numbers, COST))["planes"])
    assert len(rows) == 3 + 9 and [row.get("corner_level") for row in rows[:4]] == [0, 1, 2, None]
    assert all(row["test_error"] is None and row["test_loss"] is None for row in rows[3:])
