"""Runs made by hand without a folder: the rows of `made_runs`, perhaps changed, as a `Run`."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.run import Origin, Run, Tables
from raylth.tables.schema import TABLES
from tests.analysis.report.made_runs import all_tables

Row = Mapping[str, Any]


def run_of(tables: Mapping[str, Sequence[Row]]) -> Run:
    """A run of these rows, every table with all columns of its schema."""
    columns = {name: [column.name for column in TABLES[name]] for name in tables}
    frames = {name: pd.DataFrame(list(rows), columns=columns[name]) for name, rows in tables.items()}
    columns = {name: list(frame.columns) for name, frame in frames.items()}
    return Run((Origin("made", "made", {}, "", (), None),), Tables(columns, frames.__getitem__))


def whole_run(**changes: Any) -> Run:
    """A run with every table, and with these values in all rows."""
    return run_of({name: [{**row, **changes} for row in rows] for name, rows in all_tables().items()})
