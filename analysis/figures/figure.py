"""A figure: its words and its panels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.figures.backend import Backend, drawing_with
from analysis.figures.panel import Entry, Panel

MOST_PANELS = 12
"""Panels that a figure draws; its caption says how many there are."""


@dataclass(frozen=True, eq=False)
class Figure:
    """One figure.

    Attributes:
        id: a slug, unique in a report.
        number: the paper's figure that it answers to; None where the paper has none.
        title: in plain English, without markup.
        caption: what is drawn, and over how many initialisations the spread is; without markup.
        panels: its drawings, with their data.
    """

    id: str
    number: int | None
    title: str
    caption: str
    panels: tuple[Panel, ...]

    @property
    def legend(self) -> tuple[Entry, ...]:
        """The legend of all panels together, each entry once."""
        return tuple(dict.fromkeys(entry for panel in self.panels for entry in panel.entries))

    def draw(self, backend: Backend = "bokeh", legend: bool = True) -> Any:
        """The figure as a HoloViews layout, such as notebooks show."""
        with drawing_with(backend):
            import holoviews as hv

            drawn = [panel.draw(backend, legend) for panel in self.panels]
            layout = hv.Layout(drawn).cols(min(2, len(drawn)))
            extra = {"hspace": 0.6, "vspace": 0.5, "sublabel_format": ""} if backend == "matplotlib" else {}
            return layout.opts(shared_axes=False, **extra, backend=backend)


def make(id: str, number: int | None, title: str, caption: str, panels: Sequence[Panel]) -> list[Figure]:
    """A figure, or none if there is nothing to draw."""
    if not panels:
        return []
    if len(panels) > MOST_PANELS:
        caption += f" The first {MOST_PANELS} of {len(panels)} panels are drawn; choose others with `Run.where`."
    return [Figure(id, number, title, caption, tuple(panels[:MOST_PANELS]))]
