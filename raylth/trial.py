"""One trial from its plan to its rows: the lineage level by level, each level written down as soon as it is there."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

from raylth.errors import ObjectMissing
from raylth.imp import find_mask, train_copy, train_level, train_trunk
from raylth.keys import content_key
from raylth.models import prunable
from raylth.planning.plan import TICKET_COPY, SiblingGroup, Trial
from raylth.pruning import Mask
from raylth.stability import forgetting, unpack_correct
from raylth.tables.rows import (
    Row,
    TrainedLevel,
    epoch_rows,
    forgetting_rows,
    level_row,
    segment_rows,
    sibling_forgetting_rows,
)
from raylth.tables.run import RunFolder
from raylth.tables.schema import TABLES
from raylth.training.workbench import Diverged, OnEpoch, Workbench

OnEpochOf = Callable[[int], OnEpoch]
"""Gives the listener for the epochs of a level."""

TRIAL_TABLES = ("levels", "epochs", "forgetting", "segments")
"""The tables of which every trial writes a part."""


@dataclass(frozen=True)
class TrialStatus:
    """How far a trial has come, as written next to its parts. `digest` says what it was asked for."""

    digest: str
    status: Literal["unfinished", "finished", "diverged", "failed"]
    levels_done: int
    message: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether the science is settled; a failed trial is tried again by the next sweep."""
        return self.status in ("finished", "diverged")


def trial_digest(trial: Trial, forgetting_levels: tuple[int, ...]) -> str:
    """What a trial's parts are determined by: another digest means that they must be written anew."""
    return content_key(
        {
            "trajectories": [trajectory.key for trajectory in trial.trajectories],
            "rewind": trial.lineage.rewind,
            "forgetting": forgetting_levels,
            "columns": {table: [column.name for column in TABLES[table]] for table in TRIAL_TABLES},
        }
    )


def run_trial(
    trial: Trial,
    bench: Workbench,
    folder: RunFolder,
    forgetting_levels: tuple[int, ...],
    on_epoch: OnEpochOf,
    on_level: Callable[[int], None],
) -> TrialStatus:
    """Train what is missing of a trial's lineage, and write its rows after every level.

    Args:
        trial: what to do.
        bench: where to do it.
        folder: the run that the rows go to.
        forgetting_levels: levels with per-example rows.
        on_epoch: gives the listener for the epochs of a level.
        on_level: told of each level that is written, its ticket copy included.
    """
    digest = trial_digest(trial, forgetting_levels)
    rows: dict[str, list[Row]] = {table: [] for table in TRIAL_TABLES}
    done, message = 0, None
    try:
        train_trunk(bench, trial.lineage, trial.lineage.rewind, trial.snapshots, on_epoch(0))
        for level in range(trial.levels + 1):
            trained = _train(trial, level, bench, on_epoch(level))
            _describe(rows, folder.name, trained, level in forgetting_levels)
            if trained.state is None:
                message = f"the loss was not finite in epoch {trained.diverged_epoch} of level {level}"
                break
            done = level + 1
            _copy(trial, level, bench, on_epoch(level), rows, folder.name)
            _write(folder, trial, rows, TrialStatus(digest, "unfinished", done))
            on_level(level)
    except Diverged as diverged:
        message = f"the loss was not finite in epoch {diverged.epoch}, before the rewind point"
    status = TrialStatus(digest, "diverged" if message else "finished", done, message)
    _write(folder, trial, rows, status)
    return status


def _train(trial: Trial, level: int, bench: Workbench, on_epoch: OnEpoch) -> TrainedLevel:
    lineage, trajectory = trial.lineage, trial.lineage.level(level)
    mask = find_mask(bench, lineage, level)
    surviving, total = _weights_left(mask, bench, lineage.exclude)
    diverged_epoch, state = None, None
    try:
        state = train_level(bench, lineage, level, trial.snapshots if level == 0 else (), on_epoch)
    except Diverged as diverged:
        diverged_epoch = diverged.epoch
    start = bench.start(trajectory, lineage.rewind, mask)
    return TrainedLevel(trial, level, bench.splits.train_images, surviving, total, start, state, diverged_epoch)


def _copy(trial: Trial, level: int, bench: Workbench, on_epoch: OnEpoch, rows: dict[str, list[Row]], run: str) -> None:
    if level not in trial.copies:
        return
    try:
        state = train_copy(bench, trial.lineage, level, TICKET_COPY, on_epoch)
    except Diverged:
        # The lineage itself goes on; the store has recorded it, and the line stays missing.
        return
    key = trial.lineage.ticket_copy(level, TICKET_COPY).key
    rows["segments"] += segment_rows(run, trial, level, key, state.segments)


def _describe(rows: dict[str, list[Row]], run: str, trained: TrainedLevel, per_example: bool) -> None:
    rows["levels"].append(level_row(run, trained))
    rows["epochs"] += epoch_rows(run, trained)
    if per_example:
        rows["forgetting"] += forgetting_rows(run, trained)
    if trained.state is not None:
        key = trained.trajectory.key
        rows["segments"] += segment_rows(run, trained.trial, trained.level, key, trained.state.segments)


def _weights_left(mask: Mask, bench: Workbench, exclude: tuple[str, ...]) -> tuple[int, int]:
    parameters = dict(bench.network.named_parameters())
    total = sum(parameters[name].numel() for name in prunable(bench.network, exclude))
    return (sum(int(kept.sum()) for kept in mask.values()) if mask else total), total


def _write(folder: RunFolder, trial: Trial, rows: dict[str, list[Row]], status: TrialStatus) -> None:
    for table, content in rows.items():
        folder.write_part(table, trial.id, content)
    # The status comes last: whoever reads it finds the parts that it speaks of.
    folder.write_status(trial.id, asdict(status))


def fail_trial(trial: Trial, folder: RunFolder, forgetting_levels: tuple[int, ...], message: str) -> None:
    """Record that a trial could not go on; the levels it has written stay."""
    before = read_status(folder, trial)
    status = TrialStatus(trial_digest(trial, forgetting_levels), "failed", before.levels_done if before else 0, message)
    folder.write_status(trial.id, asdict(status))


def aggregate_forgetting(group: SiblingGroup, bench: Workbench, folder: RunFolder) -> None:
    """Write the `forgetting_siblings` rows of one cell, initialisation and level."""
    records, finished = [], []
    for trial in group.trials:
        trajectory = trial.lineage.level(group.level)
        try:
            state = bench.store.state(trajectory.end)
        except ObjectMissing:
            continue
        bits = state.telemetry.correct[trial.lineage.rewind - trajectory.start :]
        records.append(forgetting(unpack_correct(bits, bench.splits.train_images)))
        finished.append(trial)
    if finished:
        rows = sibling_forgetting_rows(folder.name, finished[0], group.level, records)
        folder.write_part("forgetting_siblings", group.part, rows)


def read_status(folder: RunFolder, trial: Trial) -> TrialStatus | None:
    """The last status that a trial wrote in this run, or None."""
    value = folder.read_status(trial.id)
    return None if value is None else TrialStatus(**value)
