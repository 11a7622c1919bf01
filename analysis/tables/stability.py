"""Forgetting and convergence of dense training (the paper's Table 1)."""

from collections.abc import Mapping

import pandas as pd

from analysis.evidence import PER_EXAMPLE, Evidence
from analysis.tables.heads import Heads
from analysis.tables.layout import COLUMN, assembled, cells_of
from analysis.tables.numbers import EVENTS, PERCENT, SCORE
from analysis.tables.table import Column, Table

COLUMNS = (
    Column("Forgetting events", key=PER_EXAMPLE, style=EVENTS, better="low"),
    Column("Unforgettable samples", key="unforgettable", style=PERCENT, better="high"),
    Column("Train convergence", key="train_convergence", style=SCORE, better="high"),
    Column("Test convergence", key="test_convergence", style=SCORE, better="high"),
)
CAPTION = (
    "Forgetting events per example, ± the standard deviation over examples (ddof 0). Unforgettable: learned at least "
    "once and never forgotten. Convergence: equation (3), 1 being immediate."
)


def stability_table(evidence: Evidence) -> Table | None:
    """Table 1 for every cell; None without evidence."""
    frame = stability_frame(evidence)
    if frame.empty:
        return None
    heads = Heads.of(frame, always=())
    title = "Forgetting and convergence of dense training"
    return assembled("stability", title, 1, CAPTION, heads, COLUMNS, cells_of(frame, heads))


def stability_frame(evidence: Evidence) -> pd.DataFrame:
    """All of Table 1 in one frame."""
    return together({quantity: evidence.of(quantity) for quantity in (str(column.key) for column in COLUMNS)})


def together(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Frames of evidence as one, whose column `column` has their names."""
    filled = [frame.assign(**{COLUMN: name}) for name, frame in frames.items() if len(frame)]
    # As objects: columns that are null in one frame and numbers in another would change their type.
    return pd.concat([frame.astype(object) for frame in filled], ignore_index=True) if filled else pd.DataFrame()
