"""Layer-wise linear mode connectivity: barriers when a single layer moves on the line (Adilova et al. 2024)."""

from typing import Literal

import torch

from raylth.evaluation import Measured, Outcome, Passes, measure
from raylth.models import prunable
from raylth.stability.interpolation import alphas, interpolate
from raylth.training.evaluate import evaluate, recompute_batchnorm
from raylth.training.workbench import Workbench
from raylth.trajectory import Inputs, Precision, StateRef

LAYERWISE_VERSION = 1
"""Raise by hand when the same two states would give other numbers."""


class Layerwise(Inputs):
    """The lines from `start` on which one layer's weights go to those of `end` and all others stay.

    BatchNorm statistics are recomputed at every point, because no stored ones fit a network of two trainings.
    """

    kind: Literal["layerwise"] = "layerwise"
    version: int = LAYERWISE_VERSION
    start: StateRef
    end: StateRef
    alphas: int
    train_images: int
    precision: Precision


def measure_layerwise(bench: Workbench, lines: Layerwise, run: str) -> Measured:
    """Test errors by layer: a float64 tensor [alphas] for each prunable weight, under its name.

    Raises:
        ObjectMissing: one of the states has not been published.
    """
    layers = prunable(bench.network, ())

    def work() -> Outcome:
        start, end = bench.store.state(lines.start).weights, bench.store.state(lines.end).weights
        return {name: _errors(bench, lines, start, {**start, name: end[name]}) for name in layers}, {}

    passes = layerwise_passes(lines, len(layers), len(bench.splits.test), bench.splits.train_images)
    return measure(bench.store, lines.key, work, passes.total, bench.splits.device, run)


def layerwise_passes(lines: Layerwise, layers: int, test_images: int, train_images: int) -> Passes:
    """The test set at every alpha of every layer, and the clean images to recompute."""
    points = layers * lines.alphas
    return Passes(points * test_images, points * min(lines.train_images, train_images))


def _errors(
    bench: Workbench, lines: Layerwise, start: dict[str, torch.Tensor], moved: dict[str, torch.Tensor]
) -> torch.Tensor:
    errors = []
    for alpha in alphas(lines.alphas):
        bench.network.load_state_dict(interpolate(start, moved, alpha))
        recompute_batchnorm(bench.network, bench.splits.clean, lines.precision)
        errors.append(1 - evaluate(bench.network, bench.splits.test, lines.precision).accuracy)
    return torch.tensor(errors, dtype=torch.float64)
