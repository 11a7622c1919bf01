"""A table as comma-separated values: the numbers behind it in full, and not what is printed."""

import pandas as pd

from analysis.tables.numbers import Style
from analysis.tables.render.heading import heading
from analysis.tables.table import Entry, Table


def render_csv(table: Table) -> str:
    """One line per row; mean, deviation, bound and n of each value in columns of their own, in the printed unit.

    What is missing is empty.
    """
    text: str = frame_of(table).to_csv(index=False, lineterminator="\n")
    return text


def frame_of(table: Table) -> pd.DataFrame:
    """What `render_csv` writes, as a frame."""
    columns: dict[str, list[object]] = {}
    for place, column in enumerate(table.columns):
        name = heading(column)
        entries = [row.entries[place] for row in table.rows]
        if column.style is None:
            columns[name] = [None if entry.missing else entry.text for entry in entries]
            continue
        unit = f" [{column.style.unit}]" if column.style.unit else ""
        style = column.style
        columns[f"{name}{unit}"] = [entry.sort for entry in entries]
        columns[f"{name} std{unit}"] = [_std(entry, style) for entry in entries]
        columns[f"{name} n"] = [entry.spread.n if entry.spread else None for entry in entries]
        if any(entry.spread and entry.spread.bound for entry in entries):
            columns[f"{name} bound"] = [entry.spread.bound if entry.spread else None for entry in entries]
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})


def _std(entry: Entry, style: Style) -> float | None:
    std = entry.spread.with_ddof(style.ddof).std if entry.spread else None
    return None if std is None else style.scaled(std)
