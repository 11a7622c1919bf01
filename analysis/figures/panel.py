"""What all kinds of panels share: axes, legends, and the options of each backend."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from analysis.figures.backend import Backend, plain, title
from analysis.figures.palette import Look

HEIGHT = 320
INCHES = 3.4
MARKS = {"circle": "o", "square": "s", "triangle": "^", "diamond": "D", "x": "x"}
LINES: Mapping[str, Literal["-", "--", ":", "-."]] = {"solid": "-", "dashed": "--", "dotted": ":", "dotdash": "-."}


@dataclass(frozen=True)
class Axis:
    """An axis: its label with the unit, where it is set its ticks and limits, and how tooltips tell a place on it."""

    label: str
    ticks: tuple[tuple[float, str], ...] = ()
    limits: tuple[float, float] | None = None
    tell: Callable[[float], str] = "{:g}".format


@dataclass(frozen=True)
class Entry:
    """One line of a legend; `kind` says what it shows: a line with markers, a marker, or a bar."""

    label: str
    look: Look
    kind: str = "line"


class Panel(Protocol):
    """One drawing of a figure, with its data."""

    @property
    def title(self) -> str:
        """What tells it from the figure's other panels; empty where it is the only one."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Its legend."""

    def draw(self, backend: Backend, legend: bool = False) -> Any:
        """A HoloViews object; the backend must be the current one."""


def overlay(elements: Iterable[Any], panel_title: str, x: Axis, y: Axis, backend: Backend, legend: bool) -> Any:
    """Elements over one another, with a panel's axes."""
    import holoviews as hv

    options: dict[str, Any] = {
        "title": title(panel_title, backend),
        "xlabel": plain(x.label, backend),
        "ylabel": plain(y.label, backend),
        "show_legend": legend,
        "show_grid": True,
    }
    if legend:
        options["legend_position"] = "right"
    options |= _along("x", x, backend) | _along("y", y, backend)
    return hv.Overlay(list(elements)).opts(**options, **frame_options(backend), backend=backend)


def frame_options(backend: Backend) -> dict[str, Any]:
    """Size and tools of a panel."""
    if backend == "matplotlib":
        return {
            "fig_inches": INCHES,
            "padding": 0.04,
            "aspect": 1.35,
            "fontsize": {"title": 9, "labels": 9, "ticks": 8},
        }
    return {
        "responsive": True,
        "height": HEIGHT,
        "padding": 0.04,
        # No wheel zoom: it would catch the page's scrolling.
        "default_tools": ["box_zoom", "reset", "save"],
        "toolbar": "above",
        "fontsize": {"title": "10pt", "labels": "10pt", "ticks": "9pt"},
        "hooks": [_modest],
    }


def _along(which: str, axis: Axis, backend: Backend) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if axis.ticks:
        found[f"{which}ticks"] = [(place, plain(text, backend)) for place, text in axis.ticks]
    if axis.limits:
        found[f"{which}lim"] = axis.limits
    return found


def _modest(plot: Any, _: Any) -> None:
    """A toolbar without logo, seen only under the pointer, and without a button per curve's tooltip."""
    toolbar = plot.state.toolbar
    toolbar.logo = None
    toolbar.autohide = True
    for tool in plot.state.tools:
        tool.visible = not type(tool).__name__.startswith("Hover")
