"""A lineage from its plan to its rows: level by level, each written down as soon as it is there (algorithm 1)."""

from collections.abc import Callable

from raylth.imp import find_mask, train_copy, train_level, train_trunk
from raylth.models import prunable
from raylth.pruning import Mask
from raylth.tables.rows import Row, TrainedLevel, epoch_rows, forgetting_rows, level_row, segment_rows
from raylth.tables.run import RunFolder
from raylth.training.workbench import Diverged, OnEpoch, Workbench
from raylth.trials.listening import OnEpochOf
from raylth.trials.status import TrialStatus, write_progress
from raylth.trials.trial import TICKET_COPY, LineageTrial


def run_lineage(
    trial: LineageTrial,
    bench: Workbench,
    folder: RunFolder,
    on_epoch: OnEpochOf,
    on_level: Callable[[int], None],
) -> TrialStatus:
    """Train what is missing of a trial's lineage, and write its rows after every level, the ticket's copy included.

    Arguments as `run_trial`.
    """
    rows: dict[str, list[Row]] = {table: [] for table in trial.tables}
    done, message = 0, None
    try:
        train_trunk(bench, trial.lineage, trial.lineage.rewind, trial.snapshots, on_epoch(0))
        for level in range(trial.levels + 1):
            trained = _train(trial, level, bench, on_epoch(level))
            _describe(rows, folder.name, trained, level in trial.per_example)
            if trained.state is None:
                message = f"the loss was not finite in epoch {trained.diverged_epoch} of level {level}"
                break
            done = level + 1
            _copy(trial, level, bench, on_epoch(level), rows, folder.name)
            write_progress(folder, trial, rows, TrialStatus(trial.digest, "unfinished", done))
            on_level(level)
    except Diverged as diverged:
        message = f"the loss was not finite in epoch {diverged.epoch}, before the rewind point"
    status = TrialStatus(trial.digest, "diverged" if message else "finished", done, message)
    write_progress(folder, trial, rows, status)
    return status


def _train(trial: LineageTrial, level: int, bench: Workbench, on_epoch: OnEpoch) -> TrainedLevel:
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


def _copy(
    trial: LineageTrial, level: int, bench: Workbench, on_epoch: OnEpoch, rows: dict[str, list[Row]], run: str
) -> None:
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
