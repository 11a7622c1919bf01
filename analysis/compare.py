"""Two runs against each other: every quantity of every cell that both have, with the difference and its interval."""

import statistics
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from analysis.cells import AXES, PAPER_AXES, axis_value, cell_label, plain
from analysis.errors import AnalysisError
from analysis.evidence import Evidence
from analysis.intervals import mean_variance, paired_interval, welch_interval
from analysis.quantities import QUANTITIES, Unit
from analysis.spread import Spread
from analysis.tables.layout import records
from analysis.tables.numbers import EVENTS, SCORE, Style, sparsity_text
from analysis.tables.table import MISSING, Column, Entry, Row, Table

Basis = Literal["paired", "welch", "none"]
LEAST_PAIRS = 3
LEAST_EACH = 2
STYLES: Mapping[Unit, Style] = {
    # The unit is in a column of its own, for rows differ in it.
    "%": Style(digits=2, scale=100),
    "events": EVENTS,
    "epochs": Style(digits=1),
    "": SCORE,
}


@dataclass(frozen=True)
class Difference:
    """By how much the second is higher than the first.

    Attributes:
        mean: in the quantity's own unit, a fraction for shares.
        low, high: its 95% t interval; None with too few initialisations.
        basis: `paired` over the same initialisations, `welch` for others, or `none`.
        inits: how many pairs, or how many of the smaller side.
    """

    mean: float
    low: float | None
    high: float | None
    basis: Basis
    inits: int


@dataclass(frozen=True)
class Compared:
    """A quantity of a cell in both runs; `cell` has axes, and `at` the quantity's own keys."""

    quantity: str
    cell: Mapping[str, Any]
    at: Mapping[str, Any]
    first: Spread
    second: Spread

    @property
    def difference(self) -> Difference:
        """Of the second to the first."""
        return difference(self.first, self.second)


def difference(first: Spread, second: Spread) -> Difference:
    """Second less first, with a 95% t interval.

    Paired where both have the same initialisations, at least three; else Welch's, with at least two on each side.
    """
    assert first.mean is not None and second.mean is not None
    mean = second.mean - first.mean
    if first.bound or second.bound:
        return Difference(mean, None, None, "none", min(first.n, second.n))
    if first.by_init and first.by_init.keys() == second.by_init.keys():
        return _paired([second.by_init[init] - value for init, value in first.by_init.items()])
    return _welch(mean, first, second)


def compare_evidence(first: Evidence, second: Evidence, quantities: Sequence[str] = ()) -> list[Compared]:
    """Every quantity (or those named) and cell that both have.

    An axis of which each has a single value, and not the same, is what they differ in, and tells no cells apart.

    Raises:
        AnalysisError: a quantity is not known, or they have no cell in common.
    """
    unknown = [name for name in quantities if name not in QUANTITIES]
    if unknown:
        raise AnalysisError(f"{unknown[0]!r} is no quantity; they are {', '.join(QUANTITIES)}.")
    apart = differing_axes(first, second)
    found = [each for name in quantities or QUANTITIES for each in _of_quantity(name, first, second, apart)]
    if not found:
        raise AnalysisError(f"{first.name} and {second.name} have no quantity of the same configuration in common.")
    return found


def differing_axes(first: Evidence, second: Evidence) -> dict[str, tuple[Any, Any]]:
    """The axes of which each side has one value in all its cells, and not the same one."""
    ours, theirs = _axis_values(first), _axis_values(second)
    return {
        axis: (next(iter(ours[axis])), next(iter(theirs[axis])))
        for axis in AXES
        if len(ours[axis]) == len(theirs[axis]) == 1 and ours[axis] != theirs[axis]
    }


def comparison_table(first: Evidence, second: Evidence, quantities: Sequence[str] = ()) -> Table:
    """What `compare_evidence` finds, as a table."""
    found = compare_evidence(first, second, quantities)
    axes = _shown(found)
    columns = (
        Column("Quantity", key="quantity", heads=True),
        Column("Configuration", key="cell", heads=True),
        Column("At", key="at", heads=True),
        Column("Unit", key="unit"),
        Column(first.name, key="first", style=EVENTS),
        Column(second.name, key="second", style=EVENTS),
        Column("Difference", key="difference", style=EVENTS),
        Column("95% interval", key="interval"),
        Column("By", key="basis"),
    )
    rows = tuple(_row(each, axes) for each in found)
    return Table("comparison", f"{second.name} against {first.name}", _caption(first, second), columns, rows)


def _paired(differences: Sequence[float]) -> Difference:
    count, mean = len(differences), statistics.fmean(differences)
    if count < LEAST_PAIRS:
        return Difference(mean, None, None, "none", count)
    found = paired_interval(differences)
    return Difference(mean, found.low, found.high, "paired", count)


def _welch(mean: float, first: Spread, second: Spread) -> Difference:
    inits = min(first.n, second.n)
    ours, theirs = (mean_variance(side, LEAST_EACH) for side in (first, second))
    if ours is None or theirs is None:
        return Difference(mean, None, None, "none", inits)
    found = welch_interval(mean, [ours, theirs])
    return Difference(mean, found.low, found.high, "welch", inits)


def _axis_values(evidence: Evidence) -> dict[str, set[Any]]:
    frames = [frame for name in QUANTITIES if len(frame := evidence.of(name))]
    return {axis: {plain(value) for frame in frames for value in frame[axis].drop_duplicates()} for axis in AXES}


def _of_quantity(name: str, first: Evidence, second: Evidence, apart: Mapping[str, Any]) -> Iterator[Compared]:
    keys = QUANTITIES[name].keys
    # The sparsity that was reached differs between runs at the same level.
    telling = [key for key in (*AXES, *keys) if key not in apart and key != "sparsity"]
    theirs = {_place(record, telling): record["spread"] for record in records(second.of(name))}
    for record in records(first.of(name)):
        other: Spread | None = theirs.get(_place(record, telling))
        own: Spread = record["spread"]
        if other is not None and own.mean is not None and other.mean is not None:
            cell = {axis: plain(record[axis]) for axis in AXES if axis not in apart}
            yield Compared(name, cell, {key: plain(record[key]) for key in keys}, own, other)


def _place(record: Mapping[str, Any], columns: Sequence[str]) -> tuple[Hashable, ...]:
    return tuple(plain(record[column]) for column in columns)


def _shown(found: Sequence[Compared]) -> list[str]:
    cells = pd.DataFrame([each.cell for each in found]).astype(object)
    return [axis for axis in map(str, cells) if axis in PAPER_AXES or cells[axis].nunique(dropna=False) > 1]


def _row(each: Compared, axes: Sequence[str]) -> Row:
    quantity, found = QUANTITIES[each.quantity], each.difference
    style = STYLES[quantity.unit]
    entries = (
        Entry(quantity.title),
        Entry(cell_label(each.cell, axes)),
        Entry(_at(each.at)),
        Entry(quantity.unit),
        *(Entry(style.text(side), side, style.scaled(side.mean or 0.0)) for side in (each.first, each.second)),
        Entry(_signed(found.mean, style), None, style.scaled(found.mean)),
        _interval_entry(found, style),
        Entry(MISSING if found.basis == "none" else f"{found.basis}, n={found.inits}", missing=found.basis == "none"),
    )
    return Row(entries, key=(each.quantity, *each.cell.values(), *each.at.values()))


def _at(keys: Mapping[str, Any]) -> str:
    known = {key: value for key, value in keys.items() if value is not None and key not in ("sparsity", "blocks")}
    sparsity = known.pop("sparsity_label", None)
    words = [f"{key} {axis_value(key, value)}" for key, value in known.items()]
    return ", ".join([*words, *([sparsity_text(sparsity)] if sparsity is not None else [])])


def _interval_entry(found: Difference, style: Style) -> Entry:
    if found.low is None or found.high is None:
        return Entry(MISSING, missing=True)
    return Entry(f"{_signed(found.low, style)} to {_signed(found.high, style)}")


def _signed(value: float, style: Style) -> str:
    # Adding zero makes a negative zero positive.
    return f"{round(style.scaled(value), style.digits) + 0.0:+.{style.digits}f}"


def _caption(first: Evidence, second: Evidence) -> str:
    apart = differing_axes(first, second)
    words = ", ".join(f"{axis} {axis_value(axis, a)} against {axis_value(axis, b)}" for axis, (a, b) in apart.items())
    return (
        f"Difference: {second.name} less {first.name}, with a 95% t interval: paired over the initialisations that "
        "both have, from three on; else by Welch. No correction for the number of rows."
        + (f" The runs differ in {words}." if words else "")
    )
