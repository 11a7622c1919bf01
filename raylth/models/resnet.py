"""Residual networks for small images (He et al. 2016, section 4.2), their shortcuts of option B."""

from collections.abc import Iterator

import torch.nn.functional as F
from torch import Tensor, nn

from raylth.models.classifier import Classifier

VECTOR = 16
"""Places of the widest vector register, in fp32."""


class Projection(nn.Conv2d):
    """A 1x1 convolution with a stride and without bias, also where an image has few channels.

    With fewer channels than a vector register has places, oneDNN's kernel for strides writes past its workspace
    (uxlfoundation/oneDNN#6035): gradients are wrong, or the process crashes. So such images are thinned out first,
    which is the same function to the last bit, and slower on large ones.
    """

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__(before, after, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Features [B, before, h, w] to [B, after, h / stride, w / stride], halves rounded up."""
        if self.in_channels >= VECTOR:
            return super().forward(x)
        step = self.stride[0]
        return F.conv2d(x[:, :, ::step, ::step], self.weight)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut: a 1x1 projection with BatchNorm where the shape changes, else nothing."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.shortcut: nn.Module | None = None
        if stride != 1 or before != after:
            self.shortcut = nn.Sequential(Projection(before, after, stride), nn.BatchNorm2d(after))

    def forward(self, x: Tensor) -> Tensor:
        """Features [B, before, h, w] to [B, after, h / stride, w / stride], halves rounded up."""
        # In place is safe: BatchNorm keeps its input for the backward pass, not its output.
        out: Tensor = F.relu(self.bn1(self.conv1(x)), inplace=True)
        out = self.bn2(self.conv2(out))
        out += x if self.shortcut is None else self.shortcut(x)
        return F.relu(out, inplace=True)


def resnet(image: tuple[int, int, int], classes: int, width: int, *, stages: tuple[int, ...]) -> Classifier:
    """A residual network with `stages[i]` blocks of `width * 2**i` channels in stage i.

    The stem is one 3x3 convolution with stride 1 and there is no max-pooling; each stage after the first halves the
    image in its first block. Four stages from 64 channels are the CIFAR form of ResNet-18 and 34 in the lottery ticket
    literature; three stages of n blocks from 16 channels are the (6n+2)-layer networks of He et al. 2016.
    """
    stem = nn.Sequential(
        nn.Conv2d(image[0], width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
    )
    return Classifier(stem, _blocks(width, stages), nn.Linear(width * 2 ** (len(stages) - 1), classes))


def _blocks(width: int, stages: tuple[int, ...]) -> Iterator[ResidualBlock]:
    before = width
    for stage, count in enumerate(stages):
        after = width * 2**stage
        for place in range(count):
            yield ResidualBlock(before, after, stride=2 if stage > 0 and place == 0 else 1)
            before = after
