"""From evidence to rows: one row per cell, one column per thing shown, best values marked, what is missing said so."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis.cells import in_order
from analysis.spread import NOTHING, Spread
from analysis.tables.captions import usual_count
from analysis.tables.heads import Heads, paper_cell, paper_data, setting
from analysis.tables.table import MISSING, Column, Entry, Row

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
        Row((*heads.entries(each.cell), *_values(each.spreads, columns)), key=paper_cell(each.cell)) for each in cells
    ]


def baseline_row(label: str, words: str, own: CellValues, heads: Heads, columns: Sequence[Column]) -> Row:
    """A row under the cells; its label, with `words` on its setting, spans the columns that head the others."""
    blank = [Entry("") for _ in heads.axes[1:]]
    first = Entry(f"{label} ({words})" if words else label)
    return Row((first, *blank, *_values(own.spreads, columns)), "baseline", (label, *paper_data(own.cell)))


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


def by_setting(cells: Sequence[CellValues]) -> Iterator[tuple[str, list[CellValues]]]:
    """The cells that share a baseline, each group with words to tell it from the others: none if it is the only one."""
    groups: dict[tuple[Hashable, ...], list[CellValues]] = {}
    for each in cells:
        groups.setdefault(setting(each.cell), []).append(each)
    places = range(len(next(iter(groups)))) if groups else range(0)
    telling = [place for place in places if len({key[place] for key in groups}) > 1]
    for key, group in groups.items():
        yield " ".join(str(key[place]) for place in telling if key[place] is not None), group


def best_cell(cells: Sequence[CellValues], keys: Sequence[Hashable]) -> CellValues | None:
    """The cell with the highest mean over these columns, among those that have most of them."""
    found = [(values, each) for each in cells if (values := _known(each, keys))]
    if not found:
        return None
    most = max(len(values) for values, _ in found)
    complete = [(sum(values) / most, place) for place, (values, _) in enumerate(found) if len(values) == most]
    return found[max(complete, key=lambda each: (each[0], -each[1]))[1]][1]


def all_spreads(rows: Sequence[Row]) -> list[Spread]:
    """Every spread of some rows."""
    return [entry.spread for row in rows for entry in row.entries if entry.spread is not None]


def value_entry(spread: Spread, column: Column) -> Entry:
    """A spread as an entry of a column."""
    assert column.style is not None
    if spread.mean is None:
        return Entry(MISSING, missing=True)
    return Entry(column.style.text(spread), spread, sort=column.style.scaled(spread.mean))


def _values(spreads: Mapping[Hashable, Spread], columns: Sequence[Column]) -> list[Entry]:
    return [value_entry(spreads.get(column.key, NOTHING), column) for column in columns]


def _known(each: CellValues, keys: Sequence[Hashable]) -> list[float]:
    return [spread.mean for key in keys if (spread := each.spreads.get(key, NOTHING)).mean is not None]


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
