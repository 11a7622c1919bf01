"""The columns that say which row it is: the axes that tell the cells of a table apart, the paper's first."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.cells import axis_title, axis_value, plain, shown_axes
from analysis.tables.table import Column, Entry

FIRST = ("data", "momentum", "rewind", "batch_size")
"""The order of the paper's tables; other axes follow."""

TITLES: Mapping[str, str] = {
    "data": "Dataset",
    "momentum": "μ",
    "batch_size": "Batch",
    "batchnorm": "BatchNorm",
    "method": "Method",
}
SETTING = ("data", "path", "classes", "subset", "pool", "image", "model", "width")
"""Cells that differ in these have baselines of their own."""


@dataclass(frozen=True)
class Heads:
    """Which axes are shown, and how.

    Attributes:
        axes: in the order of the columns.
        flag: whether rewinding is shown as the paper does, X or ✓: possible with one rewind point besides 0.
    """

    axes: tuple[str, ...]
    flag: bool

    @classmethod
    def of(cls, frame: pd.DataFrame, extra: tuple[str, ...] = (), always: tuple[str, ...] = ("rewind",)) -> "Heads":
        """The heads of a frame of evidence.

        Args:
            frame: columns as `Evidence.of`.
            extra: columns besides the axes that are shown where they vary.
            always: axes that are shown even where all cells share them; momentum and batch size always are.
        """
        varying = [axis for axis in (*shown_axes(frame), *extra) if _varies(frame, axis)]
        kept = {*varying, *always, "momentum", "batch_size"}
        rest = [axis for axis in varying if axis not in FIRST]
        epochs = {epoch for epoch in frame["rewind"].dropna() if epoch != 0}
        return cls(tuple([*(axis for axis in FIRST if axis in kept), *rest]), flag=len(epochs) <= 1)

    def columns(self) -> tuple[Column, ...]:
        """One column per axis."""
        return tuple(Column(self._title(axis), key=axis, heads=True) for axis in self.axes)

    def entries(self, cell: Mapping[str, Any]) -> tuple[Entry, ...]:
        """What a row begins with."""
        return tuple(self._entry(axis, plain(cell[axis])) for axis in self.axes)

    def place(self, cell: Mapping[str, Any]) -> tuple[Hashable, ...]:
        """What tells a cell apart from the others of its table."""
        return tuple(plain(cell[axis]) for axis in self.axes)

    def _title(self, axis: str) -> str:
        if axis == "rewind":
            return "Pretrain" if self.flag else "Rewind"
        return TITLES.get(axis, axis_title(axis))

    def _entry(self, axis: str, value: Any) -> Entry:
        sort = float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
        if axis == "rewind" and self.flag and value is not None:
            return Entry("✓" if value else "X", sort=sort)
        text = momentum_text(value) if axis == "momentum" and value is not None else axis_value(axis, value)
        return Entry(text, sort=sort)


def momentum_text(momentum: float) -> str:
    """`0.0`, `0.9`, `0.95`: with a decimal, as in the paper."""
    return f"{momentum:.1f}" if momentum == 0 else f"{momentum:g}"


def paper_cell(cell: Mapping[str, Any]) -> tuple[Hashable, ...]:
    """What a cell must share with one of the paper for their numbers to be shown beside each other."""
    rewind = plain(cell["rewind"])
    same = (*paper_data(cell), plain(cell["momentum"]), plain(cell["batch_size"]))
    return (*same, None if rewind is None else rewind > 0)


def paper_data(cell: Mapping[str, Any]) -> tuple[Hashable, ...]:
    """The data of a cell, as far as the paper's are told apart by them."""
    return tuple(plain(cell[axis]) for axis in ("data", "classes", "subset"))


def setting(cell: Mapping[str, Any]) -> tuple[Hashable, ...]:
    """What cells share that have a baseline in common."""
    return tuple(plain(cell[axis]) for axis in SETTING)


def _varies(frame: pd.DataFrame, column: str) -> bool:
    # A method without a reading of BatchNorm is none of another one.
    return column in frame and frame[column].nunique(dropna=column == "batchnorm") > 1
