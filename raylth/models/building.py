"""From a model's spec to a network whose weights are yet to be set."""

from difflib import get_close_matches

import torch
from torch import nn

from raylth.errors import BadInput
from raylth.models.known import ARCHITECTURES, Architecture
from raylth.models.own import build_own, is_own
from raylth.spec.schema import ModelSpec


def build(spec: ModelSpec, image_shape: tuple[int, int, int], classes: int, allow_import: bool = False) -> nn.Module:
    """The network of `spec` for images of `image_shape` = (channels, height, width); its weights are undefined.

    The global random streams are left as they were: `initialise` or a stored state sets the weights. A class of the
    user's own is called as `Name(image_shape, classes)`, and only with `allow_import`. Raises BadInput for an unknown
    name, a width where the architecture has none, and images that are too small.
    """
    if is_own(spec.name):
        return build_own(spec, image_shape, classes, allow_import)
    architecture = _find(spec.name)
    _check_size(spec.name, architecture, image_shape)
    width = _width(spec, architecture)
    # On the meta device PyTorch's own initialisation costs nothing and draws nothing.
    with torch.device("meta"):
        network = architecture.make(image_shape, classes, *width)
    # `Module.to_empty` would import PyTorch's symbolic shapes first, which takes a new process most of a second.
    undefined = {name: torch.empty(values.shape, dtype=values.dtype) for name, values in network.state_dict().items()}
    network.load_state_dict(undefined, assign=True)
    return network


def _find(name: str) -> Architecture:
    if name in ARCHITECTURES:
        return ARCHITECTURES[name]
    nearest = get_close_matches(name.lower(), ARCHITECTURES, n=1, cutoff=0)[0]
    raise BadInput(
        f"model.name `{name}` is no known architecture; the nearest is `{nearest}`. "
        f"Known are {', '.join(ARCHITECTURES)}; a class of your own is written `package.module:Name`."
    )


def _check_size(name: str, architecture: Architecture, image_shape: tuple[int, int, int]) -> None:
    _, height, width = image_shape
    if min(height, width) < architecture.smallest:
        least = architecture.smallest
        raise BadInput(
            f"model.name `{name}` needs images of {least}x{least} pixels or more, but these have {height}x{width}; "
            f"lower data.pool or choose another model, such as `resnet8`."
        )


def _width(spec: ModelSpec, architecture: Architecture) -> tuple[int, ...]:
    if architecture.width is None and spec.width is not None:
        raise BadInput(f"model.width cannot be set for `{spec.name}`, whose sizes are fixed; remove it.")
    return () if architecture.width is None else (spec.width or architecture.width,)
