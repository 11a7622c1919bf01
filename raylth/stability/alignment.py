"""Permutation alignment: the order of hidden units that brings one network closest to another (weight matching).

Ainsworth et al. 2023, algorithm 1: units of a hidden layer can be permuted without changing the network, so a barrier
may be no more than two orders of the same units. Each layer's best order, with the others held, is a linear assignment.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from raylth.errors import Unsupported
from raylth.models.classifier import Classifier
from raylth.models.resnet import ResidualBlock

ROUNDS = 100
"""Passes over all groups at most; matching ends far sooner, when no group changes any more."""


@dataclass(frozen=True)
class Group:
    """Hidden units that must be permuted together: `size` of them, along an axis of each tensor named.

    The axis may hold several entries in a row per unit, as after flattening.
    """

    size: int
    axes: list[tuple[str, int]]


def aligned(network: Classifier, a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """State `b` with its hidden units permuted towards `a`: the same function in another order.

    Raises:
        Unsupported: the network has modules whose units are not known.
    """
    current, groups = dict(b), permutation_groups(network)
    for _ in range(ROUNDS):
        changed = [_improve(group, a, current) for group in groups]
        if not any(changed):
            break
    return current


def permutation_groups(network: Classifier) -> list[Group]:
    """The hidden units of a network, layer by layer; both branches of a residual block belong to one group.

    Raises:
        Unsupported: the network has modules whose units are not known.
    """
    groups: list[Group] = []
    stream: Group | None = None
    for name, module in [("stem", network.stem), *((f"blocks.{i}", block) for i, block in enumerate(network.blocks))]:
        stream = _walk(name, module, stream, groups)
    if stream is not None:
        stream.axes.append(("classifier.weight", 1))
    return groups


def permuted_state(state: Mapping[str, Tensor], group: Group, order: Tensor) -> dict[str, Tensor]:
    """The state with the units of one group in another order, int64 [size]."""
    moved = {name: _take(state[name], axis, order, group.size) for name, axis in group.axes}
    return {**state, **moved}


def _walk(name: str, module: nn.Module, stream: Group | None, groups: list[Group]) -> Group | None:
    """Note what a module does to the units that flow in; returns those that flow out."""
    match module:
        case ResidualBlock():
            return _residual(name, module, stream, groups)
        case nn.Sequential():
            for child, inner in module.named_children():
                stream = _walk(f"{name}.{child}", inner, stream, groups)
            return stream
        case nn.Conv2d() | nn.Linear():
            return _layer(name, module, stream, groups)
        case nn.BatchNorm1d() | nn.BatchNorm2d():
            _norm(name, stream)
            return stream
        case nn.ReLU() | nn.MaxPool2d() | nn.Flatten() | nn.Identity():
            return stream
        case _:
            raise Unsupported(f"module {name} is a {type(module).__name__}, whose hidden units cannot be aligned.")


def _residual(name: str, block: ResidualBlock, stream: Group | None, groups: list[Group]) -> Group:
    inner = _layer(f"{name}.conv1", block.conv1, stream, groups)
    _norm(f"{name}.bn1", inner)
    if block.shortcut is None:
        assert stream is not None
        out = stream
        inner.axes.append((f"{name}.conv2.weight", 1))
        out.axes.append((f"{name}.conv2.weight", 0))
    else:
        out = _layer(f"{name}.conv2", block.conv2, inner, groups)
        out.axes.append((f"{name}.shortcut.0.weight", 0))
        if stream is not None:
            stream.axes.append((f"{name}.shortcut.0.weight", 1))
        _norm(f"{name}.shortcut.1", out)
    _norm(f"{name}.bn2", out)
    return out


def _layer(name: str, layer: nn.Conv2d | nn.Linear, stream: Group | None, groups: list[Group]) -> Group:
    if stream is not None:
        stream.axes.append((f"{name}.weight", 1))
    group = Group(len(layer.weight), [(f"{name}.weight", 0)])
    if layer.bias is not None:
        group.axes.append((f"{name}.bias", 0))
    groups.append(group)
    return group


def _norm(name: str, stream: Group | None) -> None:
    if stream is not None:
        stream.axes.extend((f"{name}.{part}", 0) for part in ("weight", "bias", "running_mean", "running_var"))


def _improve(group: Group, a: Mapping[str, Tensor], current: dict[str, Tensor]) -> bool:
    """Bring one group into its best order, with the others as they are; whether that was another one."""
    likeness = sum(_likeness(a[name], current[name], axis, group.size) for name, axis in _weights(group.axes))
    assert isinstance(likeness, Tensor)
    # Imported late: it takes half a second, which every process of a sweep would pay.
    from scipy.optimize import linear_sum_assignment

    _, columns = linear_sum_assignment(likeness.numpy(), maximize=True)
    order = torch.from_numpy(columns)
    gain = likeness.gather(1, order[:, None]).sum() - likeness.trace()
    if gain <= 1e-9 * likeness.abs().sum():
        return False
    current.update(permuted_state(current, group, order))
    return True


def _weights(axes: Sequence[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """What is compared; statistics of activations are only carried along."""
    return ((name, axis) for name, axis in axes if "running_" not in name)


def _likeness(a: Tensor, b: Tensor, axis: int, size: int) -> Tensor:
    """Inner products of every unit of `a` with every unit of `b`: float64 [size, size]."""
    one, other = (each.double().movedim(axis, 0).reshape(size, -1) for each in (a, b))
    return one @ other.T


def _take(tensor: Tensor, axis: int, order: Tensor, size: int) -> Tensor:
    moved = tensor.movedim(axis, 0)
    in_rows = moved.reshape(size, -1, *moved.shape[1:])[order].reshape(moved.shape)
    return in_rows.movedim(0, axis).contiguous()
