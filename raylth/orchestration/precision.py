"""Which precision: settled once per sweep on a worker, and the same for every trial."""

import os

import ray
import torch

from raylth.errors import Unsupported
from raylth.training.precision import supports_bf16
from raylth.trajectory import Precision


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


def _has_bf16() -> bool:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return supports_bf16(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
