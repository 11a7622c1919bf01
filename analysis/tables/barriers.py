"""Error barriers between dense siblings as numbers (the paper has them as Figure 1 only)."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from analysis.evidence import RunEvidence
from analysis.run import Run
from analysis.tables.heads import Heads
from analysis.tables.layout import COLUMN, CellValues, assembled, cells_of, records
from analysis.tables.numbers import PERCENT
from analysis.tables.table import MISSING, Column, Entry, Table

READINGS = ("interpolated", "recomputed")
VERDICTS = ("stable", "undecided", "unstable")
COLUMNS = tuple(Column(reading, "Error barrier", reading, PERCENT, "low") for reading in READINGS)
VERDICT = Column("Verdict", key="verdict")
CAPTION = (
    "Error barrier in percent on the line between siblings that differ in SGD noise alone, with BatchNorm interpolated "
    "or recomputed. Verdict: stable is under the spec's threshold, undecided where the 95% interval straddles it; "
    "pairs are counted."
)


def barriers_table(evidence: RunEvidence) -> Table | None:
    """The dense barriers of every cell; None where none was measured."""
    frame = barrier_frame(evidence)
    if frame.empty:
        return None
    heads = Heads.of(frame)
    cells, values = cells_of(frame, heads), [column for column in COLUMNS if column.key in set(frame[COLUMN])]
    table = assembled("barriers", "Error barriers of dense training", None, CAPTION, heads, values, cells)
    return with_verdicts(table, cells, evidence.run, heads)


def barrier_frame(evidence: RunEvidence) -> pd.DataFrame:
    """The dense barriers with their BatchNorm reading as the column of the table."""
    frame = evidence.of("barrier")
    return frame.assign(**{COLUMN: frame["batchnorm"]})


def with_verdicts(table: Table, cells: Sequence[CellValues], run: Run, heads: Heads) -> Table:
    """The table of these cells with how many pairs of each have which verdict."""
    counts = _verdicts(run, heads)
    rows = tuple(
        replace(row, entries=(*row.entries, _verdict_entry(counts.get(heads.place(each.cell), {}))))
        for row, each in zip(table.rows, cells, strict=True)
    )
    return replace(table, columns=(*table.columns, VERDICT), rows=rows)


def _verdicts(run: Run, heads: Heads) -> Mapping[tuple[Hashable, ...], Mapping[str, int]]:
    """How many dense pairs of each cell have each verdict, for the headline reading of BatchNorm."""
    lines = run["barriers"]
    if lines.empty:
        return {}
    dense = lines[lines["kind"] == "dense"]
    headline = dense[dense["batchnorm"] == READINGS[0]]
    counts: dict[tuple[Hashable, ...], dict[str, int]] = {}
    for record in records(headline if len(headline) else dense):
        own = counts.setdefault(heads.place(record), {})
        own[record["verdict"]] = own.get(record["verdict"], 0) + 1
    return counts


def _verdict_entry(counts: Mapping[str, int]) -> Entry:
    """`stable`, or `2 stable, 1 unstable` where pairs differ."""
    found = [(verdict, counts[verdict]) for verdict in VERDICTS if counts.get(verdict)]
    if not found:
        return Entry(MISSING, missing=True)
    if len(found) == 1:
        return Entry(found[0][0])
    return Entry(", ".join(f"{count} {verdict}" for verdict, count in found))
