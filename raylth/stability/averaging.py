"""The average of siblings' weights, which is as good as they are where training is stable (Wortsman et al. 2022)."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from raylth.evaluation import Measured, Outcome, Passes, measure
from raylth.spec.schema import BatchNormReading
from raylth.training.evaluate import evaluate, recompute_batchnorm
from raylth.training.workbench import Workbench
from raylth.trajectory import Inputs, Precision, StateRef

AVERAGE_VERSION = 1
"""Raise by hand when the same states would give other numbers."""


class Average(Inputs):
    """The mean of some states; BatchNorm statistics are averaged as weights are, or recomputed."""

    kind: Literal["average"] = "average"
    version: int = AVERAGE_VERSION
    states: tuple[StateRef, ...]
    batchnorm: BatchNormReading
    train_images: int
    precision: Precision


def measure_average(bench: Workbench, average: Average, run: str) -> Measured:
    """Test accuracy and loss of the average, and the mean test accuracy of its members as they are.

    Raises:
        ObjectMissing: one of the states has not been published.
    """

    def work() -> Outcome:
        members = [bench.store.state(ref).weights for ref in average.states]
        alone = []
        for member in members:
            bench.network.load_state_dict(member)
            alone.append(evaluate(bench.network, bench.splits.test, average.precision).accuracy)
        bench.network.load_state_dict(averaged(members))
        if average.batchnorm == "recomputed":
            recompute_batchnorm(bench.network, bench.splits.clean, average.precision)
        found = evaluate(bench.network, bench.splits.test, average.precision)
        return {}, {
            "test_accuracy": found.accuracy,
            "test_loss": found.loss,
            "members_test_accuracy": sum(alone) / len(alone),
        }

    passes = average_passes(average, len(bench.splits.test), bench.splits.train_images)
    return measure(bench.store, average.key, work, passes.total, bench.splits.device, run)


def average_passes(average: Average, test_images: int, train_images: int) -> Passes:
    """The test set for the average and each member, and clean images to recompute."""
    clean = min(average.train_images, train_images) if average.batchnorm == "recomputed" else 0
    return Passes((len(average.states) + 1) * test_images, clean)


def averaged(states: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of state dicts of the same names and shapes; integer buffers are those of the first."""
    return {name: _mean([state[name] for state in states]) for name in states[0]}


def _mean(tensors: list[Tensor]) -> Tensor:
    if not tensors[0].is_floating_point():
        return tensors[0].clone()
    return torch.stack(tensors).double().mean(0).to(tensors[0].dtype)
