"""The two tables that a sweep ends with: stability per cell, and accuracy at sparsities per cell."""

import pandas as pd

from analysis.evidence import PER_EXAMPLE, RunEvidence
from analysis.tables.accuracy import accuracy_tables
from analysis.tables.barriers import barrier_frame, with_verdicts
from analysis.tables.heads import Heads
from analysis.tables.layout import COLUMN, assembled, cells_of
from analysis.tables.numbers import EVENTS, Style
from analysis.tables.stability import stability_frame
from analysis.tables.table import Column, Table

# Without signs of percent and with one decimal fewer than the paper, so that a run of one init fits into 80 columns.
SHARE = Style(digits=2, scale=100)
SCORE = Style(digits=3)
BARRIERS = (
    Column("interp.", "barrier", "interpolated", SHARE, "low"),
    Column("recomp.", "barrier", "recomputed", SHARE, "low"),
)
REST = (
    Column("events", "forgetting", PER_EXAMPLE, EVENTS, "low"),
    Column("never", "forgetting", "unforgettable", SHARE, "high"),
    Column("train", "conv.", "train_convergence", SCORE, "high"),
    Column("test", "conv.", "test_convergence", SCORE, "high"),
)
CAPTION = (
    "Barrier: error in percent on the line between siblings that differ in SGD noise alone, BatchNorm interpolated or "
    "recomputed. Stable is under the spec's threshold, undecided where the 95% interval straddles it. Never: percent "
    "of the examples that were learned and never forgotten. The deviation of forgetting events is over examples "
    "(ddof 0)."
)


def summary_tables(evidence: RunEvidence) -> list[Table]:
    """Both tables of a run, without those that nothing was measured for."""
    stability = _stability(evidence)
    return [*([stability] if stability is not None else []), *accuracy_tables(evidence)]


def _stability(evidence: RunEvidence) -> Table | None:
    frames = [frame for frame in (barrier_frame(evidence), stability_frame(evidence)) if len(frame)]
    if not frames:
        return None
    frame = pd.concat([frame.astype(object) for frame in frames], ignore_index=True)
    heads, there = Heads.of(frame), set(frame[COLUMN])
    barriers = [column for column in BARRIERS if column.key in there]
    values = [*barriers, *(column for column in REST if column.key in there)]
    cells = cells_of(frame, heads)
    table = assembled("summary", "Stability of dense training", None, CAPTION, heads, values, cells)
    return with_verdicts(table, cells, evidence.run, heads) if barriers else table
