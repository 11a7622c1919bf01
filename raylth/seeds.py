"""Named random streams: every random number of a sweep comes from a stream that says what it is for.

A stream is seeded by hashing its name, so neighbouring initialisations, siblings, levels and epochs share nothing, and
any epoch can be replayed alone. NumPy draws on the CPU: PyTorch's CPU generator keeps only 32 bits of a seed, and a
GPU's numbers depend on the device.
"""

from dataclasses import dataclass

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from raylth.keys import content_key
from raylth.spec.schema import AugmentSpec


class Noise(BaseModel):
    """The SGD noise of one training: data order and augmentation (paper section 3.2).

    `copy_index` tells apart the extra trainings of one ticket that `ticket` lines join; the lineage's own is 0.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int
    init: int
    sibling: int
    level: int
    copy_index: int = 0


@dataclass(frozen=True)
class Presentations:
    """One epoch's SGD noise: in which order the images come, and how each is changed.

    All tensors have one entry per training image [N]; `rows`, `cols` and `mirrored` are indexed by image, not by place
    in the order, and are None where the spec asks for no such change.
    """

    order: Tensor
    rows: Tensor | None
    cols: Tensor | None
    mirrored: Tensor | None

    def to(self, device: torch.device) -> "Presentations":
        """The same draws on a device."""
        changes = (None if draw is None else draw.to(device) for draw in (self.rows, self.cols, self.mirrored))
        return Presentations(self.order.to(device), *changes)


def stream(role: str, **names: int) -> np.random.Generator:
    """The random stream called `role` for the given names, such as `stream("initialisation", seed=0, init=2)`."""
    key = content_key({"role": role, **names})
    return np.random.Generator(np.random.Philox(key=int(key[:32], 16)))


def presentations(noise: Noise, epoch: int, images: int, augment: AugmentSpec) -> Presentations:
    """Draw the SGD noise of epoch `epoch` (counted from 0) over `images` training images."""
    names = {**noise.model_dump(), "epoch": epoch}
    order = torch.from_numpy(stream("order", **names).permutation(images))
    changes = stream("augmentation", **names)
    rows = cols = mirrored = None
    if augment.crop:
        offsets = changes.integers(0, 2 * augment.crop + 1, size=(2, images))
        rows, cols = torch.from_numpy(offsets[0]), torch.from_numpy(offsets[1])
    if augment.flip:
        mirrored = torch.from_numpy(changes.random(images) < 0.5)
    return Presentations(order, rows, cols, mirrored)
