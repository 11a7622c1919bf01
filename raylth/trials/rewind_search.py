"""The search for the first stable epoch of one initialisation, from its plan to its rows (appendix B, Table 6)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations

from raylth.lineage import Lineage
from raylth.stability.first_stable_epoch import first_stable_epoch
from raylth.stability.line import Line, line_of, measure_line
from raylth.state import State
from raylth.tables.rows import Row, cell_columns, evaluation_segment_row, segment_rows
from raylth.tables.run import RunFolder
from raylth.training.workbench import Diverged, Workbench
from raylth.trials.listening import OnEpochOf
from raylth.trials.status import TrialStatus, write_progress
from raylth.trials.trial import RewindSearchTrial

TABLE = "rewind_search"


@dataclass(frozen=True)
class Probed:
    """What one step found: barriers of the sibling pairs that were needed for the verdict, in order."""

    candidate: int
    barriers: tuple[float, ...]
    pairs: int
    siblings_trained: int

    def is_stable(self, threshold: float) -> bool:
        """Whether the mean barrier over all pairs is under the threshold."""
        return len(self.barriers) == self.pairs and self.floor < threshold

    @property
    def floor(self) -> float:
        """What the mean over all pairs cannot fall under, because no barrier is negative; the mean if all are there."""
        return sum(self.barriers) / self.pairs


def run_rewind_search(
    trial: RewindSearchTrial, bench: Workbench, folder: RunFolder, on_epoch: OnEpochOf, on_step: Callable[[int], None]
) -> TrialStatus:
    """Search the rewind epochs of one initialisation, and write the history after every step. Arguments as `run_trial`.

    The trunk, trained to its end, is sibling 0 of every candidate, so a step trains only the others, from the trunk's
    state at the candidate on.
    """
    search = _Search(trial, bench, folder, on_epoch, on_step)
    try:
        trunk = bench.advance(trial.lineage.trunk, trial.total_epochs, {}, trial.snapshots, on_epoch(0))
        search.describe_training(trial.lineage.trunk.key, trunk)
        found = first_stable_epoch(search.is_stable, trial.total_epochs)
    except Diverged as diverged:
        message = f"the loss of the trunk was not finite in epoch {diverged.epoch}"
        return search.write(replace(search.status, status="diverged", message=message))
    search.settle(found)
    return search.write(replace(search.status, status="finished"))


class _Search:
    """The history of one search, growing step by step."""

    def __init__(
        self,
        trial: RewindSearchTrial,
        bench: Workbench,
        folder: RunFolder,
        on_epoch: OnEpochOf,
        on_step: Callable[[int], None],
    ) -> None:
        self._trial, self._bench, self._folder = trial, bench, folder
        self._on_epoch, self._on_step = on_epoch, on_step
        self._rows: dict[str, list[Row]] = {table: [] for table in trial.tables}
        self.status = TrialStatus(trial.digest, "unfinished", 0)

    def is_stable(self, candidate: int) -> bool:
        """Train the siblings from a candidate, as many as the verdict needs, and write the step down."""
        step = self.status.levels_done + 1
        probed = self._probe(candidate, step)
        stable = probed.is_stable(self._trial.stable_below)
        self._rows[TABLE].append(self._row(step, probed, stable))
        self.write(replace(self.status, levels_done=step))
        self._on_step(step)
        return stable

    def settle(self, found: int | None) -> None:
        """Note in every step what the search came to."""
        self._rows[TABLE] = [{**row, "settled": True, "first_stable_epoch": found} for row in self._rows[TABLE]]

    def write(self, status: TrialStatus) -> TrialStatus:
        """Write the history, and how far it is."""
        self.status = status
        write_progress(self._folder, self._trial, self._rows, status)
        return status

    def describe_training(self, key: str, state: State) -> None:
        """The `segments` rows of a training that this search needed."""
        self._rows["segments"] += segment_rows(self._folder.name, self._trial, 0, key, state.segments)

    def _probe(self, candidate: int, step: int) -> Probed:
        lineages = [self._sibling(candidate, number) for number in range(self._trial.siblings)]
        pairs = list(combinations(range(self._trial.siblings), 2))
        barriers: list[float] = []
        trained = 0
        # Pairs in the order of their later sibling: each new training is used before the next is begun.
        for first, second in sorted(pairs, key=lambda pair: pair[::-1]):
            if sum(barriers) >= self._trial.stable_below * len(pairs):
                break
            if second > trained:
                trained = second
                if not self._train(lineages[second], candidate, step):
                    barriers.append(float("inf"))
                    break
            barriers.append(self._barrier(lineages[first], lineages[second]))
        return Probed(candidate, tuple(barriers), len(pairs), trained)

    def _sibling(self, candidate: int, number: int) -> Lineage:
        sibling: Lineage = self._trial.lineage.model_copy(update={"rewind": candidate, "sibling": number})
        return sibling

    def _train(self, lineage: Lineage, candidate: int, step: int) -> bool:
        """Train a sibling from the trunk's state at the candidate; False if it diverges."""
        listener = self._on_epoch(step)
        self._bench.advance(lineage.trunk, candidate, {}, (), listener)
        try:
            state = self._bench.advance(lineage.level(0), self._trial.total_epochs, {}, (), listener)
        except Diverged:
            return False
        self.describe_training(lineage.level(0).key, state)
        return True

    def _barrier(self, one: Lineage, other: Lineage) -> float:
        line: Line = self._trial.line.model_copy(update={"start": one.level(0).end, "end": other.level(0).end})
        measured = measure_line(self._bench.store, line, self._bench.network, self._bench.splits, self._folder.name)
        row = evaluation_segment_row(self._folder.name, self._trial, "line", line.key, measured.cost)
        self._rows["segments"].append(row)
        return line_of(measured).barrier

    def _row(self, step: int, probed: Probed, stable: bool) -> Row:
        trial = self._trial
        return {
            **cell_columns(self._folder.name, trial),
            "rewind": None,
            "trial": trial.id,
            "step": step,
            "candidate": probed.candidate,
            "barrier_mean": probed.floor if len(probed.barriers) == probed.pairs else None,
            "barrier_floor": probed.floor,
            "pairs_measured": len(probed.barriers),
            "pairs": probed.pairs,
            "batchnorm": trial.line.batchnorm,
            "stable_below": trial.stable_below,
            "stable": stable,
            "epochs_trained": probed.siblings_trained * (trial.total_epochs - probed.candidate),
            "epochs_naive": trial.siblings * trial.total_epochs,
            "settled": False,
        }
