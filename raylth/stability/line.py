"""Linear mode connectivity: error and loss on the straight line between two states (paper section 3.2, Figure 1)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from raylth.evaluation import Cost, Measured, Outcome, Passes, measure
from raylth.models.classifier import with_blocks
from raylth.seeds import stream
from raylth.spec.schema import BatchNormReading
from raylth.stability.alignment import aligned
from raylth.stability.barrier import barrier_interval, error_barrier
from raylth.stability.interpolation import alphas, interpolate
from raylth.store import Store
from raylth.training.evaluate import Evaluation, evaluate, recompute_batchnorm
from raylth.training.workbench import Splits
from raylth.trajectory import Inputs, Precision, StateRef

LINE_VERSION = 1
"""Raise by hand when the same two states would give other numbers."""


class Line(Inputs):
    """The straight line between two states and how it is read. For `cross` lines it lives on the union of the masks.

    With `alignment` "weights" the hidden units of the second state are first permuted towards the first. With no
    `train_images` the train side is left out, and BatchNorm cannot be recomputed.
    """

    kind: Literal["line"] = "line"
    version: int = LINE_VERSION
    start: StateRef
    end: StateRef
    alphas: int
    batchnorm: BatchNormReading
    train_images: int
    bootstrap: int
    alignment: Literal["weights"] | None = None
    precision: Precision


@dataclass(frozen=True)
class Curves:
    """Error (1 - accuracy) and loss (nats) at each alpha, float64 [A]: whole test set, and clean training subset.

    The train side is empty, float64 [0], if the line leaves it out.
    """

    alphas: Tensor
    test_error: Tensor
    test_loss: Tensor
    train_error: Tensor
    train_loss: Tensor


@dataclass(frozen=True)
class LineResult:
    """What a line shows: `barrier` is that of the test error, in [0, 1]; `low` and `high` bound it at 95%."""

    curves: Curves
    barrier: float
    low: float
    high: float
    cost: Cost

    def loss_barrier(self) -> float:
        """The barrier of the test loss, in nats; NaN or infinite losses on the line give infinity."""
        return _barrier(self.curves.test_loss)

    def train_barrier(self) -> float:
        """The error barrier on the clean training images."""
        return _barrier(self.curves.train_error)


def measure_line(store: Store, line: Line, network: nn.Module, splits: Splits, run: str) -> Measured:
    """Evaluate a line, or read it if it is in the store already; `line_of` makes sense of what comes back.

    Raises:
        ObjectMissing: one of the two states has not been published.
    """

    def work() -> Outcome:
        start, end = store.state(line.start).weights, store.state(line.end).weights
        if line.alignment is not None:
            end = aligned(with_blocks(network), start, end)
        points = [_point(network, interpolate(start, end, alpha), line, splits) for alpha in alphas(line.alphas)]
        curves, wrong = _curves(line, points), torch.stack([~test.correct for test, _ in points]).cpu()
        generator = stream("bootstrap", images=wrong.shape[1], alphas=line.alphas)
        interval = barrier_interval(wrong, line.bootstrap, generator)
        numbers = {"barrier": _barrier(curves.test_error), "low": interval.low, "high": interval.high}
        return dict(vars(curves)), numbers

    passes = line_passes(line, len(splits.test), len(splits.clean))
    return measure(store, line.key, work, passes.total, splits.device, run)


def line_of(measured: Measured) -> LineResult:
    """A measured line."""
    numbers = measured.numbers
    return LineResult(Curves(**measured.tensors), numbers["barrier"], numbers["low"], numbers["high"], measured.cost)


def line_passes(line: Line, test_images: int, train_images: int) -> Passes:
    """What a line costs on a data set: every alpha over test and clean images, these once more to recompute."""
    clean = min(line.train_images, train_images)
    recomputed = clean if line.batchnorm == "recomputed" else 0
    return Passes(line.alphas * (test_images + clean), line.alphas * recomputed)


def _point(
    network: nn.Module, weights: Mapping[str, Tensor], line: Line, splits: Splits
) -> tuple[Evaluation, Evaluation | None]:
    network.load_state_dict(weights)
    if line.batchnorm == "recomputed":
        recompute_batchnorm(network, splits.clean, line.precision)
    train = evaluate(network, splits.clean, line.precision) if line.train_images else None
    return evaluate(network, splits.test, line.precision), train


def _curves(line: Line, points: Sequence[tuple[Evaluation, Evaluation | None]]) -> Curves:
    test, train = zip(*points, strict=True)
    return Curves(
        alphas=torch.tensor(alphas(line.alphas), dtype=torch.float64),
        test_error=_column(1 - evaluation.accuracy for evaluation in test),
        test_loss=_column(evaluation.loss for evaluation in test),
        train_error=_column(1 - evaluation.accuracy for evaluation in train if evaluation is not None),
        train_loss=_column(evaluation.loss for evaluation in train if evaluation is not None),
    )


def _column(values: Iterable[float]) -> Tensor:
    return torch.tensor(list(values), dtype=torch.float64)


def _barrier(values: Tensor) -> float:
    if not torch.isfinite(values).all():
        return float("inf")
    return error_barrier(values.tolist())
