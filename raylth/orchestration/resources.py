"""How many trials and evaluators at once, and what each reserves: settled once per sweep, without starting Ray."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from raylth.errors import BadInput
from raylth.spec.schema import ResourceSpec

FEW_CORES = 4
"""With this many cores or fewer, evaluators reserve none."""

MOST_EVALUATORS = 4


@dataclass(frozen=True)
class EvaluatorNeeds:
    """What each evaluator reserves. No cores where they are few: it then runs beside the trials at low priority."""

    count: int
    cpu: float
    gpu: float


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
