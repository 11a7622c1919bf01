"""Cells: the axes that tell configurations apart, what people call them, and their order."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

AXES = (
    "data",
    "path",
    "classes",
    "subset",
    "pool",
    "image",
    "model",
    "width",
    "epochs",
    "lr",
    "weight_decay",
    "schedule",
    "crop",
    "flip",
    "fraction",
    "exclude",
    "precision",
    "momentum",
    "rewind",
    "batch_size",
)
"""Columns that say which cell a row belongs to, the paper's three axes last, in the order of its tables."""

PAPER_AXES = ("momentum", "rewind", "batch_size")
"""The axes that the paper varies; always shown."""

TITLES = {"momentum": "μ", "batch_size": "batch", "rewind": "rewind", "weight_decay": "decay"}
DATA_TITLES = {
    "digits": "digits",
    "mnist": "MNIST",
    "fashion-mnist": "Fashion-MNIST",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "tinyimagenet": "TinyImageNet",
    "eurosat": "EuroSAT",
}


def shown_axes(frame: pd.DataFrame) -> tuple[str, ...]:
    """The axes that tell the cells of a frame apart, and always the paper's three."""
    present = (axis for axis in AXES if axis in frame.columns)
    return tuple(axis for axis in present if axis in PAPER_AXES or frame[axis].nunique(dropna=False) > 1)


def axis_title(axis: str) -> str:
    """What people call an axis."""
    return TITLES.get(axis, axis)


def axis_value(axis: str, value: Any) -> str:
    """A value of an axis for people: `0.9`, `MNIST`, and `-` for none."""
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return "-"
    if axis == "data":
        return DATA_TITLES.get(str(value), str(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def cell_label(cell: Mapping[str, Any], axes: Iterable[str]) -> str:
    """One configuration in a few words: `μ 0.9, rewind 2, batch 32`. What it does without goes without saying."""
    said = [axis for axis in axes if axis in PAPER_AXES or plain(cell[axis]) is not None]
    return ", ".join(f"{axis_title(axis)} {axis_value(axis, cell[axis])}" for axis in said)


def in_order(frame: pd.DataFrame, extra: Sequence[str] = ()) -> pd.DataFrame:
    """The rows in the order of the paper's tables: by data, then rewinding or not, then momentum, then batch size."""
    first = [axis for axis in AXES if axis in frame.columns and axis not in PAPER_AXES]
    keys = [*first, "rewind", "momentum", "batch_size", *extra]
    return frame.sort_values(keys, kind="stable", na_position="first", ignore_index=True)


def plain(value: Any) -> Any:
    """An entry as plain Python, None for every kind of null: two of these are equal where the cells are."""
    if isinstance(value, np.generic):
        value = value.item()
    # Only NaN differs from itself; asking pandas takes thirty times as long, for each of very many entries.
    return None if value is None or value is pd.NA or value != value else value
