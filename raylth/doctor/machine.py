"""What is installed here, and on which machine."""

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil
import torch

from raylth.data import describe, known_datasets
from raylth.doctor.check import Check
from raylth.training.workbench import device_name

NEEDED = ("torch", "torchvision", "ray", "pyarrow", "optuna")

ALIKE = ("versions", "processor", "GPUs")
"""Checks whose details must be equal on two nodes for their results to be equal to the bit."""


def versions_check() -> Check:
    """Versions of raylth, Python and the packages that results or communication depend on."""
    found = {name: _version(name) for name in NEEDED}
    missing = [name for name, number in found.items() if number is None]
    if missing:
        return Check("versions", "fail", f"not installed: {', '.join(missing)}; install raylth anew with pip")
    listed = [f"{name} {number}" for name, number in found.items()]
    own = _version("raylth") or "(not installed, from source)"
    return Check("versions", "pass", ", ".join([f"raylth {own}", f"Python {platform.python_version()}", *listed]))


def processor_check() -> Check:
    """The model of CPU, on which the last bits of a result depend."""
    return Check("processor", "pass", device_name(torch.device("cpu")) or platform.machine())


def memory_check() -> Check:
    """How many cores this process may use, and the machine's memory."""
    memory = psutil.virtual_memory()
    detail = f"{count(cores(), 'core')}, {memory.total / 1e9:.1f} GB of memory, {memory.available / 1e9:.1f} GB free"
    return Check("cores", "pass", detail)


def gpus_check() -> Check:
    """Names and memory of the GPUs that PyTorch can use."""
    properties = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
    if not properties:
        return Check("GPUs", "skip", "PyTorch sees none; trials train on CPU cores")
    return Check("GPUs", "pass", ", ".join(f"{gpu.name} ({gpu.total_memory / 1e9:.1f} GB)" for gpu in properties))


def datasets_check(root: Path) -> Check:
    """Which known data sets are on this machine, with `root` as the folder of downloaded ones."""
    found = {name: describe(name, root).found is not None for name in known_datasets()}
    here = [name for name, is_here in found.items() if is_here]
    away = [name for name, is_here in found.items() if not is_here]
    detail = f"here: {', '.join(here) or 'none'}"
    if away:
        detail += f"; not here: {', '.join(away)} (`raylth data list` says how to get them)"
    return Check("data sets", "pass" if here else "warn", detail)


def agreement(nodes: Mapping[str, Sequence[Check]]) -> Check:
    """Whether the nodes that answered have the same versions and hardware: then any of them may run a trial."""
    found = [{check.name: check.detail for check in checks if check.name in ALIKE} for checks in nodes.values()]
    answers = [details for details in found if details]
    if not answers:
        return Check("nodes agree", "skip", "no node answered")
    differing = [name for name in ALIKE if len({details.get(name) for details in answers}) > 1]
    if not differing:
        return Check("nodes agree", "pass", f"{count(len(answers), 'node')} with the same versions and hardware")
    detail = f"nodes differ in {' and '.join(differing)}; their results are equal statistically, not to the last bit"
    return Check("nodes agree", "warn", detail)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def count(number: int, noun: str) -> str:
    """`1 core`, `2 cores`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
