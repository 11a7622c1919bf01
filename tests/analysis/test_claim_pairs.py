"""Which cells a reading compares, on grids small enough to list the answer."""

from typing import Any

from evidence_frames import frame, row

from analysis.claims.pairs import pairs_of, rows_of
from analysis.claims.statements import Reading
from analysis.spread import Spread


def compared(reading: dict[str, Any], *rows: dict[str, Any]) -> list[tuple[float | None, float | None]]:
    """The means of both sides of each pair, in order."""
    pairs = pairs_of(Reading.model_validate({"quantity": "barrier", **reading}), rows_of(frame(*rows)))
    sides = ((p.more.mean if isinstance(p.more, Spread) else p.more, p.than.mean) for p in pairs)
    return sorted(sides, key=str)


MOMENTUM: dict[str, Any] = {"more": {"momentum": "highest"}, "than": {"momentum": "lowest"}}
CORNERS: dict[str, Any] = {
    "more": {"momentum": "highest", "batch_size": "lowest"},
    "than": {"momentum": "lowest", "batch_size": "highest"},
}


def test_all_that_is_not_compared_is_the_same_on_both_sides() -> None:
    rows = [row([m + b], momentum=m, batch_size=b) for m in (0.0, 0.5, 0.9) for b in (32, 128)]
    assert compared(MOMENTUM, *rows) == [(128.9, 128.0), (32.9, 32.0)]


def test_one_value_of_an_axis_is_no_comparison() -> None:
    assert compared(MOMENTUM, row([1.0], momentum=0.9), row([2.0], momentum=0.9, batch_size=128)) == []


def test_the_same_learning_rate_and_the_same_step_length_are_two_readings() -> None:
    rows = [row([1.0], momentum=0.9, lr=0.1), row([2.0], lr=0.1), row([3.0], lr=1.0)]
    assert compared(MOMENTUM, *rows) == [(1.0, 2.0)]
    assert compared({**MOMENTUM, "match": {"lr": "step_length"}}, *rows) == [(1.0, 3.0)]


def test_the_same_epochs_and_the_same_updates_are_two_readings() -> None:
    batches: dict[str, Any] = {"more": {"batch_size": "lowest"}, "than": {"batch_size": "highest"}}
    rows = [row([1.0], batch_size=32, epochs=10), row([2.0], batch_size=128, epochs=10)]
    rows += [row([3.0], batch_size=128, epochs=40)]
    assert compared(batches, *rows) == [(1.0, 2.0)]
    assert compared({**batches, "match": {"epochs": "updates"}}, *rows) == [(1.0, 3.0)]


def test_the_least_and_the_most_stable_configuration_are_corners_of_the_grid() -> None:
    rows = [row([10 * m + b / 1000], momentum=m, batch_size=b) for m in (0.0, 0.9) for b in (32, 128)]
    assert compared(CORNERS, *rows) == [(9.032, 0.128)]


def test_an_extreme_batch_is_compared_with_the_largest_usual_one() -> None:
    extreme = {
        "more": {"batch_size": {"pick": "lowest", "least": 1000}},
        "than": {"batch_size": {"pick": "highest", "under": 1000}},
    }
    rows = [row([float(b)], batch_size=b) for b in (32, 256, 1024)]
    assert compared(extreme, *rows) == [(1024.0, 256.0)]
    assert compared(extreme, *rows[:2]) == []


def test_a_baseline_may_be_the_best_of_all_cells() -> None:
    reading = {
        "quantity": "fewshot_accuracy",
        "more": {"network": "ticket"},
        "than": {"network": "dense", "momentum": "best", "level": 0},
    }
    rows = [row([0.5], momentum=0.0, network="dense", level=0), row([0.7], momentum=0.9, network="dense", level=0)]
    rows += [row([0.9], momentum=0.0, network="ticket", level=5), row([0.8], momentum=0.9, network="ticket", level=5)]
    assert compared(reading, *rows) == [(0.8, 0.7), (0.9, 0.7)]


def test_a_threshold_is_for_each_cell() -> None:
    reading = {"where": {"momentum": 0, "rewind": {"least": 1}}, "below": 0.02}
    rows = [row([0.01], rewind=2), row([0.5], rewind=0), row([0.4], rewind=2, momentum=0.9)]
    assert compared(reading, *rows) == [(0.02, 0.01)]


def test_a_threshold_at_the_end_of_an_axis_needs_an_axis() -> None:
    reading = {"more": {"epochs": "lowest"}, "below": 0.02}
    assert compared(reading, row([0.01], epochs=10)) == []
    assert compared(reading, row([0.01], epochs=10), row([0.5], epochs=40)) == [(0.02, 0.01)]


def test_a_bound_that_leaves_the_answer_open_is_no_evidence() -> None:
    at_most, at_least = Spread(2.0, None, 3, bound="≤"), Spread(9.0, None, 3, bound="≥")
    low, high = row([1.0], momentum=0.0), row([5.0], momentum=0.9)
    assert compared(MOMENTUM, low, row(at_most, momentum=0.9)) == []
    assert compared(MOMENTUM, row(at_least, momentum=0.0), high) == []
    assert compared(MOMENTUM, row(at_most, momentum=0.0), row(at_least, momentum=0.9)) == [(9.0, 2.0)]


def test_what_was_not_measured_is_no_pair() -> None:
    assert compared(MOMENTUM, row([], momentum=0.0), row([5.0], momentum=0.9)) == []


def test_cells_of_null_axes_are_matched_too() -> None:
    rows = [row([1.0], momentum=0.0, width=None), row([2.0], momentum=0.9, width=None)]
    assert compared(MOMENTUM, *rows) == [(2.0, 1.0)]
