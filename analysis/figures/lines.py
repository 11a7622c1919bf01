"""Curves with bands, and points."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis.figures.backend import Backend, hvplot, plain
from analysis.figures.palette import Look
from analysis.figures.panel import LINES, MARKS, Axis, Entry, overlay

FEW_POINTS = 2
"""Curves of so few points get markers, without which one point would not show."""

RULE = "#555555"


@dataclass(frozen=True, eq=False)
class Curve:
    """A line; `frame` has `x`, `mean`, `std` (null with one initialisation) and `n`, and null means where it breaks."""

    label: str
    look: Look
    frame: pd.DataFrame
    marked: bool = False


@dataclass(frozen=True, eq=False)
class LinesPanel:
    """Curves with a band of one standard deviation; `rule` is a value that a dashed line marks."""

    title: str
    x: Axis
    y: Axis
    curves: tuple[Curve, ...]
    rule: float | None = None

    @property
    def entries(self) -> tuple[Entry, ...]:
        """One per curve."""
        return tuple(Entry(curve.label, curve.look) for curve in self.curves)

    def draw(self, backend: Backend, legend: bool = False) -> Any:
        """As `Panel.draw`."""
        return overlay(self._elements(backend), self.title, self.x, self.y, backend, legend)

    def _elements(self, backend: Backend) -> Iterator[Any]:
        for curve in self.curves:
            if curve.frame["std"].notna().any():
                yield _band(curve, backend)
        for curve in self.curves:
            yield _line(curve, self.x, self.y, backend)
            if curve.marked or len(curve.frame) <= FEW_POINTS:
                yield _markers(curve, backend)
        if self.rule is not None:
            yield _rule(self.rule, backend)


@dataclass(frozen=True, eq=False)
class Points:
    """Points of one look; `frame` has `x`, `y` and `shown`, what a tooltip says."""

    label: str
    look: Look
    frame: pd.DataFrame


@dataclass(frozen=True, eq=False)
class PointsPanel:
    """Points, such as one per initialisation."""

    title: str
    x: Axis
    y: Axis
    points: tuple[Points, ...]
    rule: float | None = None

    @property
    def entries(self) -> tuple[Entry, ...]:
        """One per look."""
        return tuple(Entry(points.label, points.look, "marker") for points in self.points)

    def draw(self, backend: Backend, legend: bool = False) -> Any:
        """As `Panel.draw`."""
        elements = [_scatter(points, backend) for points in self.points]
        if self.rule is not None:
            elements.append(_rule(self.rule, backend))
        return overlay(elements, self.title, self.x, self.y, backend, legend)


def shared_limits(panels: Sequence[LinesPanel]) -> tuple[LinesPanel, ...]:
    """The same panels with one range of values, so that they compare at a glance."""
    if not panels:
        return ()
    frames = [curve.frame for panel in panels for curve in panel.curves]
    std = [frame["std"].fillna(0) for frame in frames]
    low = min(float((frame["mean"] - band).min()) for frame, band in zip(frames, std, strict=True))
    high = max(float((frame["mean"] + band).max()) for frame, band in zip(frames, std, strict=True))
    margin = 0.04 * (high - low) or 1.0
    return tuple(replace(panel, y=replace(panel.y, limits=(low - margin, high + margin))) for panel in panels)


def with_tooltips(frame: pd.DataFrame) -> pd.DataFrame:
    """A curve's frame with the ends of its band, and in `shown` what a tooltip says of each point."""
    shown = [
        f"{mean:.4g}" + (f" ± {std:.2g} ({n:.0f} initialisations)" if pd.notna(std) else "")
        for mean, std, n in zip(frame["mean"], frame["std"], frame["n"], strict=True)
    ]
    return frame.assign(low=frame["mean"] - frame["std"], high=frame["mean"] + frame["std"], shown=shown)


def _line(curve: Curve, x: Axis, y: Axis, backend: Backend) -> Any:
    frame = with_tooltips(curve.frame).assign(series=curve.label, place=curve.frame["x"].map(x.tell))
    columns = {"x": "x", "y": "mean", "label": plain(curve.label, backend)}
    if backend == "matplotlib":
        line = hvplot(frame).line(**columns)
        return line.opts(color=curve.look.colour, linestyle=LINES[curve.look.dash], linewidth=1.5, backend=backend)
    line = hvplot(frame).line(**columns, hover_cols=["series", "place", "shown"], responsive=True)
    return line.opts(
        color=curve.look.colour,
        line_dash=curve.look.dash,
        line_width=2,
        hover_tooltips=[("", "@series"), (x.label, "@place"), (y.label, "@shown")],
        backend=backend,
    )


def _rule(value: float, backend: Backend) -> Any:
    import holoviews as hv

    line = {"line_dash": "dashed", "color": RULE} if backend == "bokeh" else {"linestyle": "--", "color": RULE}
    return hv.HLine(value).opts(**line, backend=backend)


def _band(curve: Curve, backend: Backend) -> Any:
    frame = with_tooltips(curve.frame)[["x", "low", "high"]]
    if backend == "matplotlib":
        band = hvplot(frame).area(x="x", y="low", y2="high")
        return band.opts(facecolor=curve.look.colour, edgecolor="none", alpha=0.18, backend=backend)
    band = hvplot(frame).area(x="x", y="low", y2="high", hover=False, responsive=True)
    return band.opts(color=curve.look.colour, line_color=None, fill_alpha=0.18, backend=backend)


def _markers(curve: Curve, backend: Backend) -> Any:
    frame = curve.frame[["x", "mean"]].rename(columns={"mean": "y"}).dropna().assign(shown="")
    return _dots(frame, curve.look, curve.label, backend, hover=False)


def _scatter(points: Points, backend: Backend) -> Any:
    return _dots(points.frame, points.look, points.label, backend, hover=True)


def _dots(frame: pd.DataFrame, look: Look, label: str, backend: Backend, hover: bool) -> Any:
    columns = {"x": "x", "y": "y", "label": plain(label, backend)}
    if backend == "matplotlib":
        dots = hvplot(frame).scatter(**columns)
        return dots.opts(color=look.colour, marker=MARKS[look.marker], s=28, backend=backend)
    dots = hvplot(frame.assign(series=label)).scatter(
        **columns, hover_cols=["series", "shown"] if hover else [], hover=hover, responsive=True
    )
    extra = {"hover_tooltips": [("", "@series"), ("", "@shown")]} if hover else {}
    return dots.opts(color=look.colour, marker=look.marker, size=7, **extra, backend=backend)
