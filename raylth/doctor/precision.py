"""bf16 against fp32: what it brings, and what it costs."""

import time
from typing import NamedTuple

import torch

from raylth.doctor.check import Check
from raylth.doctor.rehearsal import fresh_network, one_thread, random_images, train_digits, train_once
from raylth.training.precision import supports_bf16
from raylth.trajectory import Precision

CPU_IMAGES, GPU_IMAGES = 256, 8192
"""Images per epoch, for an epoch of about a second on a slow device and not too short a one on a fast device."""

WIDTH, EPOCHS = 16, 5

LARGEST_LOSS = 0.05
"""Two runs of the same precision differ by up to 2 points in these few epochs; a broken one loses tens."""


class Speeds(NamedTuple):
    """Images per second of training; `bf16` is None where it is not supported."""

    fp32: float
    bf16: float | None


def speed_check(device: torch.device, seconds: float) -> Check:
    """Training speed of a ResNet-20 on one device, measured for about `seconds` in each precision."""
    return speed_verdict(device, measure_speeds(device, seconds))


def speed_verdict(device: torch.device, speeds: Speeds) -> Check:
    """What the speeds mean for `precision` in a spec."""
    name = f"speed on {device.type}"
    place = "on one thread" if device.type == "cpu" else "with one trial on the GPU"
    shown = f"ResNet-20, 32x32 images, batches of 128, {place}: fp32 {speeds.fp32:,.0f} images/s"
    if speeds.bf16 is None:
        return Check(name, "pass", f"{shown}; no bf16 units here, so `precision: auto` is fp32")
    shown = f"{shown}, bf16 {speeds.bf16:,.0f} images/s ({speeds.bf16 / speeds.fp32:.1f} times)"
    if speeds.bf16 < speeds.fp32:
        return Check(name, "warn", f"{shown}; `precision: auto` is bf16 here, `precision: fp32` is quicker")
    return Check(name, "pass", shown)


def accuracy_check(device: torch.device) -> Check:
    """Test accuracy after a few epochs on the digits in both precisions, from the same start with the same noise."""
    name = f"accuracy in bf16 on {device.type}"
    if not supports_bf16(device):
        return Check(name, "skip", "no bf16 units here")
    fp32, bf16 = (_accuracy(device, precision) for precision in ("fp32", "bf16"))
    points = 100 * (bf16 - fp32)
    detail = (
        f"{100 * bf16:.1f}% against {100 * fp32:.1f}% in fp32 ({points:+.1f} points) after {EPOCHS} epochs on digits"
    )
    if fp32 - bf16 > LARGEST_LOSS:
        return Check(name, "fail", f"{detail}; set `precision: fp32` on this machine")
    return Check(name, "pass", detail)


def measure_speeds(device: torch.device, seconds: float) -> Speeds:
    """Train for about `seconds` in each precision that the device supports."""
    bf16 = _images_per_second(device, "bf16", seconds) if supports_bf16(device) else None
    return Speeds(_images_per_second(device, "fp32", seconds), bf16)


def _images_per_second(device: torch.device, precision: Precision, seconds: float) -> float:
    split = random_images(CPU_IMAGES if device.type == "cpu" else GPU_IMAGES, device)
    network, images = fresh_network("resnet20", device), 0
    with one_thread():
        # The first epoch is slower: kernels are chosen and memory is taken.
        train_once(network, split, precision)
        began = time.perf_counter()
        while (passed := time.perf_counter() - began) < seconds or not images:
            train_once(network, split, precision)
            images += len(split)
    return images / passed


def _accuracy(device: torch.device, precision: Precision) -> float:
    return float(train_digits(device, precision, WIDTH, EPOCHS).telemetry.test_accuracy[-1])
