"""Which searches for the first stable epoch a sweep makes (appendix B, Table 6)."""

from collections.abc import Iterable, Iterator

from raylth.spec import SweepSpec
from raylth.stability.line import Line
from raylth.studies.lines import make_line
from raylth.trajectory import Precision
from raylth.trials.trial import LineageTrial, RewindSearchTrial

SNAPSHOT_DEPTH = 4
"""Steps of the binary search whose candidates the trunk publishes on its way; later ones are trained again from the
nearest, at most a sixteenth of the budget."""


def planned_searches(
    spec: SweepSpec, trials: Iterable[LineageTrial], precision: Precision
) -> Iterator[RewindSearchTrial]:
    """A search for every initialisation of every cell; cells that differ in their rewind point alone share theirs."""
    wanted = spec.studies.rewind_search
    if wanted is None:
        return
    seen: set[str] = set()
    for trial in trials:
        trunk = trial.lineage.trunk
        if trial.lineage.sibling or trunk.key in seen:
            continue
        seen.add(trunk.key)
        total = trial.lineage.training.epochs
        line: Line = make_line(spec, trunk.end, trunk.end, wanted.batchnorm, precision)
        yield RewindSearchTrial(
            id=f"{trial.id}_rewind_search",
            cell=trial.cell,
            lineage=trial.lineage.model_copy(update={"rewind": 0}),
            place=trial.place,
            siblings=wanted.siblings,
            stable_below=spec.lmc.stable_below,
            line=line,
            snapshots=early_candidates(total),
        )


def early_candidates(total_epochs: int, depth: int = SNAPSHOT_DEPTH) -> tuple[int, ...]:
    """The epochs that the first steps of a binary search over 0..total_epochs-1 may ask for, but for 0, ascending."""
    spans, found = [(0, total_epochs)], set[int]()
    for _ in range(depth):
        spans = [span for span in spans if span[0] < span[1]]
        found.update((first + past) // 2 for first, past in spans)
        spans = [half for first, past in spans for half in _halves(first, past)]
    return tuple(sorted(found - {0}))


def _halves(first: int, past: int) -> tuple[tuple[int, int], tuple[int, int]]:
    middle = (first + past) // 2
    return (first, middle), (middle + 1, past)
