"""Panels of curves, one per cell: what most figures are."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from analysis.cells import axis_value
from analysis.figures.frames import Cell, groups, parts, with_gaps
from analysis.figures.lines import Curve, LinesPanel
from analysis.figures.palette import Palette
from analysis.figures.panel import Axis

TOGETHER = 8
"""Curves up to which several rewind points share a panel."""

MOST_CURVES = 16
"""Curves of one panel; more go on into another one."""


def cell_curves(
    frame: pd.DataFrame, palette: Palette, without: Sequence[str] = (), gaps: str | None = None
) -> list[Curve]:
    """One curve per cell of a frame with `x`, `mean`, `std` and `n`.

    Args:
        frame: its rows.
        palette: colours and labels.
        without: axes that labels do not name.
        gaps: a column that counts; where it skips, the line breaks.
    """
    return [Curve(palette.label(cell, without), palette.look(cell), _line(rows, gaps)) for cell, rows in groups(frame)]


def keyed_curves(
    frame: pd.DataFrame, palette: Palette, key: str, order: Sequence[str], named: Callable[[Cell, Any], str]
) -> list[Curve]:
    """One curve per cell and value of a key, which has the dash and marker, and the cell the colour."""
    found = []
    for cell, rows in groups(frame):
        look = palette.look(cell)
        for index, value in enumerate(order):
            some = rows[rows[key] == value]
            if len(some):
                found.append(Curve(named(cell, value), look.styled(index), _line(some, None), marked=True))
    return found


def panels_of(
    frame: pd.DataFrame,
    palette: Palette,
    x: Axis,
    y: Axis,
    title: str = "",
    gaps: str | None = None,
    apart: bool = False,
) -> list[LinesPanel]:
    """Panels of curves by cell; rewind points have panels of their own if `apart`, or if curves are many."""
    found: list[LinesPanel] = []
    if apart or len(list(groups(frame))) > TOGETHER:
        for rewind, rows in parts(frame, "rewind"):
            curves = cell_curves(rows, palette, ("rewind",), gaps)
            found += in_panels(curves, x, y, joined(title, rewind_title(rewind, palette)))
        return found
    return in_panels(cell_curves(frame, palette, gaps=gaps), x, y, title)


def in_panels(curves: Sequence[Curve], x: Axis, y: Axis, title: str, rule: float | None = None) -> list[LinesPanel]:
    """The curves in as many panels as they need to be told apart."""
    if len(curves) <= MOST_CURVES:
        return [LinesPanel(title, x, y, tuple(curves), rule)] if curves else []
    found = []
    for first in range(0, len(curves), MOST_CURVES):
        some = tuple(curves[first : first + MOST_CURVES])
        which = f"curves {first + 1} to {first + len(some)} of {len(curves)}"
        found.append(LinesPanel(joined(title, which), x, y, some, rule))
    return found


def rewind_title(rewind: Any, palette: Palette) -> str:
    """What a panel says of its rewind point; nothing where the run has only one."""
    if len(palette.rewinds) < 2 and not (pd.notna(rewind) and palette.rewinds):
        return ""
    if rewind == 0:
        return "no pretraining"
    return f"rewind {axis_value('rewind', rewind)}"


def joined(*titles: str) -> str:
    """Parts of a title that say something."""
    return ", ".join(title for title in titles if title)


def _line(rows: pd.DataFrame, gaps: str | None) -> pd.DataFrame:
    rows = rows if gaps is None else with_gaps(rows, gaps)
    # A gap has no place of its own: it takes the one between its neighbours, where the line then breaks.
    columns = rows[["x", "mean", "std", "n"]].astype(float)
    return columns.assign(x=columns["x"].interpolate()).sort_values("x", kind="stable").reset_index(drop=True)
