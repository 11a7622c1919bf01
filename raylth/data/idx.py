"""MNIST and Fashion-MNIST: the four idx files, compressed or not."""

import gzip
import math
import struct
import zlib
from io import BufferedReader
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from raylth.data.dataset import Dataset, Split, make_dataset
from raylth.errors import DataCorrupt

CLASSES = 10
SIDE = 28
_LARGEST = 2**30  # bytes; twenty times the real files, so that a broken header cannot ask for all memory


def read_mnist_like(name: str, directory: Path, may_flip: bool) -> Dataset:
    """Read the train and t10k files of `directory`. Raises DataCorrupt, naming the file."""
    return make_dataset(name, _read_split(directory, "train"), _read_split(directory, "t10k"), CLASSES, may_flip)


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Read an idx file of unsigned bytes: big-endian header (type and number of dimensions, sizes), then the bytes.

    Torchvision's reader knows no gzip and trusts the header, hence this one. Raises DataCorrupt.
    """
    try:
        with _open(path) as file:
            shape = _read_header(path, file, dimensions)
            content = file.read(math.prod(shape) + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataCorrupt(f"{path} cannot be read: {error}") from error
    if len(content) != math.prod(shape):
        fault = "is cut off" if len(content) < math.prod(shape) else "is too long"
        raise DataCorrupt(f"{path} {fault}: its header announces {math.prod(shape)} bytes")
    return np.frombuffer(content, dtype=np.uint8).reshape(shape).copy()


def _read_split(directory: Path, stem: str) -> Split:
    image_path, label_path = (
        _find(directory, f"{stem}-images-idx3-ubyte"),
        _find(directory, f"{stem}-labels-idx1-ubyte"),
    )
    images, labels = read_idx(image_path, 3), read_idx(label_path, 1)
    if images.shape[1:] != (SIDE, SIDE):
        raise DataCorrupt(f"{image_path} holds {images.shape[1]}x{images.shape[2]} images, not {SIDE}x{SIDE}")
    if len(images) != len(labels):
        raise DataCorrupt(f"{label_path} holds {len(labels)} labels, but {image_path.name} holds {len(images)} images")
    if labels.max(initial=0) >= CLASSES:
        raise DataCorrupt(f"{label_path} holds label {labels.max()}, but labels are 0 to {CLASSES - 1}")
    return Split(torch.from_numpy(images).unsqueeze(1), torch.from_numpy(labels).long())


def _find(directory: Path, name: str) -> Path:
    for path in (directory / name, directory / f"{name}.gz"):
        if path.is_file():
            return path
    raise DataCorrupt(f"{directory} lacks {name} (or {name}.gz)")


def _open(path: Path) -> gzip.GzipFile | BufferedReader:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def _read_header(path: Path, file: gzip.GzipFile | BufferedReader, dimensions: int) -> tuple[int, ...]:
    header = file.read(4 + 4 * dimensions)
    if len(header) != 4 + 4 * dimensions or header[:4] != bytes((0, 0, 8, dimensions)):
        raise DataCorrupt(f"{path} is not an idx file of bytes with {dimensions} dimension(s)")
    shape: tuple[int, ...] = struct.unpack(f">{dimensions}I", header[4:])
    if math.prod(shape) > _LARGEST:
        raise DataCorrupt(f"{path} announces {math.prod(shape)} bytes, which is too many")
    return shape
