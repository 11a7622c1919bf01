"""Forgetting events by hand, and the tracker, the matrix and a plain loop against each other."""

import math
from itertools import pairwise
from random import Random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from raylth.stability import (
    Forgetting,
    ForgettingTracker,
    forgetting,
    hardness_ranking,
    pack_correct,
    unpack_correct,
)


def histories(*texts: str) -> Tensor:
    return torch.tensor([[mark == "1" for mark in text] for text in texts]).T


@pytest.mark.parametrize(
    ("history", "events", "unforgettable", "never", "first"),
    [
        ("011010", 2, False, False, 1),
        ("0011", 0, True, False, 2),
        ("0000", 0, False, True, -1),
        ("1111", 0, True, False, 0),
        ("10", 1, False, False, 0),
        ("1", 0, True, False, 0),
        ("0", 0, False, True, -1),
    ],
)
def test_histories_by_hand(history: str, events: int, unforgettable: bool, never: bool, first: int) -> None:
    tracker = ForgettingTracker(1)
    for mark in history:
        tracker.update(torch.tensor([0]), torch.tensor([mark == "1"]))
    record = forgetting(histories(history))
    for result in (tracker, record):
        assert result.events.tolist() == [events]
        assert result.ever_learned.tolist() == [not never]
        assert result.unforgettable.tolist() == [unforgettable]
        assert result.never_learned.tolist() == [never]
    assert record.first_learned.tolist() == [first]
    assert tracker.presentations.tolist() == [len(history)]


matrices = st.integers(1, 9).flatmap(
    lambda n: st.lists(st.lists(st.booleans(), min_size=n, max_size=n), min_size=1, max_size=12)
)


@given(matrices, st.randoms(use_true_random=False))
def test_matrix_agrees_with_the_tracker_whatever_the_order(rows: list[list[bool]], random: Random) -> None:
    correct = torch.tensor(rows)
    tracker = ForgettingTracker(correct.shape[1])
    for epoch in correct:
        order = list(range(len(epoch)))
        random.shuffle(order)
        for batch in (order[:4], order[4:]):
            tracker.update(torch.tensor(batch, dtype=torch.int64), epoch[batch])
    record = forgetting(correct)
    for name in ("events", "ever_learned", "unforgettable", "never_learned"):
        assert torch.equal(getattr(record, name), getattr(tracker, name)), name


@given(st.lists(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=12), max_size=5))
def test_duplicates_in_one_update_are_applied_in_order(updates: list[list[tuple[int, bool]]]) -> None:
    tracker = ForgettingTracker(4)
    history: list[list[bool]] = [[], [], [], []]
    for update in updates:
        for index, mark in update:
            history[index].append(mark)
        indices = torch.tensor([index for index, _ in update], dtype=torch.int64)
        tracker.update(indices, torch.tensor([mark for _, mark in update], dtype=torch.bool))
    events = [sum(a and not b for a, b in pairwise(marks)) for marks in history]
    assert tracker.events.tolist() == events
    assert tracker.presentations.tolist() == [len(marks) for marks in history]
    assert tracker.ever_learned.tolist() == [any(marks) for marks in history]


def test_tracker_takes_numbers_and_arrays_too() -> None:
    tracker = ForgettingTracker(3)
    tracker.update(np.array([2, 0]), np.array([1, 0]))  # type: ignore[arg-type]
    tracker.update([2], [0.0])  # type: ignore[arg-type]
    assert tracker.events.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("indices", "correct", "message"),
    [
        ([0, 3], [True, True], r"0\.\.3, but there are examples 0\.\.2"),
        ([-1], [True], r"-1\.\.-1"),
        ([0, 1], [True], "shapes"),
        ([[0]], [[True]], "shapes"),
        ([0.5], [True], "integers"),
        ([True], [True], "integers"),
        ([0, 1], [0, 2], "booleans"),
        ([0], [math.nan], "booleans"),
    ],
)
def test_bad_updates_are_refused_and_record_nothing(indices: list[int], correct: list[bool], message: str) -> None:
    tracker = ForgettingTracker(3)
    with pytest.raises(ValueError, match=message):
        tracker.update(torch.tensor(indices), torch.tensor(correct))
    assert tracker.presentations.tolist() == [0, 0, 0]


def test_a_tracker_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        ForgettingTracker(0)


def test_statistics_are_over_all_examples() -> None:
    record = forgetting(histories("101010", "000000", "001111", "100000"))
    assert record.events.tolist() == [3, 0, 0, 1]
    assert record.mean_events == 1.0
    assert record.std_events == pytest.approx(math.sqrt((4 + 1 + 1 + 0) / 4))
    assert (record.unforgettable_share, record.never_learned_share) == (0.25, 0.25)


def test_ranking_puts_never_learned_last_and_keeps_equals_in_order() -> None:
    record = forgetting(histories("0000", "1010", "1111", "0000", "0111", "1000"))
    assert hardness_ranking(record).tolist() == [2, 4, 5, 1, 0, 3]


def test_ranking_of_many_equals_is_in_order() -> None:
    many = Forgetting(torch.zeros(5000, dtype=torch.int64), torch.zeros(5000, dtype=torch.int64))
    assert torch.equal(hardness_ranking(many), torch.arange(5000))


@pytest.mark.parametrize(
    "correct", [torch.zeros(2, 3), torch.zeros(3, dtype=torch.bool), torch.zeros(0, 3, dtype=torch.bool)]
)
def test_other_matrices_are_refused(correct: Tensor) -> None:
    with pytest.raises(ValueError, match="must be bool"):
        forgetting(correct)


@given(matrices)
def test_packing_comes_back(rows: list[list[bool]]) -> None:
    correct = torch.tensor(rows)
    n = correct.shape[1]
    bits = torch.stack([pack_correct(epoch) for epoch in correct])
    assert bits.shape == (len(rows), math.ceil(n / 8)) and bits.dtype == torch.uint8
    assert torch.equal(unpack_correct(bits, n), correct)
    assert unpack_correct(bits, n).dtype == torch.bool


def test_first_example_is_the_lowest_bit() -> None:
    assert pack_correct(torch.tensor([True, False, True] + [False] * 5 + [True])).tolist() == [5, 1]


@pytest.mark.parametrize(("shape", "n"), [((2, 1), 9), ((2, 2), 8), ((2,), 8)])
def test_bits_of_another_size_are_refused(shape: tuple[int, ...], n: int) -> None:
    with pytest.raises(ValueError, match="must be uint8"):
        unpack_correct(torch.zeros(shape, dtype=torch.uint8), n)


def test_packing_takes_one_row_of_booleans() -> None:
    with pytest.raises(ValueError, match="must be bool"):
        pack_correct(torch.zeros(8, dtype=torch.uint8))
