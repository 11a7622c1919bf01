"""Test accuracy of tickets by sparsity (the paper's Tables 2, 8 and 9): one table per data set."""

from collections.abc import Sequence

import pandas as pd

from analysis.cells import axis_value
from analysis.evidence import Evidence
from analysis.tables.heads import Heads
from analysis.tables.layout import assembled, cells_of, in_columns
from analysis.tables.levels import level_key, level_title, shown_levels
from analysis.tables.numbers import PERCENT
from analysis.tables.table import Column, Table

NUMBERS = {"cifar100": 8, "tinyimagenet": 9}
LAYOUT = 2
TITLE = "Test accuracy of tickets by sparsity"


def accuracy_tables(evidence: Evidence, levels: Sequence[int] | None = None) -> list[Table]:
    """One table per data set; levels that were asked for are shown even where they are missing."""
    frame = evidence.of("accuracy")
    names = frame["data"].drop_duplicates().tolist() if len(frame) else []
    return [accuracy_table(frame[frame["data"] == name], name, levels) for name in names]


def accuracy_table(frame: pd.DataFrame, data: str, levels: Sequence[int] | None = None) -> Table:
    """The table of one data set."""
    wanted = tuple(levels) if levels is not None else shown_levels(int(frame["level"].max()))
    frame = in_columns(frame, [level_key(frame, int(level)) for level in frame["level"]])
    values = tuple(
        Column(level_title(frame, level), "Sparsity", level_key(frame, level), PERCENT, "high") for level in wanted
    )
    heads = Heads.of(frame, always=("data", "rewind"))
    caption = "Test accuracy in percent; 0.00% sparsity is the dense network."
    title = f"{TITLE}: {axis_value('data', data)}"
    number = NUMBERS.get(data, LAYOUT)
    return assembled(f"accuracy-{_safe(data)}", title, number, caption, heads, values, cells_of(frame, heads))


def _safe(name: str) -> str:
    """A name as a part of an identifier: a user's own data set has dots and colons in its name."""
    return "".join(character if character.isalnum() else "-" for character in name)
