"""Which cells a reading of a claim compares: two spreads each, or one and a threshold."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.cells import plain
from analysis.claims.statements import End, Range, Reading, Side, Value
from analysis.spread import Spread

Row = Mapping[str, Any]
"""One row of evidence: its columns, None where they are null."""


@dataclass(frozen=True)
class Pair:
    """One cell of a comparison: by the claim, `more` is higher than `than`; `more` may be a threshold."""

    cell: Row
    more: Spread | float
    than: Spread


def rows_of(evidence: pd.DataFrame) -> list[Row]:
    """The rows of evidence (columns as `Evidence.of`), with `step_length`, `updates` and `last_block` besides."""
    columns = [[plain(value) for value in evidence[name]] for name in evidence.columns]
    return [_with_derived(dict(zip(evidence.columns, values, strict=True))) for values in zip(*columns, strict=True)]


def _with_derived(row: dict[str, Any]) -> Row:
    # Rounded, for 0.1 / (1 - 0.9) is not quite 1.
    row["step_length"] = round(row["lr"] / (1 - row["momentum"]), 9)
    row["updates"] = round(row["epochs"] / row["batch_size"], 9)
    if "block" in row:
        row["last_block"] = row["block"] == row["blocks"]
    return row


def pairs_of(reading: Reading, evidence: Iterable[Row]) -> list[Pair]:
    """Every pair of spreads that a reading is about, in the rows of evidence on its quantity."""
    rows = [row for row in evidence if all(_matches(row[name], value) for name, value in reading.where.items())]
    groups = _groups(rows, _shared(reading, rows[0] if rows else {}))
    compared = _below if reading.than is None else _between
    return [pair for cell, group in groups for pair in compared(reading, cell, group) if _is_known(pair)]


def _between(reading: Reading, cell: Row, rows: Sequence[Row]) -> Iterator[Pair]:
    assert reading.than is not None
    lower = _side(rows, reading.than)
    for row in _side(rows, reading.more):
        # Where only one momentum was run, say, it is the highest and the lowest.
        yield from (Pair(cell, row["spread"], other["spread"]) for other in lower if other is not row)


def _below(reading: Reading, cell: Row, rows: Sequence[Row]) -> Iterator[Pair]:
    assert reading.below is not None
    # The smallest budget, say, is one only where there are larger ones.
    if all(len({row[column] for row in rows}) > 1 for column in reading.more):
        yield from (Pair(cell, reading.below, row["spread"]) for row in _side(rows, reading.more))


def _is_known(pair: Pair) -> bool:
    """Whether both sides were measured, and no bound leaves open which of them is higher."""
    higher_is_open = isinstance(pair.more, Spread) and (pair.more.mean is None or pair.more.bound == "≤")
    return not higher_is_open and pair.than.mean is not None and pair.than.bound != "≥"


def _shared(reading: Reading, row: Row) -> list[str]:
    """The columns that are the same on both sides."""
    named = {*reading.more, *(reading.than or {}), *reading.free, *reading.match}
    derived = {"step_length", "updates", "last_block"} - {*reading.match.values()}
    # What a column that may differ brings along may differ too.
    following = {"sparsity_label", "sparsity"} if "level" in named else set()
    return [column for column in row if column not in {"spread", *named, *derived, *following}]


def _groups(rows: Iterable[Row], shared: Sequence[str]) -> Iterator[tuple[Row, list[Row]]]:
    groups: defaultdict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[column] for column in shared)].append(row)
    for key, group in groups.items():
        yield dict(zip(shared, key, strict=True)), group


def _matches(value: Any, wanted: Range | Value) -> bool:
    if isinstance(wanted, Range):
        return value is not None and bool(wanted.least <= value < wanted.under)
    return bool(value == wanted)


def _side(rows: Sequence[Row], side: Side) -> list[Row]:
    """The rows of one side: values first, then ends among what is left, then the best of the rest."""
    kept = [row for row in rows if all(_matches(row[column], wanted) for column, wanted in _values(side))]
    for column, end in _ends(side):
        kept = _at_end(kept, column, end)
    return _best(kept) if "best" in side.values() else kept


def _values(side: Side) -> Iterator[tuple[str, Value]]:
    for column, wanted in side.items():
        if not isinstance(wanted, End) and wanted not in ("lowest", "highest", "best"):
            yield column, wanted


def _ends(side: Side) -> Iterator[tuple[str, End]]:
    for column, wanted in side.items():
        if isinstance(wanted, End):
            yield column, wanted
        elif wanted == "lowest":
            yield column, End(pick="lowest")
        elif wanted == "highest":
            yield column, End(pick="highest")


def _at_end(rows: Sequence[Row], column: str, end: End) -> list[Row]:
    within = [row for row in rows if _matches(row[column], Range(least=end.least, under=end.under))]
    extreme: Callable[[Iterable[Any]], Any] = min if end.pick == "lowest" else max
    at = extreme(row[column] for row in within) if within else None
    return [row for row in within if row[column] == at]


def _best(rows: Sequence[Row]) -> list[Row]:
    measured = [row for row in rows if row["spread"].mean is not None]
    return [max(measured, key=lambda row: float(row["spread"].mean))] if measured else []
