"""Linear probes of frozen networks, halfway and after the last block (the paper's Table 3)."""

from collections.abc import Hashable, Iterator, Sequence

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
from analysis.tables.numbers import PERCENT
from analysis.tables.table import Column, Row, Table

BASELINES = {"permuted": "Permuted baseline", "reinitialised": "Reinitialised baseline"}
CAPTION = (
    "Test accuracy in percent of a linear classifier on the features of a frozen ticket, after a block halfway and "
    "after the last. Baselines are of the best ticket: its mask shuffled within layers, or its weights drawn anew."
)


def probes_table(evidence: Evidence, levels: Sequence[int] | None = None) -> Table | None:
    """Table 3 for every cell that has probes; None without evidence."""
    frame = evidence.of("probe_accuracy")
    wanted = studied_levels(frame, levels) if len(frame) else ()
    if not wanted:
        return None
    places = _with_places(frame[frame["level"].isin(wanted)])
    tickets = places[places["network"] == "ticket"]
    if tickets.empty:
        return None
    heads = Heads.of(tickets, extra=("batchnorm",))
    values = _columns(tickets, wanted)
    columns = (*heads.columns(), *values)
    cells = cells_of(tickets, heads)
    rows = finished(
        [*cell_rows(cells, heads, values), *_baselines(places, cells, heads, values, level_key(frame, wanted[0]))],
        columns,
    )
    caption = f"{CAPTION} {spread_note(all_spreads(rows))}"
    return Table("probes", "Linear probes of frozen tickets", caption, columns, rows, 3)


def _with_places(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows after the block halfway and the last one."""
    half, last = frame["block"] == frame["blocks"] // 2, frame["block"] == frame["blocks"]
    frame = frame.assign(place=half.map({True: "half", False: "last"}))
    keys = [(level_key(frame, int(level)), place) for level, place in zip(frame["level"], frame["place"], strict=True)]
    return in_columns(frame, keys)[half | last]


def _columns(frame: pd.DataFrame, levels: Sequence[int]) -> tuple[Column, ...]:
    blocks = {place: sorted(set(group["block"])) for place, group in frame.groupby("place")}
    names = {"half": "Halfway", "last": "Last block"}
    titles = {place: f"Block {found[0]}" if len(found) == 1 else names[str(place)] for place, found in blocks.items()}
    return tuple(
        Column(titles[place], sparsity_title(frame, level), (level_key(frame, level), place), PERCENT, "high")
        for level in levels
        for place in names
        if place in titles
    )


def _baselines(
    frame: pd.DataFrame, cells: Sequence[CellValues], heads: Heads, columns: Sequence[Column], level: Hashable
) -> Iterator[Row]:
    """The baselines of the ticket that is best after the last block at the first level."""
    for network, label in BASELINES.items():
        others = frame[frame["network"] == network]
        found = {heads.place(each.cell): each for each in cells_of(others, heads)} if len(others) else {}
        for words, group in by_setting(cells):
            best = best_cell(group, [(level, "last")])
            own = found.get(heads.place(best.cell)) if best is not None else None
            if own is not None:
                yield baseline_row(label, words, own, heads, columns)
