"""CIFAR-10 and CIFAR-100 from their binary versions; the Python versions are pickles, which could run code."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from raylth.data.dataset import Dataset, Split, make_dataset
from raylth.errors import DataCorrupt

_PIXELS = 3 * 32 * 32
_LARGEST = 2**28  # bytes per file; the largest real one has 153.7 million


def read_cifar10(directory: Path) -> Dataset:
    """Read the six batches of `cifar-10-batches-bin`. Raises DataCorrupt, naming the file."""
    train = _read_split([directory / f"data_batch_{batch}.bin" for batch in range(1, 6)], 1, 10)
    return make_dataset("cifar10", train, _read_split([directory / "test_batch.bin"], 1, 10), 10, may_flip=True)


def read_cifar100(directory: Path) -> Dataset:
    """Read `cifar-100-binary` with its fine labels. Raises DataCorrupt, naming the file."""
    train, test = (_read_split([directory / f"{side}.bin"], 2, 100) for side in ("train", "test"))
    return make_dataset("cifar100", train, test, 100, may_flip=True)


def _read_split(paths: Sequence[Path], label_bytes: int, classes: int) -> Split:
    parts = [_read_records(path, label_bytes, classes) for path in paths]
    return Split(torch.cat([part.images for part in parts]), torch.cat([part.labels for part in parts]))


def _read_records(path: Path, label_bytes: int, classes: int) -> Split:
    """A record is `label_bytes` labels, the last of them the one to learn, and 3 planes of 32 x 32 pixels."""
    length = label_bytes + _PIXELS
    try:
        size = path.stat().st_size
        if size == 0 or size % length or size > _LARGEST:
            raise DataCorrupt(f"{path} has {size} bytes, which is not a whole number of {length}-byte records")
        records = np.fromfile(path, dtype=np.uint8).reshape(-1, length)
    except OSError as error:
        raise DataCorrupt(f"{path} cannot be read: {error.strerror}") from error
    labels = torch.from_numpy(records[:, label_bytes - 1].astype(np.int64))
    if int(labels.max()) >= classes:
        raise DataCorrupt(f"{path} holds label {int(labels.max())}, but labels are 0 to {classes - 1}")
    return Split(torch.from_numpy(records[:, label_bytes:].reshape(-1, 3, 32, 32).copy()), labels)
