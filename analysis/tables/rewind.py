"""The first stable epoch (the paper's Table 6): cells are columns, so that there is one row per setting."""

from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd

from analysis.cells import cell_label, plain, shown_axes
from analysis.evidence import Evidence
from analysis.spread import Spread
from analysis.tables.captions import spread_note
from analysis.tables.heads import momentum_text, paper_data
from analysis.tables.layout import COLUMN, all_spreads, finished, in_columns, records, value_entry
from analysis.tables.numbers import EPOCHS
from analysis.tables.table import MISSING, Column, Entry, Row, Table

ACROSS = ("momentum", "rewind", "batch_size")
CAPTION = (
    "The first epoch from which siblings that differ in SGD noise alone end within the spec's threshold of error "
    "barrier. ≥ where no epoch of the search was stable."
)


def rewind_table(evidence: Evidence) -> Table | None:
    """Table 6; None without evidence."""
    frame = evidence.of("first_stable_epoch")
    if frame.empty:
        return None
    axes = [axis for axis in shown_axes(frame) if axis not in ACROSS]
    axes += ["batchnorm"] if frame["batchnorm"].nunique(dropna=False) > 1 else []
    columns = (Column("", key="row", heads=True), *_columns(frame))
    keys = [(plain(record["momentum"]), plain(record["batch_size"])) for record in records(frame)]
    frame = in_columns(frame, keys)
    rows = finished([_row(group, axes, columns[1:]) for group in _settings(frame, axes)], columns)
    caption = f"{CAPTION} {spread_note(all_spreads(rows), EPOCHS.ddof)}"
    return Table("rewind", "First stable epoch", caption, columns, rows, 6)


def _columns(frame: pd.DataFrame) -> tuple[Column, ...]:
    momenta, sizes = sorted(set(frame["momentum"])), sorted(set(frame["batch_size"]))
    # Best of a row is no use here, and best of a column says nothing with one row.
    return tuple(
        Column(f"{size:g} BS", f"μ = {momentum_text(momentum)}", (momentum, size), EPOCHS)
        for momentum in momenta
        for size in sizes
    )


def _settings(frame: pd.DataFrame, axes: Sequence[str]) -> list[pd.DataFrame]:
    if not axes:
        return [frame]
    return [group for _, group in frame.groupby(list(axes), dropna=False, sort=False)]


def _row(frame: pd.DataFrame, axes: Sequence[str], columns: Sequence[Column]) -> Row:
    cell: dict[str, Any] = records(frame)[0]
    which = cell_label(cell, axes)
    label = f"First stable epoch ({which})" if which else "First stable epoch"
    spreads: dict[Hashable, Spread] = {record[COLUMN]: record["spread"] for record in records(frame)}
    values = [
        value_entry(spreads[column.key], column) if column.key in spreads else Entry(MISSING, missing=True)
        for column in columns
    ]
    return Row((Entry(label), *values), key=("first stable epoch", *paper_data(cell)))
