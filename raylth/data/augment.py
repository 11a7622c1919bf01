"""Images on the device as bytes; crop, flip and normalisation as a few batched tensor operations there.

All random numbers are drawn in `raylth/seeds.py`, on the CPU, and handed in.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from raylth.data.dataset import Split
from raylth.seeds import Presentations

_LEVELS = 256


@dataclass(frozen=True)
class DeviceSplit:
    """One side of a data set on a device, padded for random crops.

    padded: uint8 [N, H+2p, W+2p, C], every image with p pixels of black around it.
    crop: p.
    labels: int64 [N].
    mean, scale: float32 [H * W * C], channel means and 1 / (channel standard deviations) in units of grey levels,
    repeated for every pixel because a broadcast over three channels alone is several times slower.
    """

    padded: Tensor
    crop: int
    labels: Tensor
    mean: Tensor
    scale: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def device(self) -> torch.device:
        """Where the images are."""
        return self.labels.device

    @cached_property
    def windows(self) -> Tensor:
        """Every H x W window of every padded image: uint8 [N, 2p+1, 2p+1, H, W, C], a view of `padded`."""
        height, width = (size - 2 * self.crop for size in self.padded.shape[1:3])
        return self.padded.unfold(1, height, 1).unfold(2, width, 1).permute(0, 1, 2, 4, 5, 3)

    @property
    def centres(self) -> Tensor:
        """The images as they were before padding: uint8 [N, H, W, C]."""
        return self.windows[:, self.crop, self.crop]

    def batch(self, indices: Tensor, noise: Presentations) -> tuple[Tensor, Tensor]:
        """Images as this epoch presents them, and their labels.

        indices: int64 [B], on the split's device. noise: move it there once per epoch, or it moves with every batch.
        Returns float32 [B, C, H, W] in channels_last memory format, and int64 [B].
        """
        changes = (noise.rows, noise.cols, noise.mirrored)
        rows, cols, mirrored = (None if each is None else each.to(self.device)[indices] for each in changes)
        return present(self, indices, rows, cols, mirrored), self.labels[indices]

    def take(self, chosen: Tensor | slice) -> "DeviceSplit":
        """Some of the images only: int64 indices in the order wanted, on any device, or a slice."""
        chosen = chosen if isinstance(chosen, slice) else chosen.to(self.device)
        return DeviceSplit(self.padded[chosen], self.crop, self.labels[chosen], self.mean, self.scale)

    def clean(self, part: slice) -> tuple[Tensor, Tensor]:
        """Images without crop and flip, and their labels, for evaluation; shapes as those of `batch`."""
        return _normalised(self, self.centres[part]), self.labels[part]


def normalisation(images: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation (ddof 0) of each channel, in units of the full brightness 255.

    The sums are exact integers. A standard deviation below one grey level counts as one, so that a constant channel
    becomes zero.

    images: uint8 [N, C, H, W]. Returns float32 [C] and float32 [C].
    """
    means, deviations = zip(*(_moments(images[:, channel]) for channel in range(images.shape[1])), strict=True)
    return torch.tensor(means, dtype=torch.float32), torch.tensor(deviations, dtype=torch.float32)


def to_device(split: Split, device: torch.device | str, mean: Tensor, std: Tensor, crop: int = 0) -> DeviceSplit:
    """Copy a split to a device with `crop` pixels of black (0 before normalisation) around every image.

    mean, std: float32 [C] as `normalisation` returns them for the training images.
    """
    images = split.images.permute(0, 2, 3, 1)
    count, height, width, channels = images.shape
    padded = torch.zeros((count, height + 2 * crop, width + 2 * crop, channels), dtype=torch.uint8, device=device)
    padded[:, crop : crop + height, crop : crop + width] = images.to(device)
    grey_levels = (255 * mean.double(), 1 / (255 * std.double()))
    offset, scale = (values.repeat(height * width).float().to(device) for values in grey_levels)
    return DeviceSplit(padded, crop, split.labels.to(device), offset, scale)


def present(
    split: DeviceSplit, indices: Tensor, rows: Tensor | None, cols: Tensor | None, mirrored: Tensor | None
) -> Tensor:
    """Cut window (rows, cols) out of each padded image, mirror it or not, and normalise it.

    indices: int64 [B]. rows, cols: int64 [B] in 0..2p, or both None for the image itself. mirrored: bool [B], or None
    for no flips. Returns float32 [B, C, H, W] in channels_last memory format.
    """
    if rows is not None and cols is not None:
        images = split.windows[indices, rows, cols]
    elif split.crop == 0:
        # Without padding the images are contiguous, and index_select is several times faster on those.
        images = split.centres.index_select(0, indices)
    else:
        images = split.centres[indices]
    if mirrored is not None:
        images = torch.where(mirrored[:, None, None, None], images.flip(2), images)
    return _normalised(split, images)


def _normalised(split: DeviceSplit, images: Tensor) -> Tensor:
    """From uint8 [B, H, W, C] to float32 [B, C, H, W]."""
    # Subtracting first keeps the rounding small; x * scale - mean * scale would lose digits.
    values = images.reshape(len(images), -1).sub(split.mean).mul_(split.scale)
    return values.view(images.shape).permute(0, 3, 1, 2)


def _moments(channel: Tensor) -> tuple[float, float]:
    histogram = torch.bincount(channel.flatten(), minlength=_LEVELS).tolist()
    count = sum(histogram)
    total = sum(level * times for level, times in enumerate(histogram))
    squares = sum(level * level * times for level, times in enumerate(histogram))
    variance = (count * squares - total * total) / count**2
    return total / count / 255, max(variance**0.5, 1.0) / 255
