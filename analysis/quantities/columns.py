"""What reading a quantity from a run's tables starts from: rows of values, and who made them."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from analysis.cells import AXES, plain
from analysis.run import Run

INIT = ["seed", "init"]
LINEAGE = [*AXES, *INIT, "sibling"]
"""The columns that tell lineages apart; names of trials differ between runs."""


def values(frame: pd.DataFrame, column: str, keys: Sequence[str] = ()) -> pd.DataFrame:
    """Rows of cell, initialisation, `keys` and `value`; those without a value are left out."""
    wanted = [*AXES, *INIT, *keys]
    if frame.empty:
        return pd.DataFrame(columns=[*wanted, "value"])
    return frame.dropna(subset=[column])[[*wanted, column]].rename(columns={column: "value"})


def dense(run: Run) -> pd.DataFrame:
    """The `levels` rows of dense training, of every sibling."""
    levels = run["levels"]
    return levels[levels["level"] == 0] if len(levels) else levels


def lineages(run: Run) -> pd.DataFrame:
    """The `levels` rows of the lineages that prune; of all, where none does.

    Dense siblings end at level 0 and are no tickets, so they would make a row's first entry another lineage's.
    """
    levels = run["levels"]
    if levels.empty:
        return levels
    prunes = levels.groupby(LINEAGE, dropna=False)["level"].transform("max") > 0
    return levels[prunes] if prunes.any() else levels


def same_cells(frame: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """The rows whose cell another frame has too."""
    if frame.empty:
        return frame
    wanted = set(_cells(other))
    return frame[[cell in wanted for cell in _cells(frame)]]


def _cells(frame: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    columns = (map(plain, frame[axis]) for axis in AXES)
    return zip(*columns, strict=True)
