"""The binary search against a linear scan, and its number of probes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raylth.stability import first_stable_epoch


class Probe:
    """A set of stable epochs that remembers what it was asked."""

    def __init__(self, stable: set[int]) -> None:
        self.stable = stable
        self.asked: list[int] = []

    def __call__(self, epoch: int) -> bool:
        self.asked.append(epoch)
        return epoch in self.stable


def assert_frugal(probe: Probe, total: int) -> None:
    assert len(set(probe.asked)) == len(probe.asked) <= math.ceil(math.log2(total)) + 1
    assert all(0 <= epoch < total for epoch in probe.asked)


@pytest.mark.parametrize("total", [1, 2, 3, 4, 5, 8, 9, 31, 32, 33])
def test_agrees_with_a_linear_scan_for_every_first_epoch(total: int) -> None:
    for first in range(total + 1):
        probe = Probe(set(range(first, total)))
        scanned = next((epoch for epoch in range(total) if epoch in probe.stable), None)
        assert first_stable_epoch(probe, total) == scanned
        assert_frugal(probe, total)


@given(st.integers(1, 500), st.data())
def test_agrees_with_a_linear_scan_on_long_budgets(total: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, total))
    probe = Probe(set(range(first, total)))
    assert first_stable_epoch(probe, total) == (first if first < total else None)
    assert_frugal(probe, total)


def test_two_hundred_epochs_take_at_most_nine_probes() -> None:
    probes = [Probe(set(range(first, 200))) for first in range(201)]
    assert [first_stable_epoch(probe, 200) for probe in probes] == [*range(200), None]
    assert max(len(probe.asked) for probe in probes) <= 9


@given(st.integers(1, 60).flatmap(lambda total: st.tuples(st.just(total), st.sets(st.integers(0, total - 1)))))
def test_without_monotony_the_answer_is_still_a_border(case: tuple[int, set[int]]) -> None:
    total, stable = case
    found = first_stable_epoch(Probe(stable), total)
    if found is None:
        assert total - 1 not in stable
    else:
        assert found in stable
        assert found - 1 not in stable


@pytest.mark.parametrize("total", [0, -1])
def test_no_epochs_are_refused(total: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        first_stable_epoch(lambda epoch: True, total)
