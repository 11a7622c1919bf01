"""How many trials fit on a device at once."""

from collections.abc import Callable

import psutil
import torch

from raylth.doctor.check import Check
from raylth.doctor.machine import cores, count
from raylth.doctor.rehearsal import fresh_network, random_images, train_once
from raylth.training.precision import supports_bf16
from raylth.trajectory import Precision

PackedShare = Callable[[int, int], float]
"""The share of a GPU per trial, from a trial's peak memory and the GPU's memory in bytes."""

GPU_IMAGES = 512


def packing_check(device: torch.device, packed_share: PackedShare) -> Check:
    """Trials at once: by memory on a GPU, by cores on a CPU."""
    return gpu_packing(device, packed_share) if device.type == "cuda" else cpu_packing(cores(), *_memory())


def cpu_packing(trials: int, free_bytes: int, used_bytes: int) -> Check:
    """One trial per core, if the memory is enough for processes like this one (`used_bytes`)."""
    shown = (
        f"{count(trials, 'trial')} at once with `cpu: 1`, {free_bytes / trials / 1e9:.1f} GB of free memory for each"
    )
    if free_bytes < trials * used_bytes:
        fitting = max(1, free_bytes // used_bytes)
        detail = f"{shown}, but even this process takes {used_bytes / 1e9:.1f} GB"
        return Check("packing on cpu", "warn", f"{detail}; set `resources.max_concurrent: {fitting}`")
    return Check("packing on cpu", "pass", shown)


def gpu_packing(device: torch.device, packed_share: PackedShare) -> Check:
    """Trials of a ResNet-18 per GPU, by the peak memory of a short epoch. Not measured by raylth's authors on a GPU."""
    torch.cuda.reset_peak_memory_stats(device)
    train_once(fresh_network("resnet18", device), random_images(GPU_IMAGES, device), _precision(device))
    peak, total = torch.cuda.max_memory_reserved(device), torch.cuda.get_device_properties(device).total_memory
    trials = round(1 / packed_share(peak, total))
    detail = f"{count(trials, 'trial')} of a ResNet-18 at once (32x32 images, batches of 128): {peak / 1e9:.1f} GB each"
    return Check("packing on cuda", "pass", f"{detail}, of {total / 1e9:.1f} GB; `gpu: auto` measures your own model")


def _memory() -> tuple[int, int]:
    return psutil.virtual_memory().available, psutil.Process().memory_info().rss


def _precision(device: torch.device) -> Precision:
    return "bf16" if supports_bf16(device) else "fp32"
