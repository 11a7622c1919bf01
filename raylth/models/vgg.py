"""VGG-16 for small images (Simonyan & Zisserman 2015, configuration D), as the lottery ticket literature uses it."""

from torch import nn

from raylth.models.classifier import Classifier

VGG16 = ((1, 1), (2, 2), (4, 4, 4), (8, 8, 8), (8, 8, 8))
"""Channels of each convolution in units of the width, one tuple per block."""


def vgg16(image: tuple[int, int, int], classes: int, width: int) -> Classifier:
    """Thirteen 3x3 convolutions with BatchNorm in five blocks of `width` times 1, 2, 4, 8 and 8 channels.

    Max-pooling ends the first four blocks; global average pooling and one linear layer replace the fifth pooling and
    the three linear layers of the original (as in Frankle et al. 2020).
    """
    blocks, before = [], image[0]
    for number, multiples in enumerate(VGG16, start=1):
        channels = [width * multiple for multiple in multiples]
        blocks.append(_block(before, channels, halve=number < len(VGG16)))
        before = channels[-1]
    return Classifier(nn.Identity(), blocks, nn.Linear(before, classes))


def _block(before: int, channels: list[int], halve: bool) -> nn.Sequential:
    layers: list[nn.Module] = []
    for after in channels:
        layers += [nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)]
        before = after
    return nn.Sequential(*layers, *([nn.MaxPool2d(2)] if halve else []))
