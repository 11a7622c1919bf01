"""Rows of a real tiny run, checked against slow computations from its states."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from tiny import IMAGES, TRAINING, make_bench, make_spec, make_store, mask_of, plan_of, run_serially

from raylth.planning import Plan
from raylth.state import Segment, State, Telemetry
from raylth.store import Start
from raylth.tables import TABLES, RunFolder
from raylth.tables.rows import (
    TrainedLevel,
    epoch_rows,
    evaluation_segment_row,
    forgetting_rows,
    level_row,
    segment_rows,
)
from raylth.tables.schema import arrow_schema
from raylth.trials.trial import LineageTrial

T = TRAINING.epochs
LMC = {"kinds": ("dense", "ticket"), "levels": (1,), "alphas": 3, "bootstrap": 100, "train_images": 50}


@dataclass(frozen=True)
class Ran:
    """A sweep that has run: two rewind points, two siblings, two levels."""

    plan: Plan
    root: Path

    @property
    def folder(self) -> RunFolder:
        return RunFolder(make_store(self.root).storage, self.plan.spec.name)

    def rows(self, table: str, trial: LineageTrial) -> list[dict[str, Any]]:
        self.folder.compact(table, [trial.id])
        return self.folder.read_table(table).to_pylist()

    def state(self, trial: LineageTrial, level: int) -> State:
        return make_store(self.root).state(trial.lineage.level(level).end)

    def start(self, trial: LineageTrial, level: int) -> Start:
        found = make_store(self.root).start(trial.lineage.level(level).at(trial.lineage.rewind))
        assert found is not None
        return found

    def all_levels(self) -> Iterator[tuple[LineageTrial, int]]:
        for trial in self.plan.in_grid_order:
            for level in range(trial.levels + 1):
                yield trial, level


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    root = tmp_path_factory.mktemp("rows")
    spec = make_spec(lineage={"levels": 2, "rewind": 0}, lmc=LMC, forgetting={"levels": (0, 2)})
    plan = plan_of(spec)
    run_serially(plan, root)
    return Ran(plan, root)


def slow_convergence(accuracies: list[float]) -> float | None:
    """Equation (3), term by term."""
    first, last = accuracies[0], accuracies[-1]
    if first == last:
        return None
    return sum((value - first) / (last - first) for value in accuracies[1:]) / (len(accuracies) - 1)


def slow_forgetting(record: list[list[bool]]) -> tuple[int, bool, int | None]:
    """Events, whether it was ever learned, and the first correct presentation, of one example."""
    events = sum(before and not now for before, now in pairwise(record))
    return events, any(record), record.index(True) if any(record) else None


def presentations_since_rewind(ran: Ran, trial: LineageTrial, level: int) -> np.ndarray:
    """Which example was correct in which epoch since the rewind point: bool [T - p, N]."""
    packed = ran.state(trial, level).telemetry.correct.numpy()
    bits = np.array([[byte >> shift & 1 for byte in row for shift in range(8)] for row in packed], dtype=bool)
    return bits[-(T - trial.lineage.rewind) :, :IMAGES]


def test_every_row_fits_its_table_and_names_no_other_column(ran: Ran) -> None:
    for table in ("levels", "epochs", "forgetting", "segments"):
        columns = {column.name for column in TABLES[table]}
        for trial in ran.plan.trials:
            rows = ran.rows(table, trial)
            assert rows and ran.folder.read_table(table).schema.equals(arrow_schema(table), check_metadata=True)
            assert all(row.keys() == columns for row in rows)


def test_no_row_has_a_column_that_its_table_lacks(ran: Ran) -> None:
    """A misspelt column would be dropped silently, and the real one would be null."""
    trial = ran.plan.trials[0]
    trained = made_up(ran, trial, level=1)
    rows = {
        "levels": [level_row("run", trained)],
        "epochs": list(epoch_rows("run", trained)),
        "forgetting": list(forgetting_rows("run", trained)),
        "segments": list(segment_rows("run", trial, 1, "key", trained.state.segments)),
    }
    for table, found in rows.items():
        assert all(row.keys() <= {column.name for column in TABLES[table]} for row in found)
        pa.Table.from_pylist(found, schema=arrow_schema(table))
    optional = {"subset", "pool", "width", "mask", "diverged_epoch"}
    assert rows["levels"][0].keys() | optional == {column.name for column in TABLES["levels"]}


def made_up(ran: Ran, trial: LineageTrial, level: int, **changes: Any) -> TrainedLevel:
    state = ran.state(trial, level)
    made = TrainedLevel(trial, level, IMAGES, 80, 100, ran.start(trial, level), state)
    return replace(made, **changes)


def test_there_is_one_levels_row_for_each_level_of_each_trial(ran: Ran) -> None:
    for trial in ran.plan.trials:
        assert [row["level"] for row in ran.rows("levels", trial)] == list(range(trial.levels + 1))
        assert {row["trial"] for row in ran.rows("levels", trial)} == {trial.id}


def test_epochs_start_at_the_rewind_point_and_run_to_the_end_of_the_budget(ran: Ran) -> None:
    for trial, level in ran.all_levels():
        rewind, state, start = trial.lineage.rewind, ran.state(trial, level), ran.start(trial, level)
        rows = [row for row in ran.rows("epochs", trial) if row["level"] == level]
        assert [row["epoch"] for row in rows] == list(range(rewind, T + 1))
        assert rows[0]["test_accuracy"] == start.test_accuracy and rows[0]["train_accuracy"] == start.train_accuracy
        assert rows[0]["train_loss"] is None and rows[0]["test_loss"] == start.test_loss
        for name in ("train_loss", "train_accuracy", "test_loss", "test_accuracy"):
            observed = getattr(state.telemetry, name).tolist()
            assert [row[name] for row in rows[1:]] == observed[-(T - rewind) :]


def test_the_trunk_s_epochs_before_the_rewind_point_are_in_no_row_of_a_rewound_trial(ran: Ran) -> None:
    """Sibling 0's level 0 is the trunk itself, whose record is longer than T - p."""
    trial = next(t for t in ran.plan.trials if t.lineage.rewind == 2 and t.lineage.sibling == 0)
    assert len(ran.state(trial, 0).telemetry) == T
    assert [row["epoch"] for row in ran.rows("epochs", trial) if row["level"] == 0] == [2, 3, 4]


def test_a_level_ends_with_the_last_epoch_and_converges_as_equation_3_says(ran: Ran) -> None:
    for trial, level in ran.all_levels():
        (row,) = [row for row in ran.rows("levels", trial) if row["level"] == level]
        epochs = [row for row in ran.rows("epochs", trial) if row["level"] == level]
        for name in ("train_loss", "train_accuracy", "test_loss", "test_accuracy"):
            assert row[name] == epochs[-1][name]
        for side in ("train", "test"):
            accuracies = [epoch[f"{side}_accuracy"] for epoch in epochs]
            assert row[f"start_{side}_accuracy"] == accuracies[0]
            expected = slow_convergence(accuracies)
            assert row[f"{side}_convergence"] == (None if expected is None else pytest.approx(expected, rel=1e-12))


def test_forgetting_of_a_level_counts_from_the_rewind_point(ran: Ran) -> None:
    for trial, level in ran.all_levels():
        (row,) = [row for row in ran.rows("levels", trial) if row["level"] == level]
        correct = presentations_since_rewind(ran, trial, level)
        slow = [slow_forgetting(correct[:, example].tolist()) for example in range(IMAGES)]
        events = np.array([events for events, _, _ in slow])
        assert row["forgetting_mean"] == pytest.approx(events.mean(), rel=1e-12)
        assert row["forgetting_std"] == pytest.approx(events.std(), rel=1e-9, abs=1e-12)
        never = [not learned for _, learned, _ in slow]
        unforgettable = [learned and count == 0 for count, learned, _ in slow]
        assert row["never_learned_share"] == pytest.approx(np.mean(never))
        assert row["unforgettable_share"] == pytest.approx(np.mean(unforgettable))


def test_per_example_rows_are_written_at_the_levels_that_were_named(ran: Ran) -> None:
    for trial in ran.plan.trials:
        rows = ran.rows("forgetting", trial)
        named = [level for level in (0, 2) if level <= trial.levels]
        assert [(row["level"], row["example"]) for row in rows] == [
            (level, i) for level in named for i in range(IMAGES)
        ]
        for row in rows:
            correct = presentations_since_rewind(ran, trial, row["level"])[:, row["example"]].tolist()
            events, learned, first = slow_forgetting(correct)
            assert (row["events"], row["ever_learned"], row["first_learned"]) == (events, learned, first)
            assert row["unforgettable"] == (learned and events == 0)


def test_sparsity_is_counted_and_labelled(ran: Ran) -> None:
    trial = ran.plan.trials[0]
    bench = make_bench(ran.root)
    for row in ran.rows("levels", trial):
        mask = mask_of(bench, trial.lineage, row["level"])
        surviving = sum(int(kept.sum()) for kept in mask.values()) or row["prunable"]
        assert row["surviving"] == surviving
        assert row["sparsity"] == pytest.approx(1 - surviving / row["prunable"])
        assert row["sparsity_label"] == pytest.approx(1 - 0.8 ** row["level"])
        assert row["sparsity"] == pytest.approx(row["sparsity_label"], abs=1e-3)


def test_every_row_names_the_keys_that_it_came_from(ran: Ran) -> None:
    for trial, level in ran.all_levels():
        key, mask = trial.lineage.level(level).key, trial.lineage.mask_key if level else None
        assert [(row["trajectory"], row["mask"]) for row in ran.rows("levels", trial) if row["level"] == level] == [
            (key, mask)
        ]
        assert {row["trajectory"] for row in ran.rows("epochs", trial) if row["level"] == level} == {key}


def test_cell_columns_are_those_of_the_cell(ran: Ran) -> None:
    for trial in ran.plan.trials:
        row = ran.rows("levels", trial)[0]
        assert (row["run"], row["rewind"], row["sibling"]) == (
            "tiny",
            trial.cell.values["rewind"],
            trial.lineage.sibling,
        )
        assert (row["data"], row["subset"], row["model"], row["width"]) == ("digits", IMAGES, "resnet8", 4)
        assert (row["epochs"], row["momentum"], row["precision"]) == (T, 0.9, "fp32")


def test_segments_say_what_this_trial_trained_and_what_it_took_over(ran: Ran) -> None:
    computed = {}
    for trial in ran.plan.trials:
        for row in ran.rows("segments", trial):
            assert row["kind"] == "train" and row["threads"] == 1 and row["images_per_second"] > 0
            computed.setdefault(row["key"], []).append(row["computed"])
    trunk = ran.plan.trials[0].lineage.trunk.key
    assert sorted(computed[trunk]) == [False, True]
    assert all(sum(flags) == 1 for flags in computed.values())
    assert set(computed) == set(ran.plan.trajectories)


def flat(accuracy: float) -> Telemetry:
    """Two epochs at one accuracy on both sides, in which nothing was ever learned."""
    row = torch.full((2,), accuracy, dtype=torch.float64)
    return Telemetry(row, row, row, row, torch.zeros((2, -(-IMAGES // 8)), dtype=torch.uint8))


def test_convergence_is_null_where_nothing_was_gained(ran: Ran) -> None:
    trial = next(t for t in ran.plan.trials if t.lineage.rewind == 2 and t.lineage.sibling == 1)
    state = State(T, {}, {}, flat(0.25))
    row = level_row("run", made_up(ran, trial, 0, state=state, start=Start(0.25, 0.25, 2.3)))
    assert row["test_convergence"] is None and row["train_convergence"] is None
    assert row["test_accuracy"] == 0.25
    falling = level_row("run", made_up(ran, trial, 0, state=state, start=Start(0.5, 0.5, 2.3)))
    assert falling["test_convergence"] == falling["train_convergence"] == 1


def test_examples_that_were_never_learned_are_not_unforgettable(ran: Ran) -> None:
    trial = next(t for t in ran.plan.trials if t.lineage.rewind == 2 and t.lineage.sibling == 1)
    trained = made_up(ran, trial, 0, state=State(T, {}, {}, flat(0.1)))
    row = level_row("run", trained)
    assert (row["unforgettable_share"], row["never_learned_share"], row["forgetting_mean"]) == (0, 1, 0)
    assert {r["first_learned"] for r in forgetting_rows("run", trained)} == {None}


def test_a_diverged_level_has_its_start_and_nothing_else(ran: Ran) -> None:
    trained = made_up(ran, ran.plan.trials[0], 1, state=None, diverged_epoch=3)
    row = level_row("run", trained)
    assert row["diverged_epoch"] == 3 and row["start_test_accuracy"] == trained.start.test_accuracy
    assert row["surviving"] == 80 and row["sparsity"] == pytest.approx(0.2)
    missing = ("test_accuracy", "train_loss", "test_convergence", "forgetting_mean", "unforgettable_share")
    assert all(row.get(name) is None for name in missing)
    assert [row["epoch"] for row in epoch_rows("run", trained)] == [trained.trial.lineage.rewind]
    assert list(forgetting_rows("run", trained)) == []


def test_rows_of_lines_hold_their_curves_barriers_and_cost(ran: Ran) -> None:
    bench = make_bench(ran.root)
    for planned in ran.plan.evaluations:
        measured = planned.measure(bench, "tiny")
        rows_of = {table: list(rows) for table, rows in planned.rows("tiny", measured).items()}
        curve, (barrier,) = rows_of["lmc"], rows_of["barriers"]
        segment = evaluation_segment_row("tiny", planned.trial, planned.study, planned.key, measured.cost)
        for table, rows in {"lmc": curve, "barriers": [barrier], "segments": [segment]}.items():
            assert all(row.keys() <= {column.name for column in TABLES[table]} for row in rows)
            assert pa.Table.from_pylist(rows, schema=arrow_schema(table)).num_rows == len(rows)
        assert [row["alpha"] for row in curve] == [0, 0.5, 1]
        errors = [row["test_error"] for row in curve]
        assert barrier["barrier"] == max(errors) - (errors[0] + errors[-1]) / 2
        losses = [row["test_loss"] for row in curve]
        assert barrier["loss_barrier"] == max(losses) - (losses[0] + losses[-1]) / 2
        low, high = barrier["barrier_low"], barrier["barrier_high"]
        expected = "stable" if high < 0.02 else "unstable" if low >= 0.02 else "undecided"
        assert barrier["verdict"] == expected and barrier["stable_below"] == 0.02
        assert (barrier["kind"], barrier["level_a"], barrier["level_b"]) == (
            planned.kind,
            planned.level_a,
            planned.level_b,
        )
        assert (barrier["state_a"], barrier["state_b"]) == (
            planned.line.start.trajectory,
            planned.line.end.trajectory,
        )
        assert (segment["kind"], segment["key"], segment["computed"]) == ("line", planned.line.key, True)
        another = evaluation_segment_row("another", planned.trial, planned.study, planned.key, measured.cost)
        assert another["computed"] is False


def test_a_segment_that_took_no_time_has_no_speed(ran: Ran) -> None:
    segment = Segment("tiny", "t", 0, 1, 0.0, 0.0, 100, "CPU", 1, "host", "2", 0.0)
    (row,) = segment_rows("tiny", ran.plan.trials[0], 0, "key", [segment])
    assert row["images_per_second"] is None
