"""The two tables that a sweep ends with: stability per cell, and accuracy at sparsities per cell."""

import pandas as pd

from analysis.evidence import PER_EXAMPLE, RunEvidence
from analysis.run import Run
from analysis.tables.accuracy import accuracy_tables
from analysis.tables.barriers import VERDICT, barrier_frame, verdict_entry, verdicts, with_entry
from analysis.tables.captions import spread_note
from analysis.tables.heads import Heads
from analysis.tables.layout import COLUMN, all_spreads, cell_rows, cells_of, finished
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


def summary_tables(run: Run) -> list[Table]:
    """Both tables of a run, without those that nothing was measured for."""
    stability = _stability(run)
    return [*([stability] if stability is not None else []), *accuracy_tables(RunEvidence(run))]


def _stability(run: Run) -> Table | None:
    frames = [frame for frame in (barrier_frame(run), stability_frame(RunEvidence(run))) if len(frame)]
    if not frames:
        return None
    frame = pd.concat([frame.astype(object) for frame in frames], ignore_index=True)
    heads = Heads.of(frame)
    there = set(frame[COLUMN])
    barriers, rest = ([column for column in columns if column.key in there] for columns in (BARRIERS, REST))
    cells, counts = cells_of(frame, heads), verdicts(run, heads)
    first = cell_rows(cells, heads, [*barriers, *rest])
    rows = finished(first, (*heads.columns(), *barriers, *rest))
    columns = (*heads.columns(), *barriers, *rest)
    if barriers:
        columns = (*columns, VERDICT)
        rows = tuple(
            with_entry(row, verdict_entry(counts.get(heads.place(each.cell), {})))
            for row, each in zip(rows, cells, strict=True)
        )
    caption = f"{CAPTION} {spread_note(all_spreads(rows))}"
    return Table("summary", "Stability of dense training", caption, columns, rows)
