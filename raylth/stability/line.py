"""Linear mode connectivity: error and loss on the straight line between two states (paper section 3.2, Figure 1)."""

import json
import platform
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from raylth.seeds import stream
from raylth.spec.schema import BatchNormReading
from raylth.stability.barrier import barrier_interval, error_barrier
from raylth.stability.interpolation import alphas, interpolate
from raylth.store import Store
from raylth.training.evaluate import Evaluation, evaluate, recompute_batchnorm
from raylth.training.workbench import Splits, device_name
from raylth.trajectory import Inputs, Precision, StateRef

LINE_VERSION = 1
"""Raise by hand when the same two states would give other numbers."""


class Line(Inputs):
    """The straight line between two states and how it is read. For `cross` lines it lives on the union of the masks."""

    kind: Literal["line"] = "line"
    version: int = LINE_VERSION
    start: StateRef
    end: StateRef
    alphas: int
    batchnorm: BatchNormReading
    train_images: int
    bootstrap: int
    precision: Precision


@dataclass(frozen=True)
class LineCost:
    """Wall-clock provenance of one line."""

    run: str
    seconds: float
    core_seconds: float
    images: int
    device: str
    threads: int
    host: str
    torch: str
    finished_at: float


@dataclass(frozen=True)
class Curves:
    """Error (1 - accuracy) and loss (nats) at each alpha, float64 [A]: whole test set, and clean training subset."""

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
    cost: LineCost

    def loss_barrier(self) -> float:
        """The barrier of the test loss, in nats; NaN or infinite losses on the line give infinity."""
        return _barrier(self.curves.test_loss)

    def train_barrier(self) -> float:
        """The error barrier on the clean training images."""
        return _barrier(self.curves.train_error)


def line_result(store: Store, line: Line, network: nn.Module, splits: Splits, run: str) -> LineResult:
    """Evaluate a line, or read it if it is in the store already.

    Raises:
        ObjectMissing: one of the two states has not been published.
    """
    known = read_line(store, line)
    if known is not None:
        return known
    began, began_cpu = time.perf_counter(), time.process_time()
    start, end = store.state(line.start).weights, store.state(line.end).weights
    points = [_point(network, interpolate(start, end, alpha), line, splits) for alpha in alphas(line.alphas)]
    curves, wrong = _curves(line, points), torch.stack([~test.correct for test, _ in points]).cpu()
    generator = stream("bootstrap", images=wrong.shape[1], alphas=line.alphas)
    interval = barrier_interval(wrong, line.bootstrap, generator)
    cost = _cost(run, time.perf_counter() - began, time.process_time() - began_cpu, line, splits)
    result = LineResult(curves, _barrier(curves.test_error), interval.low, interval.high, cost)
    _write_line(store, line, result)
    return result


def read_line(store: Store, line: Line) -> LineResult | None:
    """The stored result of a line, or None."""
    stored = store.evaluation(line.key)
    if stored is None:
        return None
    tensors, metadata = stored
    numbers, cost = json.loads(metadata["numbers"]), LineCost(**json.loads(metadata["cost"]))
    return LineResult(Curves(**tensors), numbers["barrier"], numbers["low"], numbers["high"], cost)


def _write_line(store: Store, line: Line, result: LineResult) -> None:
    numbers = {"barrier": result.barrier, "low": result.low, "high": result.high}
    metadata = {"numbers": json.dumps(numbers), "cost": json.dumps(asdict(result.cost))}
    store.put_evaluation(line.key, dict(vars(result.curves)), metadata)


def line_images(line: Line, test_images: int, clean_images: int) -> int:
    """Forward passes of single images that a line takes: the cost that a plan counts."""
    recompute = clean_images if line.batchnorm == "recomputed" else 0
    return line.alphas * (test_images + clean_images + recompute)


def _point(
    network: nn.Module, weights: Mapping[str, Tensor], line: Line, splits: Splits
) -> tuple[Evaluation, Evaluation]:
    network.load_state_dict(weights)
    if line.batchnorm == "recomputed":
        recompute_batchnorm(network, splits.clean, line.precision)
    return evaluate(network, splits.test, line.precision), evaluate(network, splits.clean, line.precision)


def _curves(line: Line, points: Sequence[tuple[Evaluation, Evaluation]]) -> Curves:
    test, train = zip(*points, strict=True)
    return Curves(
        alphas=torch.tensor(alphas(line.alphas), dtype=torch.float64),
        test_error=_column(1 - evaluation.accuracy for evaluation in test),
        test_loss=_column(evaluation.loss for evaluation in test),
        train_error=_column(1 - evaluation.accuracy for evaluation in train),
        train_loss=_column(evaluation.loss for evaluation in train),
    )


def _column(values: Iterable[float]) -> Tensor:
    return torch.tensor(list(values), dtype=torch.float64)


def _barrier(values: Tensor) -> float:
    if not torch.isfinite(values).all():
        return float("inf")
    return error_barrier(values.tolist())


def _cost(run: str, seconds: float, core_seconds: float, line: Line, splits: Splits) -> LineCost:
    return LineCost(
        run=run,
        seconds=seconds,
        core_seconds=core_seconds,
        images=line_images(line, len(splits.test), len(splits.clean)),
        device=device_name(splits.device),
        threads=torch.get_num_threads(),
        host=platform.node(),
        torch=str(torch.__version__),
        finished_at=time.time(),
    )
