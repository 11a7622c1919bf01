"""The studies of a sweep as pydantic models: what is done with its lineages besides training them (paper section 5)."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from raylth.spec.data import DataSpec
from raylth.spec.part import Part, Scalar
from raylth.spec.values import Count, Fraction, Level, PrunedLevel, distinct, odd

FrozenKind = Literal["ticket", "permuted", "dense", "reinitialised"]
FewShotNetwork = Literal["ticket", "permuted", "dense"]
FrozenBatchNorm = Literal["recomputed", "rewound"]
BatchNormReading = Literal["interpolated", "recomputed"]
BranchKind = Literal["reinitialised", "layer_shuffled", "globally_shuffled", "finetuned", "lr_rewound"]
Removed = Literal["easiest", "hardest"]
PrunedLevels = Annotated[tuple[PrunedLevel, ...], AfterValidator(distinct), Field(min_length=1)]


class LinearSpec(Part):
    """How a linear layer is trained on frozen features: one setting for every ticket, SGD with a cosine to 0.

    Features are centred and scaled to unit variance first: the classifiers stay linear, and are found sooner.
    """

    epochs: Count = Field(default=50, description="Passes over the training images.")
    batch_size: Count = Field(default=256, description="Images per update.")
    lr: Annotated[float, Field(gt=0)] = Field(default=0.1, description="Learning rate at epoch 0.")
    momentum: Annotated[float, Field(ge=0, lt=1)] = Field(default=0.9, description="Momentum of the linear layer.")
    weight_decay: Annotated[float, Field(ge=0)] = Field(default=0.0, description="On the linear layer.")


class ProbesSpec(Part):
    """Linear probes of frozen tickets (paper section 5.1, Table 3, Figure 5)."""

    levels: PrunedLevels = Field(description="Levels whose tickets are probed; those too deep are skipped.")
    blocks: Annotated[tuple[Count, ...], AfterValidator(distinct), Field(min_length=1)] | None = Field(
        default=None, description="Blocks after which a probe is put, counted from 1; null is all."
    )
    networks: Annotated[tuple[FrozenKind, ...], AfterValidator(distinct), Field(min_length=1)] = Field(
        default=("ticket", "permuted", "dense", "reinitialised"),
        description="The ticket, and its baselines: mask shuffled within layers, no mask, and other initial weights.",
    )
    batchnorm: Annotated[tuple[FrozenBatchNorm, ...], AfterValidator(distinct), Field(min_length=1)] = Field(
        default=("recomputed",), description="BatchNorm statistics of the frozen network."
    )
    linear: LinearSpec = LinearSpec()


class FewShotSpec(Part):
    """Tickets trained on a small part of the data, for as many epochs as the dense network (section 5.2, Table 4)."""

    levels: PrunedLevels = Field(description="Levels whose tickets are trained; those too deep are skipped.")
    shares: Annotated[tuple[Fraction, ...], AfterValidator(distinct), Field(min_length=1)] = Field(
        default=(0.01, 0.02, 0.05, 0.1),
        description="Shares of the training images, as many of each class, at least one; the same for every ticket.",
    )
    networks: Annotated[tuple[FewShotNetwork, ...], AfterValidator(distinct), Field(min_length=1)] = Field(
        default=("ticket", "permuted", "dense"),
        description="The ticket, and its baselines on the same images: mask shuffled within layers, and no mask.",
    )


class FineTuneSpec(Part):
    """Training on from the weights that found the mask, instead of rewinding them."""

    epochs: Count = Field(default=20, description="Epochs of fine-tuning.")
    lr: Annotated[float, Field(gt=0)] = Field(default=0.01, description="Constant learning rate of fine-tuning.")


class BranchesSpec(Part):
    """What else can be done with a mask: the branches of OpenLTH, one training each."""

    levels: PrunedLevels = Field(description="Levels whose masks are taken; those too deep are skipped.")
    kinds: Annotated[tuple[BranchKind, ...], AfterValidator(distinct)] = Field(
        default=("reinitialised", "layer_shuffled", "globally_shuffled", "finetuned", "lr_rewound"),
        description="Other initial weights; a shuffled mask; fine-tuning, or the schedule rewound, of trained weights.",
    )
    finetune: FineTuneSpec = FineTuneSpec()
    retrain: dict[str, dict[str, Scalar]] = Field(
        default={}, description="Tickets trained with other keys of `training`, by name: {slow: {lr: 0.01}}."
    )


class SubsetsSpec(Part):
    """Dense siblings trained without the examples that were forgotten least, or most (appendix D, Table 7)."""

    shares: Annotated[tuple[Fraction, ...], AfterValidator(distinct), Field(min_length=1)] = Field(
        default=(0.2, 0.5), description="Shares of the training images that are removed."
    )
    removed: Annotated[tuple[Removed, ...], AfterValidator(distinct), Field(min_length=1)] = Field(
        default=("easiest", "hardest"), description="Which end of the ranking by forgetting is removed."
    )


class TransferSpec(Part):
    """Tickets taken to other data (paper section 5.3, Table 5)."""

    targets: Annotated[tuple[DataSpec, ...], AfterValidator(distinct), Field(min_length=1)] = Field(
        description="Data sets, written as `data` is; images take the shape of the source's."
    )
    levels: PrunedLevels = Field(description="Levels whose tickets are taken; those too deep are skipped.")
    frozen: bool = Field(default=True, description="A new classifier on the frozen ticket, and on the dense network.")
    retrained: bool = Field(default=True, description="The dense network trained on the target from scratch.")
    unfrozen: bool = Field(default=False, description="The ticket trained on the target, with a new dense classifier.")
    batchnorm: Annotated[tuple[FrozenBatchNorm, ...], AfterValidator(distinct), Field(min_length=1)] = Field(
        default=("recomputed",), description="BatchNorm statistics of the frozen ticket."
    )
    linear: LinearSpec = LinearSpec()


class RewindSearchSpec(Part):
    """Binary search for the first epoch from which siblings stay connected (appendix B, Table 6)."""

    siblings: Annotated[int, Field(ge=2, le=100)] = Field(
        default=3, description="SGD-noise seeds per initialisation; stable is a mean barrier under lmc.stable_below."
    )
    batchnorm: BatchNormReading = Field(default="interpolated", description="How BatchNorm is read on the lines.")


class ConnectivitySpec(Part):
    """Barriers between levels, the loss plane, and what tells instability from symmetry (sections 5.4 and 6.1)."""

    to_dense: Annotated[tuple[PrunedLevel, ...], AfterValidator(distinct)] = Field(
        default=(), description="Levels joined to the dense network by a line; those too deep are skipped."
    )
    matrix: bool = Field(default=True, description="The barrier between every two levels of a lineage.")
    alphas: Annotated[int, Field(ge=3, le=1001), AfterValidator(odd)] = Field(
        default=11, description="Points on a line of the matrix, and on layer-wise lines."
    )
    plane: tuple[Level, Level, Level] | None = Field(
        default=None, description="Three levels of a lineage that span a loss plane."
    )
    plane_points: Annotated[int, Field(ge=2, le=201)] = Field(default=21, description="Points along each side of it.")
    aligned: bool = Field(default=False, description="Lines between dense siblings after weight matching.")
    layerwise: bool = Field(default=False, description="Lines between dense siblings on which one layer moves.")
    averaged: bool = Field(default=False, description="The average of the dense siblings' weights.")


class StudiesSpec(Part):
    """What is done with the lineages of a sweep; a study that is null is not done."""

    probes: ProbesSpec | None = None
    fewshot: FewShotSpec | None = None
    branches: BranchesSpec | None = None
    subsets: SubsetsSpec | None = None
    transfer: TransferSpec | None = None
    rewind_search: RewindSearchSpec | None = None
    connectivity: ConnectivitySpec | None = None
