"""Forgetting subsets: dense siblings trained without the easiest or the hardest examples (appendix D, Table 7)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from raylth.data import DataFacts
from raylth.lineage import Lineage
from raylth.spec import SweepSpec
from raylth.spec.schema import DataSpec
from raylth.spec.studies import Removed
from raylth.studies.branching import branch_trials
from raylth.studies.lines import PlannedLine, make_line
from raylth.trajectory import DataInputs, Precision, RankedImages, Trajectory
from raylth.trials.trial import Branch, BranchTrial, LineageTrial

STUDY = "subsets"


@dataclass(frozen=True)
class Subset:
    """What is left of the data of one cell and initialisation when a share of one end of the ranking is removed."""

    removed: Removed
    share: float
    data: DataInputs

    @property
    def name(self) -> str:
        """For people, and for lines: `easiest 20% removed`."""
        return f"{self.removed} {100 * self.share:g}% removed"

    def dense(self, lineage: Lineage) -> Trajectory:
        """The dense training of a sibling on what is left; its trunk has seen nothing else either."""
        reduced: Lineage = lineage.model_copy(update={"data": self.data})
        return reduced.level(0)


def subsets_of(spec: SweepSpec, siblings: list[LineageTrial], facts: DataFacts) -> list[Subset]:
    """The subsets of one cell and initialisation, ranked by the forgetting of its dense siblings since p."""
    wanted = spec.studies.subsets
    if wanted is None:
        return []
    records = tuple(trial.lineage.level(0).end for trial in siblings)
    first = siblings[0].lineage
    found = []
    for removed in wanted.removed:
        for share in wanted.shares:
            selection = RankedImages(
                records=records,
                since=first.rewind,
                removed=removed,
                removed_images=int(Fraction(repr(share)) * facts.train_images),
            )
            found.append(Subset(removed, share, first.data.model_copy(update={"selection": selection})))
    return found


def planned_subsets(
    spec: SweepSpec, families: Iterable[list[LineageTrial]], facts: Mapping[DataSpec, DataFacts]
) -> Iterator[BranchTrial]:
    """A trial for every cell and initialisation, which trains all siblings on each subset."""
    yield from branch_trials(
        STUDY,
        (
            (siblings[0], [each for subset in subsets for each in _branches(subset, siblings)])
            for siblings, subsets in ((family, subsets_of(spec, family, facts[family[0].data])) for family in families)
        ),
    )


def subset_lines(
    spec: SweepSpec,
    families: Iterable[list[LineageTrial]],
    facts: Mapping[DataSpec, DataFacts],
    precision: Precision,
) -> Iterator[PlannedLine]:
    """Lines between the siblings that were trained on the same subset: the draft's unfinished sentence."""
    for family in families:
        for subset in subsets_of(spec, family, facts[family[0].data]):
            for a, b in combinations(family, 2):
                ends = subset.dense(a.lineage).end, subset.dense(b.lineage).end
                for reading in spec.lmc.batchnorm:
                    line = make_line(spec, *ends, reading, precision)
                    yield PlannedLine("subset", a, b, 0, 0, line, spec.lmc.stable_below, subset.name)


def _branches(subset: Subset, siblings: list[LineageTrial]) -> Iterator[Branch]:
    selection = subset.data.selection
    assert isinstance(selection, RankedImages)
    for trial in siblings:
        rewind, is_trunk = trial.lineage.rewind, trial.lineage.sibling == 0
        yield Branch(
            0,
            subset.dense(trial.lineage),
            columns=(
                ("trial", trial.id),
                ("sibling", trial.lineage.sibling),
                ("removed", subset.removed),
                ("share", subset.share),
            ),
            needs=selection.records,
            snapshots=(rewind,) if is_trunk and rewind else (),
        )
