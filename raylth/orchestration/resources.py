"""Which precision, which share of a GPU and how many at once: settled once per sweep, the same for every worker."""

import math
import os
from collections.abc import Mapping

import ray
import torch

from raylth.errors import BadInput, Unsupported
from raylth.orchestration.evaluators import EvaluatorNeeds
from raylth.spec.schema import ResourceSpec
from raylth.training.precision import supports_bf16
from raylth.trajectory import Precision

FEW_CORES = 4
"""With this many cores or fewer, evaluators reserve none."""

MOST_EVALUATORS = 4


def probe_precision(wanted: str, cpu: float, gpu: float) -> Precision:
    """Resolve `precision` on a worker with a trial's resources: the head of a cluster may have no GPU.

    Raises:
        Unsupported: bf16 was asked for and this device has none.
    """
    has_bf16 = bool(ray.get(ray.remote(_has_bf16).options(num_cpus=cpu, num_gpus=gpu).remote()))
    if wanted == "bf16" and not has_bf16:
        raise Unsupported("precision: bf16 was asked for, but this machine has no bf16 units; use fp32 or auto.")
    if wanted == "fp32" or not has_bf16:
        return "fp32"
    return "bf16"


def check_fits(resources: ResourceSpec, cores: int, gpus: int) -> None:
    """Refuse a trial that is larger than the machine: Ray would wait for more hardware for ever.

    Raises:
        BadInput: it asks for more cores or GPUs than there are.
    """
    if resources.cpu > cores:
        raise BadInput(f"resources.cpu is {resources.cpu:g}, but this machine has {cores} cores.")
    if resources.gpu != "auto" and resources.gpu > gpus:
        raise BadInput(f"resources.gpu is {resources.gpu:g}, but this machine has {gpus} GPUs; use auto, or 0.")


def trial_slots(resources: ResourceSpec, gpu: float, available: Mapping[str, float], trials: int) -> int:
    """Trials that fit on the cluster at once, at least 1."""
    slots = math.floor(available.get("CPU", 1) / resources.cpu)
    if gpu:
        slots = min(slots, math.floor(available.get("GPU", 0) / gpu + 1e-9))
    return max(1, min(slots, trials, resources.max_concurrent or trials))


def evaluator_needs(resources: ResourceSpec, gpu: float, available: Mapping[str, float]) -> EvaluatorNeeds:
    """How many evaluators, and what each reserves."""
    cores = available.get("CPU", 1)
    automatic = max(1, min(MOST_EVALUATORS, int(cores)))
    count = automatic if resources.evaluators == "auto" else resources.evaluators
    return EvaluatorNeeds(count, cpu=0 if cores <= FEW_CORES else 1, gpu=gpu)


def threads_for(cpu: float) -> int:
    """PyTorch threads of a trial: its cores, at least one, so that trials never oversubscribe the machine."""
    return max(1, int(cpu))


def _has_bf16() -> bool:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return supports_bf16(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
