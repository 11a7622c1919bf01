"""The loss plane through three solutions (paper Figure 2; Garipov et al. 2018, section 3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from raylth.evaluation import Measured, Outcome, Passes, measure
from raylth.training.evaluate import evaluate
from raylth.training.workbench import Workbench
from raylth.trajectory import Inputs, Precision, StateRef

PLANE_VERSION = 1
"""Raise by hand when the same three states would give other numbers."""

MARGIN = 0.25
"""What the grid shows beyond the triangle, as a share of its extent on each side."""


class Plane(Inputs):
    """A grid of points on the plane through three states; BatchNorm statistics lie on the plane as weights do."""

    kind: Literal["plane"] = "plane"
    version: int = PLANE_VERSION
    corners: tuple[StateRef, StateRef, StateRef]
    points: int
    precision: Precision


@dataclass(frozen=True)
class Axes:
    """An orthonormal basis of the plane: a point is `origin + x * first + y * second`, lengths in weight space."""

    origin: Mapping[str, Tensor]
    first: Mapping[str, Tensor]
    second: Mapping[str, Tensor]
    corners: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]


def measure_plane(bench: Workbench, plane: Plane, run: str) -> Measured:
    """Test error and loss on a grid: tensors `x`, `y`, `test_error`, `test_loss` [points^2], and `corners` [3, 2].

    Raises:
        ObjectMissing: one of the states has not been published.
        ValueError: the three states lie on one line.
    """

    def work() -> Outcome:
        axes = plane_axes([bench.store.state(corner).weights for corner in plane.corners])
        corners = torch.tensor(axes.corners, dtype=torch.float64)
        x, y = _grid(corners, plane.points)
        errors, losses = [], []
        for point in zip(x.tolist(), y.tolist(), strict=True):
            bench.network.load_state_dict(at(axes, *point))
            found = evaluate(bench.network, bench.splits.test, plane.precision)
            errors.append(1 - found.accuracy)
            losses.append(found.loss)
        columns = {"test_error": errors, "test_loss": losses}
        tensors = {name: torch.tensor(values, dtype=torch.float64) for name, values in columns.items()}
        return {"x": x, "y": y, "corners": corners, **tensors}, {}

    passes = plane_passes(plane, len(bench.splits.test))
    return measure(bench.store, plane.key, work, passes.total, bench.splits.device, run)


def plane_passes(plane: Plane, test_images: int) -> Passes:
    """The test set at every point."""
    return Passes(plane.points**2 * test_images)


def plane_axes(states: list[dict[str, Tensor]]) -> Axes:
    """The basis by Gram and Schmidt: the first corner is the origin, the second lies on the first axis.

    Raises:
        ValueError: the three states lie on one line.
    """
    a, b, c = ({name: tensor.double() for name, tensor in _floating(state).items()} for state in states)
    u, v = _minus(b, a), _minus(c, a)
    width = _dot(u, u) ** 0.5
    along = _dot(u, v) / width if width else 0.0
    beside = {name: v[name] - u[name] * (along / width) for name in v} if width else v
    height = _dot(beside, beside) ** 0.5
    if width == 0 or height <= 1e-9 * max(width, abs(along)):
        raise ValueError("three states on one line span no plane.")
    first = {name: tensor / width for name, tensor in u.items()}
    second = {name: tensor / height for name, tensor in beside.items()}
    return Axes({**states[0], **a}, first, second, ((0.0, 0.0), (width, 0.0), (along, height)))


def at(axes: Axes, x: float, y: float) -> dict[str, Tensor]:
    """The state at a point of the plane; integer buffers are those of the first corner."""
    moved = {name: axes.origin[name] + x * axes.first[name] + y * axes.second[name] for name in axes.first}
    return {name: moved[name].float() if name in moved else tensor for name, tensor in axes.origin.items()}


def _grid(corners: Tensor, points: int) -> tuple[Tensor, Tensor]:
    low, high = corners.min(0).values, corners.max(0).values
    edges = [
        torch.linspace(float(a - MARGIN * (b - a)), float(b + MARGIN * (b - a)), points, dtype=torch.float64)
        for a, b in zip(low, high, strict=True)
    ]
    y, x = torch.meshgrid(edges[1], edges[0], indexing="ij")
    return x.flatten().contiguous(), y.flatten().contiguous()


def _floating(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in state.items() if tensor.is_floating_point()}


def _minus(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: a[name] - b[name] for name in a}


def _dot(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> float:
    return float(sum((a[name] * b[name]).sum() for name in a))
