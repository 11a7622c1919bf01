"""The branches of a lineage from their plan to their rows: one training after another, each written down at once."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from raylth.frozen import stored_mask
from raylth.pruning import Mask, sparsity
from raylth.selection import bench_for
from raylth.state import State
from raylth.tables.rows import Row, segment_rows, trial_columns
from raylth.tables.run import RunFolder
from raylth.training.workbench import Diverged, OnEpoch, Workbench
from raylth.trials.listening import OnEpochOf
from raylth.trials.status import TrialStatus, write_progress
from raylth.trials.trial import Branch, BranchTrial


def run_branches(
    trial: BranchTrial, bench: Workbench, folder: RunFolder, on_epoch: OnEpochOf, on_step: Callable[[int], None]
) -> TrialStatus:
    """Train what is missing of a lineage's branches, and write their rows after each. Arguments as `run_trial`.

    A branch that diverges does not end the others. A lineage that diverged has no ticket to branch from: the trial ends
    as diverged there.
    """
    rows: dict[str, list[Row]] = {table: [] for table in trial.tables}
    status = TrialStatus(trial.digest, "unfinished", 0)
    lost = _diverged_level(trial, bench)
    for step, branch in enumerate(trial.branches):
        if lost is not None and lost < branch.level:
            message = f"its lineage diverged at level {lost}, before the ticket of level {branch.level}"
            status = replace(status, status="diverged", message=message)
            break
        _train(trial, branch, bench, on_epoch(step), rows, folder.name)
        status = replace(status, levels_done=step + 1)
        write_progress(folder, trial, rows, status)
        on_step(step)
    else:
        status = replace(status, status="finished")
    write_progress(folder, trial, rows, status)
    return status


def _diverged_level(trial: BranchTrial, bench: Workbench) -> int | None:
    """The level at which the lineage came to its end before the deepest ticket that is asked for, or None."""
    levels = range(max(branch.level for branch in trial.branches))
    return next((k for k in levels if bench.store.diverged_in(trial.lineage.level(k).key) is not None), None)


def _train(
    trial: BranchTrial, branch: Branch, bench: Workbench, on_epoch: OnEpoch, rows: dict[str, list[Row]], run: str
) -> None:
    trajectory = branch.trajectory
    mask = stored_mask(bench.store, trajectory.mask)
    on_data = bench_for(bench, trajectory.data)
    common, images = _branch_columns(run, trial, branch, mask), {"images": on_data.splits.train_images}
    try:
        state = on_data.advance(trajectory, trajectory.training.epochs, mask, branch.snapshots, on_epoch)
    except Diverged as diverged:
        rows[trial.study].append({**common, **images, "diverged_epoch": diverged.epoch})
        return
    rows[trial.study].append({**common, **images, **_outcome(state)})
    if trial.curves:
        rows[trial.curves] += _curve_rows(common, trajectory.start, state)
    rows["segments"] += segment_rows(run, trial, branch.level, trajectory.key, state.segments)


def _branch_columns(run: str, trial: BranchTrial, branch: Branch, mask: Mask) -> Row:
    return {
        **trial_columns(run, trial),
        "trial": trial.owner,
        "level": branch.level,
        "sparsity": sparsity(mask) if mask else 0.0,
        "trajectory": branch.trajectory.key,
        **dict(branch.columns),
    }


def _outcome(state: State) -> Row:
    curves = ("train_loss", "train_accuracy", "test_loss", "test_accuracy")
    return {name: float(getattr(state.telemetry, name)[-1]) for name in curves}


def _curve_rows(common: Row, start: int, state: State) -> Iterator[Row]:
    curves = (state.telemetry.test_accuracy.tolist(), state.telemetry.train_accuracy.tolist())
    for index, (test, train) in enumerate(zip(*curves, strict=True)):
        yield {**common, "epoch": start + index + 1, "test_accuracy": test, "train_accuracy": train}
