"""An evaluation: something measured on stored states, kept in the store under the key of its inputs."""

import json
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from raylth.store import Store
from raylth.training.workbench import device_name

Outcome = tuple[Mapping[str, Tensor], Mapping[str, float]]
"""What an evaluation found: tensors and numbers by name."""


@dataclass(frozen=True)
class Passes:
    """The size of an evaluation in forward passes of single images: to evaluate, and to recompute BatchNorm."""

    evaluated: int
    recomputed: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.evaluated + self.recomputed


@dataclass(frozen=True)
class Cost:
    """Wall-clock provenance of an evaluation; `images` counts forward passes of single images."""

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
class Measured:
    """An evaluation as it is stored."""

    tensors: Mapping[str, Tensor]
    numbers: Mapping[str, float]
    cost: Cost


def measure(
    store: Store, key: str, work: Callable[[], Outcome], images: int, device: torch.device, run: str
) -> Measured:
    """Do the work, or read what it once found.

    Args:
        store: where results are kept.
        key: of everything that determines the result.
        work: finds it.
        images: forward passes of single images that the work takes.
        device: where it is done.
        run: for the provenance.
    """
    known = read_measured(store, key)
    if known is not None:
        return known
    began, began_cpu = time.perf_counter(), time.process_time()
    tensors, numbers = work()
    cost = Cost(
        run=run,
        seconds=time.perf_counter() - began,
        core_seconds=time.process_time() - began_cpu,
        images=images,
        device=device_name(device),
        threads=torch.get_num_threads(),
        host=platform.node(),
        torch=str(torch.__version__),
        finished_at=time.time(),
    )
    metadata = {"numbers": json.dumps(dict(numbers)), "cost": json.dumps(asdict(cost))}
    store.put_evaluation(key, {name: tensor.contiguous() for name, tensor in tensors.items()}, metadata)
    return Measured(tensors, numbers, cost)


def read_measured(store: Store, key: str) -> Measured | None:
    """What is stored under a key, or None."""
    stored = store.evaluation(key)
    if stored is None:
        return None
    tensors, metadata = stored
    return Measured(tensors, json.loads(metadata["numbers"]), Cost(**json.loads(metadata["cost"])))
