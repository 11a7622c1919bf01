"""A trajectory: one training as a pure function of its named inputs. It has no end; a state is (trajectory, epoch)."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from raylth.keys import content_key
from raylth.seeds import Noise
from raylth.spec.schema import TrainingSpec

TRAINING_VERSION = 1
"""Raise by hand when the result of a training changes; every stored trajectory is then computed anew."""

Precision = Literal["fp32", "bf16"]


class Inputs(BaseModel):
    """Base of everything that is named by its content: immutable, and keyed by its canonical JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @cached_property
    def key(self) -> str:
        """SHA-256 of the canonical JSON of these inputs."""
        return content_key(self.as_json())

    def as_json(self) -> dict[str, Any]:
        """These inputs as JSON, without those that are None: a new optional input leaves every key as it is."""
        return self.model_dump(mode="json", exclude_none=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with some inputs replaced, and so with a key of its own."""
        copied = super().model_copy(update=update, deep=deep)
        # Cached keys lie beside the fields, so pydantic copies them along.
        for name in vars(copied).keys() - type(copied).model_fields.keys():
            del vars(copied)[name]
        return copied


class Initialisation(Inputs):
    """The state before any training: theta_0 of algorithm 1, drawn from the stream of this initialisation.

    `redraw` is the random re-initialisation of a ticket: other weights for the same initialisation's mask.
    """

    kind: Literal["initialisation"] = "initialisation"
    seed: int
    init: int
    redraw: int | None = None


class StateRef(Inputs):
    """A state by name: the trajectory's key and the number of epochs done, counted from initialisation."""

    kind: Literal["state"] = "state"
    trajectory: str
    epoch: int


class Shuffle(Inputs):
    """A permutation of a mask: within each layer, which keeps its sparsity, or over the whole network."""

    scope: Literal["layer", "network"]
    seed: int
    init: int
    level: int


class MaskRef(Inputs):
    """A mask by name: the lineage's key and the level, 1 being the first that prunes; `shuffle` makes it a baseline.

    A ticket that is transferred gets a new, dense classifier.
    """

    lineage: str
    level: int
    shuffle: Shuffle | None = None
    classifier: Literal["dense"] | None = None


class RandomImages(Inputs):
    """A class-balanced random choice of training images: few-shot learning (section 5.2)."""

    kind: Literal["random"] = "random"
    images: int
    seed: int


class RankedImages(Inputs):
    """The training images without those that some trainings forgot least, or most (appendix D).

    `records` are the ends of these trainings, `since` the epoch from which their forgetting counts.
    """

    kind: Literal["ranked"] = "ranked"
    records: tuple[StateRef, ...]
    since: int
    removed: Literal["easiest", "hardest"]
    removed_images: int


class DataInputs(Inputs):
    """The training and test images: content fingerprint of the data set, and what the spec makes of it.

    `selection` takes some of the training images that `subset` left; the test images stay.
    """

    fingerprint: str
    subset: int | None = None
    classes: tuple[int, ...] | None = None
    pool: int
    image: tuple[int, int, int] | None = None
    selection: RandomImages | RankedImages | None = Field(default=None, discriminator="kind")

    def train_images(self, whole: int) -> int:
        """How many of `whole` training images are left."""
        match self.selection:
            case RandomImages(images=images):
                return images
            case RankedImages(removed_images=removed):
                return whole - removed
            case None:
                return whole


class ModelInputs(Inputs):
    """The architecture; `source` is the hash of a user's own source file, None for raylth's own."""

    name: str
    width: int | None = None
    source: str | None = None


class Trajectory(Inputs):
    """One training, named by everything that determines it (design: training is a pure function).

    `start` is the epoch that the learning-rate schedule and the count of epochs go on from. It is the parent's epoch,
    but for fine-tuning and learning-rate rewinding, which start a schedule anew from trained weights. With `optimiser`
    "inherited" the momentum buffer comes with the parent, else it starts at zero. With `classifier` the parent's, which
    was trained for other classes, is replaced by a new one.
    """

    kind: Literal["trajectory"] = "trajectory"
    version: int = TRAINING_VERSION
    parent: Initialisation | StateRef
    classifier: Initialisation | None = None
    start: int
    optimiser: Literal["fresh", "inherited"]
    mask: MaskRef | None = None
    data: DataInputs
    model: ModelInputs
    training: TrainingSpec
    noise: Noise
    precision: Precision

    def at(self, epoch: int) -> StateRef:
        """The state of this trajectory after `epoch` epochs."""
        return StateRef(trajectory=self.key, epoch=epoch)

    @property
    def end(self) -> StateRef:
        """The state at the end of the training budget T."""
        return self.at(self.training.epochs)
