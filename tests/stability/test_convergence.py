"""Equation (3) by hand, and what leaves it undefined."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from raylth.stability import convergence_auc


@pytest.mark.parametrize(
    ("accuracies", "auc"),
    [
        ([0.1, 0.9], 1.0),
        ([0.1, 0.9, 0.9, 0.9], 1.0),
        ([0.0, 0.25, 0.5, 0.75, 1.0], 0.625),
        ([0.1, 0.1, 0.1, 0.9], 1 / 3),
        ([0.1, 0.5, 0.3], (2 + 1) / 2),
        ([0.5, 0.4, 0.1], (0.25 + 1) / 2),
    ],
)
def test_equation_three_by_hand(accuracies: Sequence[float], auc: float) -> None:
    assert convergence_auc(accuracies) == pytest.approx(auc)


@pytest.mark.parametrize("accuracies", [[0.1, 0.1], [0.1, 0.9, 0.1]])
def test_undefined_where_nothing_was_gained(accuracies: Sequence[float]) -> None:
    assert convergence_auc(accuracies) is None


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=20))
def test_the_unit_of_accuracy_cancels(counts: list[int]) -> None:
    assume(counts[0] != counts[-1])
    expected = (sum(counts[1:]) / (len(counts) - 1) - counts[0]) / (counts[-1] - counts[0])
    assert convergence_auc([count / 1000 for count in counts]) == pytest.approx(expected, abs=1e-9)
    assert convergence_auc([count / 10 for count in counts]) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("accuracies", [[], [0.5], [0.1, math.nan, 0.2], [0.1, math.inf], [math.nan, 0.2]])
def test_other_curves_are_refused(accuracies: Sequence[float]) -> None:
    with pytest.raises(ValueError, match="Convergence needs"):
        convergence_auc(accuracies)
