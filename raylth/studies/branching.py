"""What is common to studies that train branches of lineages: one trial for each lineage and study."""

from collections.abc import Iterable, Iterator

from raylth.lineage import Lineage
from raylth.spec.data import DataSpec
from raylth.trajectory import StateRef
from raylth.trials.trial import Branch, BranchTrial, LineageTrial


def branch_trials(
    study: str,
    branches: Iterable[tuple[LineageTrial, list[Branch]]],
    target: DataSpec | None = None,
    curves: str | None = None,
    suffix: str = "",
) -> Iterator[BranchTrial]:
    """A trial for every lineage that has branches; it waits for what they need.

    Args:
        study: the name of its table.
        branches: of each lineage.
        target: other data than the lineage's, if the branches are trained on such.
        curves: the table of their training curves, if these are kept.
        suffix: of the trials' names, where a lineage has several for one study.
    """
    for owner, each in branches:
        if each:
            yield BranchTrial(
                id=f"{owner.id}_{study}{suffix}",
                cell=owner.cell,
                lineage=owner.lineage,
                place=owner.place,
                requires=tuple(dict.fromkeys(need for branch in each for need in branch.needs)),
                study=study,
                owner=owner.id,
                branches=tuple(each),
                target=target,
                curves=curves,
            )


def deep_enough(trial: LineageTrial, levels: Iterable[int]) -> list[int]:
    """The levels that a lineage has."""
    return [level for level in levels if level <= trial.levels]


def ticket_of(lineage: Lineage, level: int) -> tuple[StateRef, ...]:
    """What to wait for to have the ticket of a level; nothing for the dense network.

    Its mask is in the store before it is trained, but an end is what can be waited for.
    """
    return (lineage.level(level).end,) if level else ()
