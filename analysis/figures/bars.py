"""Bars in groups, from zero, with error bars."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.figures.backend import Backend, hvplot
from analysis.figures.palette import Look
from analysis.figures.panel import Axis, Entry, overlay

GROUP = 0.8
"""Width of a group; the rest is the space between groups."""


@dataclass(frozen=True, eq=False)
class Bars:
    """Bars of one colour; `frame` has `group` (0, 1, ...), `mean`, `std` and `n`."""

    label: str
    look: Look
    frame: pd.DataFrame


@dataclass(frozen=True, eq=False)
class BarsPanel:
    """One group per category, in which each configuration has its place; what was not measured leaves it empty."""

    title: str
    groups: tuple[str, ...]
    y: Axis
    bars: tuple[Bars, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """One per colour."""
        return tuple(Entry(bars.label, bars.look, "bar") for bars in self.bars)

    def draw(self, backend: Backend, legend: bool = False) -> Any:
        """As `Panel.draw`."""
        places = [self._places(index, bars) for index, bars in enumerate(self.bars)]
        elements = [_drawn(frame, self.y, backend) for frame in places]
        elements += [_errors(frame, backend) for frame in places if frame["std"].notna().any()]
        ticks = tuple((float(index), text.replace(" ", "\n")) for index, text in enumerate(self.groups))
        x = Axis("", ticks, limits=(-0.6, len(self.groups) - 0.4))
        return overlay(elements, self.title, x, self.y, backend, False)

    def _places(self, index: int, bars: Bars) -> pd.DataFrame:
        width = GROUP / len(self.bars)
        middle = bars.frame["group"] - GROUP / 2 + width * (index + 0.5)
        error = bars.frame["std"].map(lambda std: "" if pd.isna(std) else f" ± {std:.2g}")
        return bars.frame.assign(
            x=middle,
            left=middle - width * 0.46,
            right=middle + width * 0.46,
            bottom=0.0,
            series=bars.label,
            colour=bars.look.colour,
            shown=bars.frame["mean"].map("{:.4g}".format) + error,
        )


def _drawn(frame: pd.DataFrame, y: Axis, backend: Backend) -> Any:
    import holoviews as hv

    # hvPlot's own bars take no error bars in groups, so these are rectangles at places that both can share.
    known = frame.dropna(subset=["mean"])
    bars = hv.Rectangles(known, ["left", "bottom", "right", "mean"], ["series", "shown"])
    colour = str(frame["colour"].iloc[0])
    if backend == "matplotlib":
        return bars.opts(facecolor=colour, edgecolor="none", backend=backend)
    tooltips = [("", "@series"), (y.label, "@shown")]
    return bars.opts(
        color=colour, line_color=None, tools=["hover"], hover_tooltips=tooltips, responsive=True, backend=backend
    )


def _errors(frame: pd.DataFrame, backend: Backend) -> Any:
    known = frame.dropna(subset=["std"])
    return hvplot(known[["x", "mean", "std"]]).errorbars(x="x", y="mean", yerr1="std").opts(backend=backend)
