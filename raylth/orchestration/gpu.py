"""`gpu: auto`: as many trials on a GPU as their measured peak memory allows. Not measured on a GPU by its authors."""

import math
from collections.abc import Mapping, Sequence

import ray
import torch

from raylth.orchestration.context import Context, trial_bench
from raylth.seeds import presentations
from raylth.spec.schema import ResourceSpec
from raylth.training.loop import Masking, make_optimiser, train_epoch
from raylth.trials.trial import Trial

HEADROOM = 1.2
"""A share leaves this factor above the peak that one short epoch reached."""

CONTEXT_BYTES = 600 * 2**20
"""What a process takes of a GPU's memory before its first tensor."""


def measured_share(
    resources: ResourceSpec, available: Mapping[str, float], context: Context, trials: Sequence[Trial]
) -> float:
    """The share of a GPU per trial: as the spec says, or by measuring the largest batch of the sweep."""
    if resources.gpu != "auto":
        return resources.gpu
    if not available.get("GPU"):
        return 0.0
    heaviest = max(trials, key=lambda trial: trial.lineage.training.batch_size)
    task = ray.remote(peak_and_total_memory).options(num_cpus=resources.cpu, num_gpus=1)
    return packed_share(*ray.get(task.remote(context, heaviest)))


def packed_share(peak_bytes: int, total_bytes: int) -> float:
    """One over the number of trials of that peak memory that fit on a device, at least one."""
    return 1 / max(1, math.floor(total_bytes / (peak_bytes * HEADROOM + CONTEXT_BYTES)))


def peak_and_total_memory(context: Context, trial: Trial) -> tuple[int, int]:
    """Bytes that one epoch of a trial reaches on this GPU, and that the GPU has."""
    bench, trajectory = trial_bench(context, trial), trial.lineage.trunk
    bench.initial_weights(trial.lineage.initialisation)
    noise = presentations(trajectory.noise, 0, bench.splits.train_images, trajectory.training.augment)
    optimiser = make_optimiser(bench.network, trajectory.training)
    torch.cuda.reset_peak_memory_stats()
    train_epoch(
        bench.network,
        optimiser,
        Masking(bench.network, {}),
        bench.splits.train,
        noise,
        trajectory.training,
        0,
        trajectory.precision,
    )
    return torch.cuda.max_memory_reserved(), torch.cuda.get_device_properties(0).total_memory
