"""Heat maps with their numbers, and planes of loss or error."""

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis.figures.backend import Backend, hvplot, plain
from analysis.figures.palette import HEAT, ramp
from analysis.figures.panel import HEIGHT, Axis, Entry, overlay

MOST_NUMBERS = 64
"""Cells up to which a map has its numbers written on it."""

LIFT = 0.05
"""How far above a corner its name is, as a share of the plane's height."""

GAP = "#DDDDDD"


@dataclass(frozen=True, eq=False)
class HeatPanel:
    """Values by two ordered categories; `frame` has `x`, `y`, `value` (null: not measured) and `shown`.

    `frame` has a row for every pair of categories, in their order. `limits` are the values of the first and last
    colour, the same in all panels of a figure.
    """

    title: str
    x: Axis
    y: Axis
    frame: pd.DataFrame
    value: str
    limits: tuple[float, float]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """None: the colour bar says it."""
        return ()

    def draw(self, backend: Backend, legend: bool = False) -> Any:
        """As `Panel.draw`."""
        places = self.places()
        elements = [self._tiles(places, backend)]
        written = places[places["value"].notna()]
        if 0 < len(written) <= MOST_NUMBERS:
            elements.append(_numbers(written, backend))
        return overlay(
            elements, self.title, _numbered(self.x, self.frame["x"]), _numbered(self.y, self.frame["y"]), backend, False
        )

    def places(self) -> pd.DataFrame:
        """The frame with the numbers of its categories, as `column` and `row`.

        HoloViews' matplotlib maps sort categories as text, and put 128 before 32 but not its label.
        """
        columns, rows = (list(dict.fromkeys(self.frame[name])) for name in ("x", "y"))
        places = self.frame.assign(column=self.frame["x"].map(columns.index), row=self.frame["y"].map(rows.index))
        # HoloViews reshapes columns to the map's grid, which Arrow's strings cannot do.
        return places.astype({"x": object, "y": object, "shown": object})

    def _tiles(self, places: pd.DataFrame, backend: Backend) -> Any:
        options: dict[str, Any] = {"cmap": ramp(HEAT, 64), "clim": self.limits, "colorbar": True}
        options |= {"clabel": plain(self.value, backend), "clipping_colors": {"NaN": GAP}}
        if backend == "matplotlib":
            tiles = hvplot(places[["column", "row", "value"]]).heatmap("column", "row", "value")
            return tiles.opts(**options, show_values=False, backend=backend)
        tiles = hvplot(places).heatmap(
            "column", "row", "value", hover_cols=["x", "y", "shown"], responsive=True, height=HEIGHT
        )
        tooltips = [(self.x.label, "@x"), (self.y.label, "@y"), (self.value, "@shown")]
        return tiles.opts(**options, hover_tooltips=tooltips, backend=backend)


@dataclass(frozen=True, eq=False)
class PlanePanel:
    """A plane in weight space; `grid` has `x`, `y` and `value`, `corners` has `x`, `y` and `text`."""

    title: str
    x: Axis
    y: Axis
    grid: pd.DataFrame
    corners: pd.DataFrame
    value: str
    limits: tuple[float, float]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """None: corners bear their names."""
        return ()

    def draw(self, backend: Backend, legend: bool = False) -> Any:
        """As `Panel.draw`."""
        import holoviews as hv

        table = self.grid.pivot_table(index="y", columns="x", values="value", dropna=False)
        # hvPlot makes such maps of xarray only, which is not needed for anything else.
        mesh = hv.QuadMesh((table.columns.to_numpy(), table.index.to_numpy(), table.to_numpy()), ["x", "y"], ["value"])
        options: dict[str, Any] = {"cmap": "viridis", "clim": self.limits, "colorbar": True}
        options["clabel"] = plain(self.value, backend)
        if backend == "bokeh":
            options |= {"tools": ["hover"], "hover_tooltips": [(self.value, "@value{0.00}")], "responsive": True}
        height = float(self.grid["y"].max() - self.grid["y"].min())
        drawn = mesh.opts(**options, backend=backend)
        elements = [drawn, _corners(self.corners, backend), _names(self.corners, height, backend)]
        return overlay(elements, self.title, self.x, self.y, backend, False)


def _numbered(axis: Axis, categories: "pd.Series[str]") -> Axis:
    """The axis with categories as its ticks."""
    names = list(dict.fromkeys(categories))
    ticks = tuple((float(index), name) for index, name in enumerate(names))
    return replace(axis, ticks=ticks, limits=(-0.5, len(names) - 0.5))


def _numbers(places: pd.DataFrame, backend: Backend) -> Any:
    written = places.assign(text=places["value"].map("{:.1f}".format))
    if backend == "matplotlib":
        return _text(written, "column", "row").opts(color="black", backend=backend)
    labels = hvplot(written).labels("column", "row", "text", responsive=True)
    return labels.opts(text_color="black", text_font_size="9pt", backend=backend)


def _corners(corners: pd.DataFrame, backend: Backend) -> Any:
    if backend == "matplotlib":
        dots = hvplot(corners[["x", "y"]]).points("x", "y")
        return dots.opts(color="white", edgecolors="black", s=50, backend=backend)
    dots = hvplot(corners[["x", "y"]]).points("x", "y", hover=False, responsive=True)
    return dots.opts(color="white", line_color="black", size=10, backend=backend)


def _names(corners: pd.DataFrame, height: float, backend: Backend) -> Any:
    above = corners.assign(text=_plain(corners["text"], backend), y=corners["y"] + LIFT * height)
    if backend == "matplotlib":
        return _text(above, "x", "y").opts(color="white", backend=backend)
    names = hvplot(above).labels("x", "y", "text", responsive=True)
    return names.opts(text_color="white", text_font_size="10pt", text_font_style="bold", backend=backend)


def _text(labelled: pd.DataFrame, x: str, y: str) -> Any:
    # hvPlot hands labels a marker's size, which matplotlib takes for the text itself.
    from holoviews import Labels

    return Labels(labelled, [x, y], "text")


def _plain(texts: "pd.Series[str]", backend: Backend) -> list[str]:
    return [plain(str(text), backend) for text in texts]
