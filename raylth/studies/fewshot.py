"""Few-shot learning: tickets trained on a small class-balanced part of the data (paper section 5.2, Table 4)."""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from raylth.data import DataFacts
from raylth.errors import BadInput
from raylth.lineage import Lineage
from raylth.spec import SweepSpec
from raylth.spec.schema import DataSpec
from raylth.spec.studies import FewShotNetwork, FewShotSpec
from raylth.studies.branching import branch_trials, deep_enough, ticket_of
from raylth.trajectory import DataInputs, RandomImages, Trajectory
from raylth.trials.trial import Branch, BranchTrial, LineageTrial

STUDY = "fewshot"


def planned_fewshot(
    spec: SweepSpec, trials: Iterable[LineageTrial], facts: Mapping[DataSpec, DataFacts]
) -> Iterator[BranchTrial]:
    """For every lineage that prunes, its tickets and their baselines on each share of the training images.

    Raises:
        BadInput: a class has too few images for a share.
    """
    wanted = spec.studies.fewshot
    if wanted is not None:
        yield from branch_trials(STUDY, ((trial, _branches(wanted, trial, facts[trial.data])) for trial in trials))


def few_shot_images(share: float, facts: DataFacts) -> int:
    """The size of a share: as many images of every class, rounded down, and at least one.

    Raises:
        BadInput: the smallest class has fewer.
    """
    # In decimal, as people write shares: 0.1 x 5,000 is 500.
    per_class = max(1, int(Fraction(repr(share)) * facts.train_images / facts.classes))
    if per_class > facts.smallest_class:
        raise BadInput(
            f"studies.fewshot.shares: {share:g} of the training images are {per_class} of every class, but the "
            f"smallest class has {facts.smallest_class}; take a smaller share."
        )
    return per_class * facts.classes


def _branches(wanted: FewShotSpec, trial: LineageTrial, facts: DataFacts) -> list[Branch]:
    levels = deep_enough(trial, wanted.levels)
    if not levels:
        return []
    images = {share: few_shot_images(share, facts) for share in wanted.shares}
    networks: list[tuple[FewShotNetwork, int]] = [("dense", 0)] if "dense" in wanted.networks else []
    networks += [(network, level) for level in levels for network in wanted.networks if network != "dense"]
    return [
        Branch(
            level,
            few_shot(trial.lineage, level, network, images[share]),
            columns=(("network", network), ("share", share)),
            needs=ticket_of(trial.lineage, level),
        )
        for network, level in networks
        for share in wanted.shares
    ]


def few_shot(lineage: Lineage, level: int, network: FewShotNetwork, images: int) -> Trajectory:
    """The training of a ticket, its permuted baseline, or the dense network on `images` images.

    The same images for every network of a sweep. The dense one is not rewound, because its rewind point has seen all
    images.
    """
    whole = lineage.trunk if network == "dense" else lineage.level(level)
    mask = lineage.shuffled_mask(level) if network == "permuted" else whole.mask
    selection = RandomImages(images=images, seed=lineage.seed)
    data: DataInputs = whole.data.model_copy(update={"selection": selection})
    return whole.model_copy(update={"data": data, "mask": mask})
