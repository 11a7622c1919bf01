"""Linear probes of frozen networks, halfway and after the last block (the paper's Table 3)."""

from collections.abc import Sequence

import pandas as pd

from analysis.evidence import Evidence
from analysis.tables.baselines import of_best_ticket
from analysis.tables.heads import Heads
from analysis.tables.layout import assembled, cells_of, in_columns
from analysis.tables.levels import level_key, sparsity_title, studied_levels
from analysis.tables.numbers import PERCENT
from analysis.tables.table import Column, Table

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
    heads, values = Heads.of(tickets, extra=("batchnorm",)), _columns(tickets, wanted)
    cells = cells_of(tickets, heads)
    # The ticket that is best after the last block at the first level.
    keys = [(level_key(frame, wanted[0]), "last")]
    baselines = [
        row
        for network, label in BASELINES.items()
        for row in of_best_ticket(label, places[places["network"] == network], cells, keys, heads, values)
    ]
    title = "Linear probes of frozen tickets"
    return assembled("probes", title, 3, CAPTION, heads, values, cells, baselines)


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
