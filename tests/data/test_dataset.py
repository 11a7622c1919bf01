"""What a data set must be, and that its fingerprint names its content and nothing else."""

import hashlib
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from raylth.data import DataFacts, Split, fingerprint, make_dataset
from raylth.errors import DataCorrupt


def split(count: int = 6, seed: int = 0, shape: tuple[int, ...] = (3, 4, 2)) -> Split:
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (count, *shape), dtype=torch.uint8, generator=generator)
    return Split(images, torch.arange(count) % 5)


TRAIN, TEST = split(6, seed=0), split(4, seed=1)
BASE = fingerprint(TRAIN, TEST, 5)


def test_fingerprint_by_hand() -> None:
    train = Split(torch.tensor([[[[7]]], [[[9]]]], dtype=torch.uint8), torch.tensor([1, 0]))
    test = Split(torch.tensor([[[[255]]]], dtype=torch.uint8), torch.tensor([1]))
    header = (
        b'{"classes": 2, "tensors": [["torch.uint8", [2, 1, 1, 1]], ["torch.int64", [2]], '
        b'["torch.uint8", [1, 1, 1, 1]], ["torch.int64", [1]]]}'
    )
    one, zero = b"\x01" + bytes(7), bytes(8)
    assert fingerprint(train, test, 2) == hashlib.sha256(header + b"\x07\x09" + one + zero + b"\xff" + one).hexdigest()


@pytest.mark.parametrize("side", ["train", "test"])
@pytest.mark.parametrize("part", ["images", "labels"])
def test_any_entry_changes_the_fingerprint(side: str, part: str) -> None:
    sides = {"train": TRAIN, "test": TEST}
    original = getattr(sides[side], part)
    for place in range(original.numel()):
        changed = original.clone()
        changed.view(-1)[place] = (changed.view(-1)[place] + 1) % 5
        assert fingerprint(**{**sides, side: replace(sides[side], **{part: changed})}, classes=5) != BASE


def test_shape_and_classes_are_content_too() -> None:
    reshaped = replace(TRAIN, images=TRAIN.images.reshape(6, 3, 2, 4))
    assert fingerprint(reshaped, TEST, 5) != BASE
    assert fingerprint(TRAIN, TEST, 6) != BASE
    moved = (Split(torch.cat([TRAIN.images, TEST.images[:1]]), torch.cat([TRAIN.labels, TEST.labels[:1]])),)
    assert fingerprint(*moved, Split(TEST.images[1:], TEST.labels[1:]), 5) != BASE


def test_equal_content_has_an_equal_fingerprint() -> None:
    again = Split(TRAIN.images.clone(), TRAIN.labels.clone())
    assert fingerprint(again, TEST, 5) == BASE
    assert (
        make_dataset("one", again, TEST, 5, True).fingerprint == make_dataset("two", again, TEST, 5, False).fingerprint
    )


def test_facts() -> None:
    facts = make_dataset("toy", TRAIN, TEST, 5, may_flip=True).facts
    assert facts == DataFacts(BASE, 6, 4, (3, 4, 2), 5, smallest_class=1, may_flip=True)


@pytest.mark.parametrize(
    ("images", "labels", "said"),
    [
        (TRAIN.images.float(), TRAIN.labels, "must be contiguous uint8"),
        (TRAIN.images[:, 0], TRAIN.labels, "must be contiguous uint8"),
        (TRAIN.images.transpose(2, 3), TRAIN.labels, "must be contiguous uint8"),
        (TRAIN.images, TRAIN.labels.int(), "must be int64 [6]"),
        (TRAIN.images, TRAIN.labels[:5], "must be int64 [6]"),
        (TRAIN.images[:0], TRAIN.labels[:0], "split is empty"),
        (TRAIN.images, TRAIN.labels + 1, "labels reach from 1 to 5, but there are 5 classes (0 to 4)"),
        (TRAIN.images, TRAIN.labels - 1, "labels reach from -1 to 3"),
    ],
)
def test_tensors_that_are_no_data_set(images: Tensor, labels: Tensor, said: str) -> None:
    with pytest.raises(DataCorrupt) as train_error:
        make_dataset("toy", Split(images, labels), TEST, 5, True)
    with pytest.raises(DataCorrupt) as test_error:
        make_dataset("toy", TRAIN, Split(images, labels), 5, True)
    assert said in str(train_error.value) and str(train_error.value).startswith("data set toy: the train ")
    assert said in str(test_error.value) and str(test_error.value).startswith("data set toy: the test ")


def test_both_splits_share_a_shape() -> None:
    with pytest.raises(DataCorrupt, match=r"differ in shape: \(3, 4, 2\) and \(3, 2, 4\)"):
        make_dataset("toy", TRAIN, split(4, shape=(3, 2, 4)), 5, True)
