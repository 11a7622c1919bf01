"""Tickets trained on a small part of the data (the paper's Table 4)."""

from collections.abc import Iterator, Sequence

import pandas as pd

from analysis.evidence import Evidence
from analysis.tables.captions import spread_note
from analysis.tables.heads import Heads
from analysis.tables.layout import (
    CellValues,
    all_spreads,
    baseline_row,
    best_cell,
    by_setting,
    cell_rows,
    cells_of,
    finished,
    in_columns,
)
from analysis.tables.levels import level_key, sparsity_title, studied_levels
from analysis.tables.numbers import PERCENT, share_text
from analysis.tables.table import Column, Row, Table

CAPTION = (
    "Test accuracy in percent after training on a share of the training images, the same images for every network. "
    "The permuted baseline is of the best ticket; the dense network is the best one, and not rewound."
)


def fewshot_table(evidence: Evidence, levels: Sequence[int] | None = None) -> Table | None:
    """Table 4 for every cell that has few-shot trainings; None without evidence."""
    frame = evidence.of("fewshot_accuracy")
    wanted = studied_levels(frame, levels) if len(frame) else ()
    tickets = _at(frame, "ticket", wanted) if wanted else frame
    if not wanted or tickets.empty:
        return None
    heads = Heads.of(tickets)
    values = _columns(tickets, wanted)
    columns = (*heads.columns(), *values)
    cells = cells_of(tickets, heads)
    baselines = [*_permuted(frame, cells, heads, values, wanted), *_dense(frame, heads, values, wanted)]
    rows = finished([*cell_rows(cells, heads, values), *baselines], columns)
    caption = f"{CAPTION} {spread_note(all_spreads(rows))}"
    return Table("fewshot", "Tickets trained on few images", caption, columns, rows, 4)


def _at(frame: pd.DataFrame, network: str, levels: Sequence[int]) -> pd.DataFrame:
    """The rows of a network, the dense one's once for every level, for it is compared with all."""
    rows = frame[frame["network"] == network]
    if network == "dense":
        rows = pd.concat([rows.assign(level=level) for level in levels], ignore_index=True)
    rows = rows[rows["level"].isin(levels)]
    keys = [(level_key(frame, int(level)), share) for level, share in zip(rows["level"], rows["share"], strict=True)]
    return in_columns(rows, keys)


def _columns(frame: pd.DataFrame, levels: Sequence[int]) -> tuple[Column, ...]:
    shares = sorted(set(frame["share"]))
    return tuple(
        Column(share_text(share), sparsity_title(frame, level), (level_key(frame, level), share), PERCENT, "high")
        for level in levels
        for share in shares
    )


def _permuted(
    frame: pd.DataFrame, cells: Sequence[CellValues], heads: Heads, columns: Sequence[Column], levels: Sequence[int]
) -> Iterator[Row]:
    rows = _at(frame, "permuted", levels)
    found = {heads.place(each.cell): each for each in cells_of(rows, heads)} if len(rows) else {}
    for words, group in by_setting(cells):
        best = best_cell(group, [column.key for column in columns])
        own = found.get(heads.place(best.cell)) if best is not None else None
        if own is not None:
            yield baseline_row("Permuted baseline", words, own, heads, columns)


def _dense(frame: pd.DataFrame, heads: Heads, columns: Sequence[Column], levels: Sequence[int]) -> Iterator[Row]:
    rows = _at(frame, "dense", levels)
    for words, group in by_setting(cells_of(rows, heads)) if len(rows) else ():
        best = best_cell(group, [column.key for column in columns])
        if best is not None:
            yield baseline_row("Best dense network", words, best, heads, columns)
