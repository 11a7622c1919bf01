"""Tickets trained on a small part of the data (the paper's Table 4)."""

from collections.abc import Sequence

import pandas as pd

from analysis.evidence import Evidence
from analysis.tables.baselines import best_of_all, of_best_ticket
from analysis.tables.heads import Heads
from analysis.tables.layout import assembled, cells_of, in_columns
from analysis.tables.levels import level_key, sparsity_title, studied_levels
from analysis.tables.numbers import PERCENT, share_text
from analysis.tables.table import Column, Table

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
    heads, values = Heads.of(tickets), _columns(tickets, wanted)
    cells, keys = cells_of(tickets, heads), [column.key for column in values]
    baselines = [
        *of_best_ticket("Permuted baseline", _at(frame, "permuted", wanted), cells, keys, heads, values),
        *best_of_all("Best dense network", _at(frame, "dense", wanted), heads, values),
    ]
    title = "Tickets trained on few images"
    return assembled("fewshot", title, 4, CAPTION, heads, values, cells, baselines)


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
