"""A data set as four tensors, and the fingerprint that names its content."""

import hashlib
import json
from dataclasses import dataclass

import torch
from torch import Tensor

from raylth.errors import DataCorrupt


@dataclass(frozen=True)
class Split:
    """Images and labels of one side of a data set, on the CPU.

    images: uint8 [N, C, H, W], contiguous. labels: int64 [N].
    """

    images: Tensor
    labels: Tensor


@dataclass(frozen=True)
class DataFacts:
    """What can be said of a data set without its images, counted after its subset and pooling.

    shape: (C, H, W). smallest_class: training images of the rarest class. fingerprint and may_flip: as those of
    `Dataset`.
    """

    fingerprint: str
    train_images: int
    test_images: int
    shape: tuple[int, int, int]
    classes: int
    smallest_class: int
    may_flip: bool


@dataclass(frozen=True)
class Dataset:
    """A data set in memory.

    fingerprint: SHA-256 of the whole content, taken before any subset or pooling.
    may_flip: whether mirroring an image left to right keeps its label.
    """

    name: str
    train: Split
    test: Split
    classes: int
    fingerprint: str
    may_flip: bool

    @property
    def facts(self) -> DataFacts:
        """What a plan needs to know of it."""
        channels, height, width = self.train.images.shape[1:]
        counts = len(self.train.labels), len(self.test.labels)
        shape = (channels, height, width)
        smallest = int(torch.bincount(self.train.labels, minlength=self.classes).min())
        return DataFacts(self.fingerprint, *counts, shape, self.classes, smallest, self.may_flip)


def make_dataset(name: str, train: Split, test: Split, classes: int, may_flip: bool) -> Dataset:
    """Check the tensors, take the fingerprint and put both into a `Dataset`.

    Raises DataCorrupt when the tensors cannot be a data set of `classes` classes.
    """
    for side, split in (("train", train), ("test", test)):
        problem = _problem(split, classes)
        if problem:
            raise DataCorrupt(f"data set {name}: the {side} {problem}")
    if train.images.shape[1:] != test.images.shape[1:]:
        shapes = f"{tuple(train.images.shape[1:])} and {tuple(test.images.shape[1:])}"
        raise DataCorrupt(f"data set {name}: train and test images differ in shape: {shapes}")
    return Dataset(name, train, test, classes, fingerprint(train, test, classes), may_flip)


def fingerprint(train: Split, test: Split, classes: int) -> str:
    """SHA-256 (hex) of the shapes, types and bytes of all four tensors and of `classes`.

    Independent of paths, of the platform's byte order and of how the tensors were made.
    """
    tensors = (train.images, train.labels, test.images, test.labels)
    header = {"classes": classes, "tensors": [[str(t.dtype), list(t.shape)] for t in tensors]}
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for tensor in tensors:
        array = tensor.numpy()
        digest.update(array.astype(array.dtype.newbyteorder("<"), order="C", copy=False).data)
    return digest.hexdigest()


def _problem(split: Split, classes: int) -> str | None:
    images, labels = split.images, split.labels
    if images.dtype != torch.uint8 or images.dim() != 4 or not images.is_contiguous():
        return f"images must be contiguous uint8 [N, C, H, W], not {images.dtype} {tuple(images.shape)}"
    if labels.dtype != torch.int64 or labels.shape != images.shape[:1]:
        return f"labels must be int64 [{len(images)}], not {labels.dtype} {tuple(labels.shape)}"
    if images.numel() == 0:
        return "split is empty"
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= classes:
        return f"labels reach from {low} to {high}, but there are {classes} classes (0 to {classes - 1})"
    return None
