"""Trials from plan to rows: nothing is trained twice, and every level is written down as it comes."""

import json
from pathlib import Path
from typing import Any

import pytest
from tiny import (
    LENET,
    TRAINING,
    Epochs,
    digits,
    make_bench,
    make_spec,
    make_store,
    plan_of,
    run_serially,
    trial_bench,
)

from raylth.planning import Plan
from raylth.stability.forgetting import forgetting, unpack_correct
from raylth.studies.sibling_forgetting import aggregate_forgetting
from raylth.tables import TABLES, RunFolder
from raylth.training.workbench import EpochReport, OnEpoch
from raylth.trials.run import run_trial
from raylth.trials.status import fail_trial, read_status
from raylth.trials.trial import LineageTrial

KINDS = {"kinds": ("dense", "ticket"), "levels": (1,), "alphas": 3, "bootstrap": 100, "train_images": 50}
HOPELESS = TRAINING.model_copy(update={"lr": 1e30})


class Killed(Exception):
    """The process dies here."""


def run_one(
    trial: LineageTrial, plan: Plan, root: Path, on_epoch: Any = None, on_level: Any = lambda level: None
) -> Any:
    bench = trial_bench(trial, plan, root)
    listener = on_epoch or (lambda level: lambda report: None)
    return run_trial(trial, bench, folder_of(plan, root), listener, on_level)


def folder_of(plan: Plan, root: Path) -> RunFolder:
    return RunFolder(make_store(root).storage, plan.spec.name)


def part(plan: Plan, root: Path, table: str, trial: LineageTrial) -> list[dict[str, Any]]:
    folder = folder_of(plan, root)
    folder.compact(table, [trial.id])
    return folder.read_table(table).to_pylist()


@pytest.mark.parametrize(
    "grid",
    [{"rewind": (0, 2)}, {"rewind": (3, 1)}, {"fraction": (0.2, 0.5)}, {"rewind": (2, 3), "lineage.levels": (0, 1)}],
    ids=["rewind 0 2", "rewind 3 1", "fraction", "rewind and levels"],
)
def test_nothing_is_trained_twice_and_everything_that_was_planned_is_trained(
    grid: dict[str, tuple[Any, ...]], tmp_path: Path
) -> None:
    plan = plan_of(make_spec(grid=grid, lmc=KINDS, lineages="all"))
    epochs, statuses = run_serially(plan, tmp_path)
    assert set(epochs.seen.values()) == {1}
    assert epochs.seen.total() == plan.epochs
    assert {status.status for status in statuses.values()} == {"finished"}
    planned = {(key, t.start + 1 + i) for key, t in plan.trajectories.items() for i in range(4 - t.start)}
    assert set(epochs.seen) == planned


def test_a_second_run_trains_nothing_and_writes_the_same_rows(tmp_path: Path) -> None:
    plan = plan_of(make_spec(lmc=KINDS))
    run_serially(plan, tmp_path)
    before = {table: part(plan, tmp_path, table, plan.trials[0]) for table in plan.trials[0].tables}
    epochs, _ = run_serially(plan, tmp_path)
    assert not epochs.seen
    assert {table: part(plan, tmp_path, table, plan.trials[0]) for table in plan.trials[0].tables} == before


def test_rewind_points_share_the_trunk(tmp_path: Path) -> None:
    plan = plan_of(make_spec(siblings=1, lineage={"levels": 0, "rewind": 0}))
    epochs, _ = run_serially(plan, tmp_path)
    assert plan.epochs == 4 and {key for key, _ in epochs.seen} == {plan.trials[0].lineage.trunk.key}


def test_a_trunk_whose_own_trial_rewinds_late_still_leaves_the_earlier_rewind_points(tmp_path: Path) -> None:
    plan = plan_of(make_spec(grid={"rewind": (3, 1)}, lineage={"levels": 0, "rewind": 0}))
    assert plan.trials[0].lineage.rewind == 3 and plan.trials[0].snapshots == (1, 3)
    epochs, _ = run_serially(plan, tmp_path)
    assert set(epochs.seen.values()) == {1}
    assert make_store(tmp_path).epochs(plan.trials[0].lineage.trunk.key) == (0, 1, 3, 4)


def test_a_wider_sweep_takes_up_what_a_narrower_one_left(tmp_path: Path) -> None:
    narrow, wide = plan_of(make_spec()), plan_of(make_spec(siblings=3, lineage={"levels": 2, "rewind": 0}))
    run_serially(narrow, tmp_path)
    epochs, _ = run_serially(wide, tmp_path)
    assert epochs.seen.total() == wide.epochs - narrow.epochs
    assert not {key for key, _ in epochs.seen} & narrow.trajectories.keys()


def test_the_epochs_before_the_rewind_point_are_reported_as_well(tmp_path: Path) -> None:
    plan = plan_of(make_spec(grid={"rewind": (3,)}, siblings=1))
    heard: list[tuple[int, int]] = []

    def listener(level: int) -> OnEpoch:
        return lambda report: heard.append((level, report.epoch))

    run_one(plan.trials[0], plan, tmp_path, listener)
    assert heard == [(0, 1), (0, 2), (0, 3), (0, 4), (1, 4)]


def test_each_level_is_written_before_it_is_announced(tmp_path: Path) -> None:
    plan = plan_of(make_spec(grid={}, siblings=1, lineage={"levels": 2, "rewind": 1}))
    trial, seen = plan.trials[0], []

    def on_level(level: int) -> None:
        status = read_status(folder_of(plan, tmp_path), trial)
        rows = part(plan, tmp_path, "levels", trial)
        seen.append((level, status.status, status.levels_done, [row["level"] for row in rows]))

    status = run_one(trial, plan, tmp_path, on_level=on_level)
    assert seen == [
        (0, "unfinished", 1, [0]),
        (1, "unfinished", 2, [0, 1]),
        (2, "unfinished", 3, [0, 1, 2]),
    ]
    assert (status.status, status.levels_done, status.message) == ("finished", 3, None)
    assert read_status(folder_of(plan, tmp_path), trial) == status


def test_a_trial_that_died_goes_on_where_it_was(tmp_path: Path) -> None:
    plan = plan_of(make_spec(grid={}, siblings=1, lineage={"levels": 2, "rewind": 1}))
    trial = plan.trials[0]

    def dying(level: int) -> OnEpoch:
        def on_epoch(report: EpochReport) -> None:
            if (level, report.epoch) == (1, 3):
                raise Killed

        return on_epoch

    with pytest.raises(Killed):
        run_one(trial, plan, tmp_path / "cut", dying)
    assert read_status(folder_of(plan, tmp_path / "cut"), trial).levels_done == 1
    epochs = Epochs()
    run_one(trial, plan, tmp_path / "cut", epochs.of_level)
    lineage = trial.lineage
    expected = [(lineage.level(1).key, 4), *((lineage.level(2).key, epoch) for epoch in (2, 3, 4))]
    assert sorted(epochs.seen) == sorted(expected)
    run_one(trial, plan, tmp_path / "whole")
    for table in ("levels", "epochs", "forgetting"):
        assert part(plan, tmp_path / "cut", table, trial) == part(plan, tmp_path / "whole", table, trial)


def test_a_diverged_trial_says_so_and_its_row_has_no_metrics(tmp_path: Path) -> None:
    plan = plan_of(make_spec(model=LENET, training=HOPELESS, grid={}, siblings=1, forgetting={"levels": (0, 1)}))
    trial = plan.trials[0]
    status = run_one(trial, plan, tmp_path)
    assert (status.status, status.levels_done, status.is_over) == ("diverged", 0, True)
    assert status.message == "the loss was not finite in epoch 1 of level 0"
    (row,) = part(plan, tmp_path, "levels", trial)
    assert (row["level"], row["diverged_epoch"], row["prunable"]) == (0, 1, 64 * 300 + 300 * 100 + 1000)
    measured = ("test_accuracy", "test_loss", "train_accuracy", "train_loss", "test_convergence", "train_convergence")
    forgotten = ("forgetting_mean", "forgetting_std", "unforgettable_share", "never_learned_share")
    assert all(row[name] is None for name in (*measured, *forgotten))
    assert 0 <= row["start_test_accuracy"] <= 1 and 0 <= row["start_train_accuracy"] <= 1
    assert [row["epoch"] for row in part(plan, tmp_path, "epochs", trial)] == [0]
    assert part(plan, tmp_path, "forgetting", trial) == part(plan, tmp_path, "segments", trial) == []


def test_a_second_run_of_a_diverged_trial_computes_nothing(tmp_path: Path) -> None:
    plan = plan_of(make_spec(model=LENET, training=HOPELESS, grid={}, siblings=1))
    first = run_one(plan.trials[0], plan, tmp_path)
    epochs = Epochs()
    assert run_one(plan.trials[0], plan, tmp_path, epochs.of_level) == first and not epochs.seen


def test_divergence_before_the_rewind_point_leaves_no_rows(tmp_path: Path) -> None:
    plan = plan_of(make_spec(model=LENET, training=HOPELESS, grid={"rewind": (2,)}, siblings=1))
    status = run_one(plan.trials[0], plan, tmp_path)
    assert status.status == "diverged" and "before the rewind point" in status.message
    assert part(plan, tmp_path, "levels", plan.trials[0]) == []


def test_a_deeper_level_that_diverges_keeps_the_levels_before(tmp_path: Path) -> None:
    plan = plan_of(make_spec(grid={}, siblings=1, lineage={"levels": 2, "rewind": 0}))
    trial = plan.trials[0]
    make_store(tmp_path).mark_diverged(trial.lineage.level(1), 3)
    status = run_one(trial, plan, tmp_path)
    assert (status.status, status.levels_done) == ("diverged", 1)
    assert [row["diverged_epoch"] for row in part(plan, tmp_path, "levels", trial)] == [None, 3]


def test_a_ticket_copy_that_diverges_does_not_end_the_lineage(tmp_path: Path) -> None:
    plan = plan_of(make_spec(grid={}, siblings=1, lmc=KINDS, lineage={"levels": 2, "rewind": 0}))
    trial = plan.trials[0]
    make_store(tmp_path).mark_diverged(trial.lineage.ticket_copy(1, 1), 2)
    assert run_one(trial, plan, tmp_path).status == "finished"


def test_a_failed_trial_is_recorded_and_tried_again(tmp_path: Path) -> None:
    plan = plan_of(make_spec(grid={}, siblings=1))
    trial, folder = plan.trials[0], folder_of(plan, tmp_path)
    assert read_status(folder, trial) is None
    fail_trial(trial, folder, "no memory")
    status = read_status(folder, trial)
    assert (status.status, status.levels_done, status.message) == ("failed", 0, "no memory") and not status.is_over
    assert run_one(trial, plan, tmp_path).status == "finished"


def test_a_failure_keeps_the_levels_that_were_done(tmp_path: Path) -> None:
    plan = plan_of(make_spec(grid={}, siblings=1))
    run_one(plan.trials[0], plan, tmp_path)
    fail_trial(plan.trials[0], folder_of(plan, tmp_path), "no memory")
    assert read_status(folder_of(plan, tmp_path), plan.trials[0]).levels_done == 2


def test_the_digest_changes_with_what_is_asked_for_and_with_nothing_else() -> None:
    def digest(levels: tuple[int, ...] = (0,), **changes: Any) -> str:
        plan = plan_of(make_spec(grid={}, siblings=1, forgetting={"levels": levels}, **changes))
        return plan.trials[0].digest

    asked = {
        digest(),
        digest(levels=(0, 1)),
        digest(lineage={"levels": 2, "rewind": 0}),
        digest(lineage={"levels": 1, "rewind": 1}),
        digest(lineage={"levels": 1, "rewind": 0, "fraction": 0.3}),
        digest(lmc=KINDS),
        digest(training=TRAINING.model_copy(update={"lr": 0.07})),
    }
    assert len(asked) == 7
    assert digest(name="another", storage="elsewhere", resources={"cpu": 2}) == digest()


def test_the_status_is_plain_json(tmp_path: Path) -> None:
    plan = plan_of(make_spec(grid={}, siblings=1))
    run_one(plan.trials[0], plan, tmp_path)
    written = json.loads((tmp_path / "runs/tiny/trials" / f"{plan.trials[0].id}.json").read_text())
    assert written["status"] == "finished" and written["levels_done"] == 2


def test_forgetting_is_aggregated_over_the_siblings_that_finished(tmp_path: Path) -> None:
    plan = plan_of(make_spec(grid={"rewind": (1,)}, siblings=3, lineage={"levels": 0, "rewind": 0}))
    run_serially(plan, tmp_path)
    (group,) = plan.groups
    folder, bench = folder_of(plan, tmp_path), make_bench(tmp_path)
    lost = group.trials[2].lineage.level(0)
    for path in bench.store.storage.list(bench.store.folder(lost.key)):
        bench.store.storage.delete(path)
    aggregate_forgetting(group, bench, folder)
    folder.compact("forgetting_siblings", [group.part])
    rows = folder.read_table("forgetting_siblings").to_pylist()
    records = []
    for trial in group.trials[:2]:
        bits = bench.store.state(trial.lineage.level(0).end).telemetry.correct[-3:]
        records.append(forgetting(unpack_correct(bits, 100)))
    assert [row["example"] for row in rows] == list(range(100)) and {row["siblings"] for row in rows} == {2}
    for row in rows:
        events = [int(record.events[row["example"]]) for record in records]
        unforgettable = [bool(record.unforgettable[row["example"]]) for record in records]
        never = [bool(record.never_learned[row["example"]]) for record in records]
        assert row["events_mean"] == sum(events) / 2
        assert row["events_std"] == pytest.approx(abs(events[0] - events[1]) / 2**0.5)
        assert row["unforgettable_share"] == sum(unforgettable) / 2
        assert row["never_learned_share"] == sum(never) / 2


def test_one_sibling_has_no_spread_and_none_writes_nothing(tmp_path: Path) -> None:
    plan = plan_of(make_spec(grid={}, siblings=1, lineage={"levels": 0, "rewind": 0}))
    (group,) = plan.groups
    folder, bench = folder_of(plan, tmp_path), make_bench(tmp_path)
    aggregate_forgetting(group, bench, folder)
    assert not folder.has_part("forgetting_siblings", group.part)
    run_serially(plan, tmp_path)
    aggregate_forgetting(group, bench, folder)
    folder.compact("forgetting_siblings", [group.part])
    rows = folder.read_table("forgetting_siblings").to_pylist()
    assert len(rows) == len(digits().train.labels) and {row["events_std"] for row in rows} == {None}


def test_every_table_of_a_trial_is_a_table() -> None:
    plan = plan_of(make_spec())
    assert all(set(trial.tables) < set(TABLES) for trial in plan.trials)
