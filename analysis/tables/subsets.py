"""Training without the examples forgotten least, or most (the paper's Table 7)."""

import pandas as pd

from analysis.evidence import Evidence
from analysis.tables.heads import Heads
from analysis.tables.layout import COLUMN, assembled, cells_of, in_columns
from analysis.tables.numbers import PERCENT, share_text
from analysis.tables.table import Column, Table

GROUPS = {"nothing": "", "easiest": "Easiest samples removed", "hardest": "Hardest samples removed"}
CAPTION = "Test accuracy in percent of dense training without the examples that were forgotten least, or most."


def subsets_table(evidence: Evidence) -> Table | None:
    """Table 7 for every cell; None without evidence."""
    frame = evidence.of("subset_accuracy")
    if frame.empty:
        return None
    frame = in_columns(frame, zip(frame["removed"], frame["share"], strict=True))
    heads = Heads.of(frame, always=())
    title = "Training without the easiest or hardest samples"
    return assembled("subsets", title, 7, CAPTION, heads, _columns(frame), cells_of(frame, heads))


def _columns(frame: pd.DataFrame) -> tuple[Column, ...]:
    known = dict.fromkeys([*GROUPS, *frame["removed"]])
    found = set(frame[COLUMN])
    return tuple(
        Column(
            "Original" if removed == "nothing" else share_text(share),
            GROUPS.get(removed, f"{removed} removed"),
            (removed, share),
            PERCENT,
            "high",
        )
        for removed in known
        for share in sorted(share for name, share in found if name == removed)
    )
