"""Two runs against each other, with intervals computed by hand."""

import math
from typing import Any

import pytest
from evidence_frames import HandMade, frame, row

from analysis.compare import compare_evidence, comparison_table, difference
from analysis.errors import AnalysisError
from analysis.spread import Spread

T_2 = 4.302652729911275
"""The 97.5% point of Student's t with two degrees of freedom, from a printed table."""


def of(*values: float, first: int = 0) -> Spread:
    return Spread.of({(0, first + place): value for place, value in enumerate(values)})


def side(name: str, *rows: dict[str, Any], quantity: str = "barrier") -> HandMade:
    return HandMade({quantity: frame(*(each | {"batchnorm": "interpolated"} for each in rows))}, name)


def test_the_same_initialisations_are_paired() -> None:
    found = difference(of(1.0, 2.0, 3.0), of(2.0, 4.0, 6.0))
    # Differences 1, 2, 3: mean 2, standard deviation 1.
    assert (found.mean, found.basis, found.inits) == (2.0, "paired", 3)
    assert found.low == pytest.approx(2 - T_2 / math.sqrt(3))
    assert found.high == pytest.approx(2 + T_2 / math.sqrt(3))


def test_other_initialisations_are_compared_by_welch() -> None:
    found = difference(of(1.0, 3.0), of(5.0, 7.0, first=7))
    # Variance 2 on both sides, so an error of sqrt(2/2 + 2/2), with 2^2 / (1 + 1) = 2 degrees of freedom.
    assert (found.mean, found.basis, found.inits) == (4.0, "welch", 2)
    assert found.high == pytest.approx(4 + T_2 * math.sqrt(2))


def test_published_deviations_of_ddof_0_are_brought_to_1() -> None:
    # sqrt(2) with ddof 1 is 1 with ddof 0.
    found = difference(Spread(2.0, 1.0, 2, ddof=0), of(5.0, 7.0))
    assert found.high == pytest.approx(4 + T_2 * math.sqrt(2))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (of(1.0), of(2.0)),
        (of(1.0, 2.0), of(2.0, 3.0)),
        (of(1.0, 2.0, 3.0), of(1.0, first=9)),
        (of(1.0, 2.0, 3.0), Spread(2.0, 1.0, 50_000, over="examples")),
        (of(1.0, 2.0, 3.0), Spread(9.0, 1.0, 3, bound="≥")),
    ],
)
def test_too_few_have_a_difference_and_no_interval(first: Spread, second: Spread) -> None:
    found = difference(first, second)
    assert (found.low, found.high, found.basis) == (None, None, "none")
    assert found.mean == second.mean - first.mean  # type: ignore[operator]


def test_only_cells_of_both_are_compared() -> None:
    ours = side("ours", row([0.1]), row([0.2], momentum=0.9))
    theirs = side("theirs", row([0.3]), row([0.2], momentum=0.5))
    (found,) = compare_evidence(ours, theirs)
    assert (found.quantity, found.cell["momentum"], found.at) == ("barrier", 0.0, {"batchnorm": "interpolated"})


def test_what_the_runs_differ_in_tells_no_cells_apart() -> None:
    ours = side("ours", row([0.1, 0.2, 0.3], precision="fp32"), row([0.1], momentum=0.9, precision="fp32"))
    theirs = side("theirs", row([0.2, 0.4, 0.6], precision="bf16"), row([0.1], momentum=0.9, precision="bf16"))
    table = comparison_table(ours, theirs)
    assert "The runs differ in precision fp32 against bf16." in table.caption
    first, second = ([entry.text for entry in row.entries] for row in table.rows)
    assert first == [
        *("Error barrier", "μ 0, rewind 0, batch 32", "batchnorm interpolated", "%"),
        *("20.00 ± 10.00", "40.00 ± 20.00", "+20.00", "-4.84 to +44.84", "paired, n=3"),
    ]
    assert second[-3:] == ["+0.00", "-", "-"]


def test_what_cannot_be_compared_is_said() -> None:
    ours = side("ours", row([0.1]))
    with pytest.raises(AnalysisError, match="'speed' is no quantity"):
        compare_evidence(ours, ours, ["speed"])
    with pytest.raises(AnalysisError, match="ours and ours have no quantity"):
        compare_evidence(ours, ours, ["accuracy"])
