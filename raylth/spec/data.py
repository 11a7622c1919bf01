"""Which images are trained and tested on, as a pydantic model."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from raylth.spec.part import Part
from raylth.spec.values import Count, distinct

Class = Annotated[int, Field(ge=0, le=1_000_000)]
Channels = Literal[1, 3]
Pixels = Annotated[int, Field(ge=1, le=4096)]


class DataSpec(Part):
    """Which images are trained and tested on."""

    name: str = Field(
        default="digits", description="A known data set (`raylth data list`), `folder`, or `module:Name`."
    )
    path: str | None = Field(
        default=None, description="For `folder`: a directory with one sub-directory of images per class."
    )
    subset: Count | None = Field(default=None, description="Train on this many images only, balanced over classes.")
    classes: Annotated[tuple[Class, ...], AfterValidator(distinct), Field(min_length=2)] | None = Field(
        default=None, description="Keep these classes only, renumbered in this order; null is all."
    )
    pool: Count = Field(default=1, description="Average-pool images by this factor, so that CPUs can afford depth.")
    image: tuple[Channels, Pixels, Pixels] | None = Field(
        default=None, description="Resize to [channels, height, width]; grey images are repeated over the channels."
    )
