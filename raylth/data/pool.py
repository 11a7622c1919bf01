"""Average pooling of stored images, so that a CPU can afford a deeper network."""

import torch
from torch import Tensor

from raylth.errors import BadInput


def average_pool(images: Tensor, factor: int) -> Tensor:
    """Average `factor` x `factor` squares of pixels, rounding half up in integer arithmetic.

    images: uint8 [N, C, H, W]. Returns uint8 [N, C, H / factor, W / factor].
    Raises BadInput when the factor does not divide both sides.
    """
    height, width = images.shape[2:]
    if height % factor or width % factor:
        raise BadInput(f"data.pool: {factor} does not divide the images' {height}x{width} pixels")
    if factor == 1:
        return images
    area = factor * factor
    total = torch.zeros((*images.shape[:2], height // factor, width // factor), dtype=torch.int32)
    for row in range(factor):
        for column in range(factor):
            total += images[:, :, row::factor, column::factor]
    return total.mul_(2).add_(area).floor_divide_(2 * area).to(torch.uint8)
