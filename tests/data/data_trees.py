"""Small data sets on disk, in the layouts of the real ones."""

import gzip
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Bytes = NDArray[np.uint8]


def pixels(seed: int, *shape: int) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def idx_bytes(array: Bytes) -> bytes:
    return struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_mnist(folder: Path, train: int = 30, test: int = 20, compressed: bool = False) -> dict[str, Bytes]:
    """Write the four idx files; return their arrays by stem."""
    folder.mkdir(parents=True)
    arrays = {}
    for seed, (side, count) in enumerate((("train", train), ("t10k", test))):
        arrays[f"{side}-images-idx3-ubyte"] = pixels(seed, count, 28, 28)
        arrays[f"{side}-labels-idx1-ubyte"] = np.arange(count, dtype=np.uint8) % 10
    for stem, array in arrays.items():
        content = idx_bytes(array)
        path = folder / (f"{stem}.gz" if compressed else stem)
        path.write_bytes(gzip.compress(content) if compressed else content)
    return arrays


def write_cifar10(folder: Path, per_batch: int = 4) -> dict[str, Bytes]:
    """Write six batches of 3073-byte records; return them by file name."""
    folder.mkdir(parents=True)
    batches = {}
    for seed, name in enumerate((*(f"data_batch_{batch}.bin" for batch in range(1, 6)), "test_batch.bin")):
        batches[name] = pixels(seed, per_batch, 3073)
        batches[name][:, 0] = (np.arange(per_batch) + seed) % 10
        (folder / name).write_bytes(batches[name].tobytes())
    return batches


def write_cifar100(folder: Path, train: int = 7, test: int = 5) -> dict[str, Bytes]:
    """Write train and test records of 3074 bytes: coarse label, fine label, pixels; return them by file name."""
    folder.mkdir(parents=True)
    files = {}
    for seed, (name, count) in enumerate((("train.bin", train), ("test.bin", test))):
        files[name] = pixels(seed, count, 3074)
        files[name][:, 0], files[name][:, 1] = np.arange(count) % 20, 99 - np.arange(count)
        (folder / name).write_bytes(files[name].tobytes())
    return files


def write_image(path: Path, array: Bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def write_folder(folder: Path, classes: tuple[str, ...] = ("ant", "bee"), each: int = 10, side: int = 4) -> None:
    """Write `each` random RGB images per class as PNG, which loses nothing."""
    for label, name in enumerate(classes):
        for index in range(each):
            write_image(folder / name / f"{index:03}.png", pixels(1000 * label + index, side, side, 3))


def write_tinyimagenet(folder: Path, each: int = 3) -> None:
    """Write two classes, one training image of them grey, and a val folder of three images with annotations."""
    for label, name in enumerate(("n002", "n001")):
        for index in range(each):
            shape = (64, 64) if (label, index) == (0, 0) else (64, 64, 3)
            write_image(folder / "train" / name / "images" / f"{name}_{index}.png", pixels(10 * label + index, *shape))
    for index in range(3):
        write_image(folder / "val" / "images" / f"val_{index}.png", pixels(100 + index, 64, 64, 3))
    lines = [f"val_{index}.png\t{name}\t0\t0\t9\t9\n" for index, name in enumerate(("n002", "n001", "n002"))]
    (folder / "val" / "val_annotations.txt").write_text("".join(lines))
