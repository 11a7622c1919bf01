"""Decoding image files of one common size into one tensor."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from raylth.errors import DataCorrupt

SUFFIXES = frozenset((".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"))
# Modes of more than 8 bits per channel are left out: Pillow would clip them, not scale them.
_MODES = frozenset(("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr"))
_LARGEST = 2**34  # bytes of a decoded set; all of it must fit in memory


def decode_images(files: Sequence[Path]) -> Tensor:
    """Decode `files` into uint8 [N, 3, H, W]; grey-scale images become RGB.

    Raises DataCorrupt, naming the first file that is no image, is not 8 bits deep or differs in size from the first.
    """
    width, height = _size(files[0])
    needed = len(files) * 3 * height * width
    if needed > _LARGEST:
        memory = f"{needed / 2**30:.0f} GiB of memory, more than {_LARGEST / 2**30:.0f}"
        raise DataCorrupt(
            f"{len(files)} images like {files[0]} ({width}x{height}) would take {memory}; make them smaller first"
        )
    images = torch.empty((len(files), 3, height, width), dtype=torch.uint8)
    for row, file in zip(images.numpy(), files, strict=True):
        row[...] = _decode(file, (width, height), files[0])
    return images


def image_files(directory: Path) -> list[Path]:
    """All image files below `directory`, the same order everywhere; hidden files and folders are left out."""
    found: list[Path] = []
    for folder, subfolders, names in os.walk(directory):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        images = (name for name in names if not name.startswith(".") and os.path.splitext(name)[1].lower() in SUFFIXES)
        found += [Path(folder, name) for name in sorted(images)]
    return found


def _size(file: Path) -> tuple[int, int]:
    try:
        with Image.open(file) as image:
            return image.size
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise DataCorrupt(f"{file} cannot be decoded: {error}") from error


def _decode(file: Path, size: tuple[int, int], first: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(file) as image:
            if image.size != size:
                sizes = f"{image.size[0]}x{image.size[1]} pixels, but {first} is {size[0]}x{size[1]}"
                raise DataCorrupt(f"{file} is {sizes}; all images of a data set must share one size")
            if image.mode not in _MODES:
                raise DataCorrupt(f"{file} is not an image of 8 bits per channel (its mode is {image.mode})")
            return np.asarray(image.convert("RGB")).transpose(2, 0, 1)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataCorrupt(f"{file} cannot be decoded: {error}") from error
