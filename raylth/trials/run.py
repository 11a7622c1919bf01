"""One trial from its plan to its rows, whatever its kind."""

from collections.abc import Callable

from raylth.tables.run import RunFolder
from raylth.training.workbench import Workbench
from raylth.trials.branches import run_branches
from raylth.trials.lineage import run_lineage
from raylth.trials.listening import OnEpochOf
from raylth.trials.rewind_search import run_rewind_search
from raylth.trials.status import TrialStatus
from raylth.trials.trial import BranchTrial, LineageTrial, RewindSearchTrial, Trial


def run_trial(
    trial: Trial, bench: Workbench, folder: RunFolder, on_epoch: OnEpochOf, on_step: Callable[[int], None]
) -> TrialStatus:
    """Train what is missing of a trial, and write its rows after every step.

    Args:
        trial: what to do.
        bench: where to do it.
        folder: the run that the rows go to.
        on_epoch: gives the listener for the epochs of a step.
        on_step: told of each step that is written.
    """
    match trial:
        case LineageTrial():
            return run_lineage(trial, bench, folder, on_epoch, on_step)
        case BranchTrial():
            return run_branches(trial, bench, folder, on_epoch, on_step)
        case RewindSearchTrial():
            return run_rewind_search(trial, bench, folder, on_epoch, on_step)
        case _:
            raise TypeError(f"{type(trial).__name__} is no kind of trial")
