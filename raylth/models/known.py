"""The architectures that raylth knows by name. A new one is a file with its function, and a line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from raylth.models.classifier import Classifier
from raylth.models.lenet import lenet5, lenet300100
from raylth.models.resnet import resnet
from raylth.models.vgg import vgg16


@dataclass(frozen=True)
class Architecture:
    """How to make one network.

    `make(image, classes, width)` gives the network, for an image's (channels, height, width) in pixels; it takes no
    width where `width`, the channels of the first stage, is None. `smallest` is the fewest pixels an image may have on
    a side.
    """

    description: str
    make: Callable[..., Classifier]
    width: int | None
    smallest: int = 1


class KnownModel(NamedTuple):
    """What a person needs to choose an architecture."""

    name: str
    description: str


ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {
        "resnet8": Architecture("3 residual blocks, 16 to 64 channels", partial(resnet, stages=(1, 1, 1)), 16),
        "resnet20": Architecture("9 residual blocks, 16 to 64 channels", partial(resnet, stages=(3, 3, 3)), 16),
        "resnet32": Architecture("15 residual blocks, 16 to 64 channels", partial(resnet, stages=(5, 5, 5)), 16),
        "resnet56": Architecture("27 residual blocks, 16 to 64 channels", partial(resnet, stages=(9, 9, 9)), 16),
        "resnet18": Architecture("8 residual blocks, 64 to 512 channels", partial(resnet, stages=(2, 2, 2, 2)), 64),
        "resnet34": Architecture("16 residual blocks, 64 to 512 channels", partial(resnet, stages=(3, 4, 6, 3)), 64),
        "vgg16": Architecture("13 convolutions with BatchNorm, 64 to 512 channels", vgg16, 64, smallest=16),
        "lenet300100": Architecture("300 and 100 fully connected units", lenet300100, None),
        "lenet5": Architecture("2 convolutions and 500 units, without BatchNorm", lenet5, None, smallest=16),
    }
)


def known_models() -> tuple[KnownModel, ...]:
    """Every architecture's name and a one-line description."""
    return tuple(KnownModel(name, architecture.description) for name, architecture in ARCHITECTURES.items())
