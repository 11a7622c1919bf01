"""The sweep spec as pydantic models: every key a YAML may hold, its type, default and meaning.

Parts of the spec are also the named inputs of a trajectory (`raylth/trajectory.py`), so a field of `DataSpec`,
`ModelSpec` or `TrainingSpec` belongs in them only if it changes the result of a training.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from raylth.spec.data import DataSpec as DataSpec
from raylth.spec.part import Part, Scalar
from raylth.spec.studies import BatchNormReading as BatchNormReading
from raylth.spec.studies import StudiesSpec
from raylth.spec.values import (
    Count,
    Fraction,
    Level,
    Momentum,
    Name,
    PrunedLevel,
    distinct,
    not_blank,
    odd,
    whole_above_one,
)

LmcKind = Literal["dense", "ticket", "cross", "within"]


class ModelSpec(Part):
    """Which network is trained."""

    name: str = Field(default="resnet8", description="A known architecture or `module:Name`.")
    width: Count | None = Field(
        default=None, description="Channels of the first stage; null is the architecture's own."
    )


class AugmentSpec(Part):
    """Random changes of training images, drawn anew at each presentation."""

    crop: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=0, description="Zero-pad by this many pixels and crop at random."
    )
    flip: bool = Field(default=False, description="Mirror half of the images left to right.")


class TrainingSpec(Part):
    """How one network is trained, from initialisation to the end of its budget (paper section 3.3)."""

    epochs: Count = Field(default=200, description="Total budget T of every training, pretraining included.")
    batch_size: Count = Field(
        default=128, description="Images per update; the last, partial batch of an epoch is kept."
    )
    lr: Annotated[float, Field(gt=0)] = Field(default=0.1, description="Learning rate at epoch 0.")
    momentum: Momentum = Field(default=0.9, description="mu of equation (1); 0 is plain SGD.")
    weight_decay: Annotated[float, Field(ge=0)] = Field(default=5e-4, description="On all parameters.")
    schedule: Literal["cosine", "constant"] = Field(default="cosine", description="Cosine anneals to 0, per iteration.")
    augment: AugmentSpec = AugmentSpec()


class LineageSpec(Part):
    """Iterative magnitude pruning with rewinding (paper section 3.1, algorithm 1)."""

    levels: Level = Field(default=20, description="Times that the network is pruned.")
    fraction: Fraction = Field(default=0.2, description="Share of the surviving weights that one pruning step removes.")
    rewind: Annotated[int, Field(ge=0)] = Field(
        default=0, description="Rewind point p in epochs; 0 is the initialisation."
    )
    exclude: Annotated[tuple[str, ...], AfterValidator(distinct)] = Field(
        default=(), description="Weights never pruned, by name; `*` matches anything."
    )


class LmcSpec(Part):
    """Linear mode connectivity: which pairs of states are joined by a line, and how the line is read."""

    kinds: Annotated[tuple[LmcKind, ...], AfterValidator(distinct)] = Field(
        default=("dense",), description="Empty: no lines are evaluated."
    )
    levels: Annotated[tuple[PrunedLevel, ...], AfterValidator(distinct)] = Field(
        default=(5, 10, 15, 20),
        description="Levels of `ticket`, `cross` and `within` lines; those deeper than the lineage are skipped.",
    )
    alphas: Annotated[int, Field(ge=3, le=1001), AfterValidator(odd)] = Field(
        default=31, description="Points on the line, ends included; odd, so that 0.5 is one."
    )
    batchnorm: Annotated[tuple[BatchNormReading, ...], AfterValidator(distinct)] = Field(
        default=("interpolated", "recomputed"), min_length=1, description="How BatchNorm is read on the line."
    )
    train_images: Count = Field(
        default=5000, description="At most this many clean training images for the train side and BatchNorm statistics."
    )
    stable_below: Fraction = Field(default=0.02, description="A barrier under this is stable.")
    bootstrap: Annotated[int, Field(ge=100, le=1_000_000)] = Field(
        default=1000, description="Resamples of the test images per barrier."
    )


class ForgettingSpec(Part):
    """Which levels get per-example rows; per-level statistics are always there."""

    levels: Annotated[tuple[Level, ...], AfterValidator(distinct)] = Field(
        default=(0,), description="Levels with per-example rows; those deeper than the lineage are skipped."
    )


class ResourceSpec(Part):
    """What one trial reserves on the machine or cluster."""

    cpu: Annotated[float, Field(gt=0), AfterValidator(whole_above_one)] = Field(
        default=1, description="Cores per trial; also its number of threads."
    )
    gpu: Annotated[Annotated[float, Field(ge=0)] | Literal["auto"], AfterValidator(whole_above_one)] = Field(
        default="auto",
        description="Share of a GPU per trial; auto packs by measured peak memory, and is 0 without a GPU.",
    )
    evaluators: Count | Literal["auto"] = Field(
        default="auto", description="Actors that evaluate LMC beside the trials."
    )
    max_concurrent: Count | None = Field(default=None, description="Trials at once; null is as many as fit.")
    retries: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=2, description="Times a trial whose process died is started again."
    )


class LoggingSpec(Part):
    """Where progress goes besides the screen."""

    tensorboard: bool = False
    dashboard: bool = Field(default=False, description="Start Ray's dashboard on 127.0.0.1.")
    usage_stats: bool = Field(default=False, description="Let Ray report usage to its makers.")


class SweepSpec(Part):
    """One sweep: a grid of cells, each with `inits` initialisations and `siblings` SGD-noise seeds."""

    name: Name = Field(description="Name of the run, and of its folder.")
    description: str = ""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(
        default=0, description="Changes every random stream of the sweep."
    )
    data: DataSpec = DataSpec()
    model: ModelSpec = ModelSpec()
    training: TrainingSpec = TrainingSpec()
    lineage: LineageSpec = LineageSpec()
    grid: dict[str, Annotated[tuple[Scalar | tuple[Scalar, ...], ...], Field(min_length=1)]] = Field(
        default={},
        description="Values by axis: a key of data, model, training or lineage, dotted, or an end of one if unique. "
        "Keys that vary together are one axis, such as `momentum, lr: [[0.9, 0.1], [0.0, 1.0]]`.",
    )
    inits: Count = Field(default=1, description="Initialisations per cell.")
    siblings: Count = Field(default=2, description="SGD-noise seeds per initialisation.")
    lineages: Literal["first", "all"] = Field(
        default="first", description="Which siblings prune; the others end at level 0."
    )
    lmc: LmcSpec = LmcSpec()
    forgetting: ForgettingSpec = ForgettingSpec()
    studies: StudiesSpec = StudiesSpec()
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    resources: ResourceSpec = ResourceSpec()
    storage: Annotated[str, AfterValidator(not_blank)] = Field(
        default="results", description="A folder, `s3://bucket/path` or `gs://bucket/path`."
    )
    logging: LoggingSpec = LoggingSpec()
