"""What is common to studies that train branches of lineages: one trial for each lineage and study."""

from collections.abc import Iterable, Iterator

from raylth.trajectory import StateRef
from raylth.trials.trial import Branch, BranchTrial, LineageTrial


def branch_trials(study: str, branches: Iterable[tuple[LineageTrial, list[Branch]]]) -> Iterator[BranchTrial]:
    """A trial for every lineage that has branches; it waits for the tickets that they take."""
    for owner, each in branches:
        if each:
            yield BranchTrial(
                id=f"{owner.id}_{study}",
                cell=owner.cell,
                lineage=owner.lineage,
                place=owner.place,
                requires=_tickets(owner, each),
                study=study,
                owner=owner.id,
                branches=tuple(each),
            )


def deep_enough(trial: LineageTrial, levels: Iterable[int]) -> list[int]:
    """The levels that a lineage has."""
    return [level for level in levels if level <= trial.levels]


def _tickets(owner: LineageTrial, branches: Iterable[Branch]) -> tuple[StateRef, ...]:
    # A mask is in the store before its level is trained; its end is what can be waited for.
    return tuple(owner.lineage.level(level).end for level in sorted({branch.level for branch in branches} - {0}))
