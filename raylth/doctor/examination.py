"""All checks of one machine, quick ones first, each as soon as it is done."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch

from raylth.doctor.check import Check, guarded
from raylth.doctor.determinism import determinism_check
from raylth.doctor.machine import datasets_check, gpus_check, memory_check, processor_check, versions_check
from raylth.doctor.packing import PackedShare, packing_check
from raylth.doctor.precision import accuracy_check, speed_check
from raylth.doctor.storage import sharing_check, storage_check

SPEED_SECONDS = 2.0


def examine(
    data_root: Path,
    packed_share: PackedShare,
    storage: str | None,
    shared: str | None = None,
    speed_seconds: float = SPEED_SECONDS,
) -> Iterator[Check]:
    """Examine this machine, in about half a minute.

    Args:
        data_root: folder of downloaded data sets.
        packed_share: what a trial takes of a GPU, given its peak memory and the GPU's, in bytes.
        storage: where sweeps write; None skips its checks.
        shared: path in `storage` of a file that another machine keeps there, if its sharing is to be checked.
        speed_seconds: how long each precision's speed is measured.
    """
    for name, check in (*_facts(data_root), *_storage(storage, shared), *_trainings(packed_share, speed_seconds)):
        yield guarded(name, check)


Named = tuple[str, Callable[[], Check]]


def _facts(data_root: Path) -> Iterator[Named]:
    yield "versions", versions_check
    yield "processor", processor_check
    yield "cores", memory_check
    yield "GPUs", gpus_check
    yield "data sets", partial(datasets_check, data_root)


def _storage(storage: str | None, shared: str | None) -> Iterator[Named]:
    if storage is None:
        skipped = Check("storage", "skip", "not checked; name the sweep's storage by --storage")
        yield "storage", lambda: skipped
        return
    yield "storage", partial(storage_check, storage)
    if shared is not None:
        yield "shared storage", partial(sharing_check, storage, shared)


def _trainings(packed_share: PackedShare, speed_seconds: float) -> Iterator[Named]:
    for device in _devices():
        yield f"repeats in fp32 on {device.type}", partial(determinism_check, device, "fp32")
        yield f"repeats in bf16 on {device.type}", partial(determinism_check, device, "bf16")
        yield f"accuracy in bf16 on {device.type}", partial(accuracy_check, device)
        yield f"speed on {device.type}", partial(speed_check, device, speed_seconds)
        yield f"packing on {device.type}", partial(packing_check, device, packed_share)


def _devices() -> list[torch.device]:
    return [torch.device("cpu"), *([torch.device("cuda")] if torch.cuda.is_available() else [])]
