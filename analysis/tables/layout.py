"""From evidence to rows: one row per cell, one column per thing shown, best values marked, what is missing said so."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis.cells import in_order
from analysis.spread import NOTHING, Spread
from analysis.tables.captions import spread_note, usual_count
from analysis.tables.heads import Heads, paper_cell
from analysis.tables.table import MISSING, Column, Entry, Row, Table

COLUMN = "column"
"""The column of a frame that says in which column of the table its spread goes (`Column.key`)."""


@dataclass(frozen=True)
class CellValues:
    """A cell and its spreads by column."""

    cell: Mapping[str, Any]
    spreads: Mapping[Hashable, Spread]


def cells_of(frame: pd.DataFrame, heads: Heads) -> list[CellValues]:
    """The cells of a frame of evidence with a column `column`, in the order of the paper's tables."""
    cells: dict[tuple[Hashable, ...], Mapping[str, Any]] = {}
    spreads: dict[tuple[Hashable, ...], dict[Hashable, Spread]] = {}
    for record in records(in_order(frame, [axis for axis in heads.axes if axis in ("method", "batchnorm")])):
        place = heads.place(record)
        cells.setdefault(place, record)
        spreads.setdefault(place, {})[record[COLUMN]] = record["spread"]
    return [CellValues(cell, spreads[place]) for place, cell in cells.items()]


def in_columns(frame: pd.DataFrame, keys: Iterable[Hashable]) -> pd.DataFrame:
    """The frame with the key of the table's column that each of its rows goes in."""
    # A series, for pandas takes a list of pairs for a table of its own.
    column = pd.Series(list(keys), index=frame.index, dtype=object)
    return frame.assign(**{COLUMN: column})


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame, without pandas turning whole numbers into others."""
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in frame.itertuples(index=False, name=None)]


def cell_rows(cells: Sequence[CellValues], heads: Heads, columns: Sequence[Column]) -> list[Row]:
    """One row per cell."""
    return [
        Row((*heads.entries(each.cell), *values_of(each.spreads, columns)), key=paper_cell(each.cell)) for each in cells
    ]


def finished(rows: Sequence[Row], columns: Sequence[Column]) -> tuple[Row, ...]:
    """The rows with the best values marked, and n said where it is not that of most."""
    entries = [entry for row in rows for entry in row.entries]
    usual = usual_count(entry.spread for entry in entries if entry.spread is not None)
    counted = [replace(row, entries=tuple(_with_count(entry, usual) for entry in row.entries)) for row in rows]
    best = {place: _best(counted, place, column) for place, column in enumerate(columns)}
    return tuple(
        replace(row, entries=tuple(_marked(row, entry, best[place]) for place, entry in enumerate(row.entries)))
        for row in counted
    )


def assembled(
    name: str,
    title: str,
    number: int | None,
    caption: str,
    heads: Heads,
    columns: Sequence[Column],
    cells: Sequence[CellValues],
    baselines: Iterable[Row] = (),
) -> Table:
    """A table of cells and their baselines; `name` is its identifier, `caption` lacks only what spreads are over."""
    whole = (*heads.columns(), *columns)
    rows = finished([*cell_rows(cells, heads, columns), *baselines], whole)
    return Table(name, title, f"{caption} {spread_note(all_spreads(rows))}", whole, rows, number)


def all_spreads(rows: Sequence[Row]) -> list[Spread]:
    """Every spread of some rows."""
    return [entry.spread for row in rows for entry in row.entries if entry.spread is not None]


def value_entry(spread: Spread, column: Column) -> Entry:
    """A spread as an entry of a column."""
    assert column.style is not None
    if spread.mean is None:
        return Entry(MISSING, missing=True)
    return Entry(column.style.text(spread), spread, sort=column.style.scaled(spread.mean))


def values_of(spreads: Mapping[Hashable, Spread], columns: Sequence[Column]) -> list[Entry]:
    """A cell's entries in some columns."""
    return [value_entry(spreads.get(column.key, NOTHING), column) for column in columns]


def _with_count(entry: Entry, usual: int | None) -> Entry:
    spread = entry.spread
    if spread is None or spread.over != "inits" or spread.n == usual:
        return entry
    return replace(entry, text=f"{entry.text} (n={spread.n})")


def _best(rows: Sequence[Row], place: int, column: Column) -> float | None:
    values = [row.entries[place].sort for row in rows if row.kind == "cell" and row.entries[place].spread is not None]
    known = [value for value in values if value is not None]
    if len(known) < 2 or not column.better:
        return None
    return max(known) if column.better == "high" else min(known)


def _marked(row: Row, entry: Entry, best: float | None) -> Entry:
    is_best = best is not None and row.kind == "cell" and entry.spread is not None and entry.sort == best
    return replace(entry, best=True) if is_best else entry
