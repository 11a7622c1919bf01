"""Which examples belong to a subset: decided by hashes, so that no random generator is involved."""

import hashlib
from collections import Counter

import torch
from torch import Tensor

from raylth.errors import BadInput


def class_balanced(labels: Tensor, count: int, classes: int, purpose: str) -> Tensor:
    """Choose `count` examples with class counts that differ by at most one; the lowest classes get the remainder.

    The hash of (purpose, index) ranks the examples of a class. So another purpose gives an independent subset, and
    for one purpose a smaller subset is contained in a larger one.

    labels: int64 [N], values in 0..classes-1. Returns sorted indices, int64 [count].
    Raises BadInput when a class has too few examples.
    """
    if count < 0:
        raise BadInput(f"a subset cannot hold {count} images")
    members = [torch.nonzero(labels == label).flatten().tolist() for label in range(classes)]
    chosen: list[int] = []
    for label, indices in enumerate(members):
        wanted = count // classes + (label < count % classes)
        if wanted > len(indices):
            possible = largest_balanced(labels, classes)
            raise BadInput(
                f"a class-balanced subset of {count} images needs {wanted} of class {label}, "
                f"which has {len(indices)}; up to {possible} images are always possible"
            )
        chosen += sorted(indices, key=lambda index: _hash(f"{purpose}/{index}".encode()))[:wanted]
    return torch.tensor(sorted(chosen), dtype=torch.int64)


def largest_balanced(labels: Tensor, classes: int) -> int:
    """The size of the largest subset in which every class has equally many examples."""
    return classes * int(torch.bincount(labels, minlength=classes).min())


def stratified_split(images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Split a data set that has no official test set: one fifth of every class, to the nearest image, is for testing.

    The hash of the pixels decides, so the split is a property of the images and not of their order. Equal images of
    a class are told apart by counting them.

    images: uint8 [N, ...]. labels: int64 [N]. Returns sorted (train, test) indices, int64.
    """
    seen: Counter[tuple[int, bytes]] = Counter()
    ranked: dict[int, list[tuple[bytes, int]]] = {}
    for index, (image, label) in enumerate(zip(images.numpy(), labels.tolist(), strict=True)):
        content = _hash(image.tobytes())
        rank = _hash(content + str(seen[label, content]).encode())
        seen[label, content] += 1
        ranked.setdefault(label, []).append((rank, index))
    test = sorted(index for members in ranked.values() for _, index in sorted(members)[: _fifth(len(members))])
    is_test = torch.zeros(len(labels), dtype=torch.bool)
    is_test[test] = True
    return torch.nonzero(~is_test).flatten(), torch.nonzero(is_test).flatten()


def _fifth(count: int) -> int:
    # A fifth is never exactly between two integers, so adding 2 before the floor is rounding to nearest.
    return (count + 2) // 5


def _hash(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
