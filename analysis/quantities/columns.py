"""What reading a quantity from a run's tables starts from: rows of values, and who made them."""

from collections.abc import Sequence

import pandas as pd

from analysis.cells import AXES
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
    cells = other[list(AXES)].drop_duplicates()
    # An index of tuples compares nulls as equal, which a merge on columns of mixed types does not promise.
    wanted = {tuple(None if pd.isna(value) else value for value in cell) for cell in cells.itertuples(index=False)}
    own = frame[list(AXES)].itertuples(index=False)
    return frame[[tuple(None if pd.isna(value) else value for value in cell) in wanted for cell in own]]
