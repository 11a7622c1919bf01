"""Whether a training repeats to the bit on this machine: resuming and sharing rest on that."""

import torch

from raylth.doctor.check import Check
from raylth.doctor.rehearsal import train_digits
from raylth.state import State
from raylth.training.precision import supports_bf16
from raylth.trajectory import Precision

WIDTH, EPOCHS = 4, 2


def determinism_check(device: torch.device, precision: Precision) -> Check:
    """Train the same tiny network twice and compare all weights and BatchNorm statistics, bit by bit."""
    name = f"repeats in {precision} on {device.type}"
    if precision == "bf16" and not supports_bf16(device):
        return Check(name, "skip", "no bf16 units here")
    first, second = (train_digits(device, precision, WIDTH, EPOCHS) for _ in range(2))
    differing = _differing(first, second)
    if not differing:
        return Check(
            name, "pass", f"two equal trainings on one thread ended in equal weights ({len(first.weights)} tensors)"
        )
    gap = max(_gap(first, second, tensor) for tensor in differing)
    detail = f"{len(differing)} of {len(first.weights)} tensors differ between two equal trainings, by up to {gap:.1g}"
    return Check(name, "fail", f"{detail}; resumed sweeps will not repeat to the bit here")


def _differing(first: State, second: State) -> list[str]:
    return [name for name, tensor in first.weights.items() if not torch.equal(tensor, second.weights[name])]


def _gap(first: State, second: State, name: str) -> float:
    return float((first.weights[name].double() - second.weights[name].double()).abs().max())
