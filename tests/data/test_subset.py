"""Class-balanced subsets and the fixed split of data sets without a test set."""

from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from raylth.data import class_balanced, stratified_split
from raylth.errors import BadInput

LABELS = torch.arange(600) % 10


def counts(labels: Tensor, chosen: Tensor) -> list[int]:
    return torch.bincount(labels[chosen], minlength=10).tolist()


@pytest.mark.parametrize("count", [0, 1, 5, 10, 15, 25, 35, 105, 599, 600])
def test_counts_are_exact(count: int) -> None:
    # 25 over 10 classes is 2.5 each: round() to even would give 2 each, 20 in all; 35 would give 4 each, 40 in all.
    chosen = class_balanced(LABELS, count, 10, "test")
    assert len(chosen) == count == len(set(chosen.tolist()))
    assert counts(LABELS, chosen) == [count // 10 + 1] * (count % 10) + [count // 10] * (10 - count % 10)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=80), st.integers(0, 80), st.text(max_size=5))
def test_balance_holds_or_a_class_is_too_small(labels: list[int], count: int, purpose: str) -> None:
    sizes = [Counter(labels)[label] for label in range(4)]
    wanted = [(count + 3 - label) // 4 for label in range(4)]
    if any(want > size for want, size in zip(wanted, sizes, strict=True)):
        with pytest.raises(BadInput):
            class_balanced(torch.tensor(labels), count, 4, purpose)
        return
    chosen = class_balanced(torch.tensor(labels), count, 4, purpose).tolist()
    assert chosen == sorted(set(chosen))
    assert [sum(labels[index] == label for index in chosen) for label in range(4)] == wanted


def test_smaller_subsets_are_nested_and_other_purposes_differ() -> None:
    big, small = (set(class_balanced(LABELS, count, 10, "lmc").tolist()) for count in (300, 117))
    other = set(class_balanced(LABELS, 300, 10, "fewshot/1").tolist())
    assert small < big
    assert 100 < len(big & other) < 200


def test_choice_ignores_the_labels_of_other_classes() -> None:
    relabelled = torch.where(LABELS == 9, 8, LABELS)
    before = class_balanced(LABELS, 100, 10, "p")
    after = class_balanced(relabelled, 90, 9, "p")
    assert before[LABELS[before] < 8].tolist() == after[relabelled[after] < 8].tolist()


def test_choice_is_pinned() -> None:
    # A change here changes every subset in every store.
    assert class_balanced(torch.arange(40) % 4, 6, 4, "data.subset").tolist() == [1, 11, 12, 24, 25, 38]


def test_too_small_a_class_is_named() -> None:
    labels = torch.tensor([0, 0, 0, 1, 2, 2, 2])
    with pytest.raises(BadInput) as error:
        class_balanced(labels, 5, 3, "p")
    assert str(error.value) == (
        "a class-balanced subset of 5 images needs 2 of class 1, which has 1; up to 3 images are always possible"
    )
    assert len(class_balanced(labels, 3, 3, "p")) == 3


def test_negative_count() -> None:
    with pytest.raises(BadInput, match=r"cannot hold -1 images"):
        class_balanced(LABELS, -1, 10, "p")


def random_images(count: int, seed: int = 0) -> Tensor:
    return torch.randint(0, 256, (count, 1, 3, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


def test_a_fifth_of_every_class_is_for_testing() -> None:
    sizes = [1, 2, 3, 7, 8, 12, 13, 100]
    labels = torch.repeat_interleave(torch.arange(8), torch.tensor(sizes))
    train, test = stratified_split(random_images(len(labels)), labels)
    assert torch.cat([train, test]).sort().values.tolist() == list(range(len(labels)))
    assert train.tolist() == sorted(train.tolist()) and test.tolist() == sorted(test.tolist())
    assert torch.bincount(labels[test], minlength=8).tolist() == [0, 0, 1, 1, 2, 2, 3, 20]


def test_split_follows_the_images_not_their_order() -> None:
    images, labels = random_images(200), torch.arange(200) % 7
    # Equal images, in one class and over classes, must not make the order matter either.
    images[50:120] = images[0]
    order = torch.randperm(200, generator=torch.Generator().manual_seed(1))

    def content(ids: Tensor, images: Tensor, labels: Tensor) -> list[tuple[int, bytes]]:
        return sorted((int(labels[index]), images[index].numpy().tobytes()) for index in ids)

    _, test = stratified_split(images, labels)
    _, shuffled = stratified_split(images[order], labels[order])
    assert content(test, images, labels) == content(shuffled, images[order], labels[order])
    assert test.tolist() != shuffled.tolist()


def test_equal_images_fall_on_both_sides() -> None:
    images = random_images(200)
    images[:100] = images[0]
    _, test = stratified_split(images, torch.zeros(200, dtype=torch.int64))
    # Without counting them, all equal images would share one rank and stand together.
    assert len(test) == 40 and 10 < int((test < 100).sum()) < 30
