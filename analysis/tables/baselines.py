"""Rows under the cells of a table: what tickets are compared with, one row per data set and architecture."""

from collections.abc import Hashable, Iterator, Sequence

import pandas as pd

from analysis.spread import NOTHING
from analysis.tables.heads import Heads, paper_data, setting
from analysis.tables.layout import CellValues, cells_of, values_of
from analysis.tables.table import Column, Entry, Row


def of_best_ticket(
    label: str,
    frame: pd.DataFrame,
    tickets: Sequence[CellValues],
    keys: Sequence[Hashable],
    heads: Heads,
    columns: Sequence[Column],
) -> Iterator[Row]:
    """The baseline of the ticket that is best over the columns `keys`; `frame` has the baselines of all tickets."""
    found = {heads.place(each.cell): each for each in cells_of(frame, heads)} if len(frame) else {}
    for words, group in _by_setting(tickets):
        best = _best_cell(group, keys)
        own = found.get(heads.place(best.cell)) if best is not None else None
        if own is not None:
            yield _row(label, words, own, heads, columns)


def best_of_all(label: str, frame: pd.DataFrame, heads: Heads, columns: Sequence[Column]) -> Iterator[Row]:
    """The best of the baselines in `frame`, whichever cell it is of."""
    for words, group in _by_setting(cells_of(frame, heads)) if len(frame) else ():
        best = _best_cell(group, [column.key for column in columns])
        if best is not None:
            yield _row(label, words, best, heads, columns)


def _row(label: str, words: str, own: CellValues, heads: Heads, columns: Sequence[Column]) -> Row:
    """A row under the cells; its label, with `words` on its setting, spans the columns that head the others."""
    blank = [Entry("") for _ in heads.axes[1:]]
    first = Entry(f"{label} ({words})" if words else label)
    return Row((first, *blank, *values_of(own.spreads, columns)), "baseline", (label, *paper_data(own.cell)))


def _by_setting(cells: Sequence[CellValues]) -> Iterator[tuple[str, list[CellValues]]]:
    """The cells that share a baseline, each group with words to tell it from the others: none if it is the only one."""
    groups: dict[tuple[Hashable, ...], list[CellValues]] = {}
    for each in cells:
        groups.setdefault(setting(each.cell), []).append(each)
    places = range(len(next(iter(groups)))) if groups else range(0)
    telling = [place for place in places if len({key[place] for key in groups}) > 1]
    for key, group in groups.items():
        yield " ".join(str(key[place]) for place in telling if key[place] is not None), group


def _best_cell(cells: Sequence[CellValues], keys: Sequence[Hashable]) -> CellValues | None:
    """The cell with the highest mean over these columns, among those that have most of them."""
    found = [(values, each) for each in cells if (values := _known(each, keys))]
    if not found:
        return None
    most = max(len(values) for values, _ in found)
    complete = [(sum(values) / most, place) for place, (values, _) in enumerate(found) if len(values) == most]
    return found[max(complete, key=lambda each: (each[0], -each[1]))[1]][1]


def _known(each: CellValues, keys: Sequence[Hashable]) -> list[float]:
    return [spread.mean for key in keys if (spread := each.spreads.get(key, NOTHING)).mean is not None]
