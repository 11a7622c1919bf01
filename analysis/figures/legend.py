"""Legends beside the drawing: as HTML, which wraps on narrow screens, and on matplotlib's figures."""

from collections.abc import Sequence
from html import escape
from typing import Any

from analysis.figures.backend import plain
from analysis.figures.palette import Look
from analysis.figures.panel import LINES, MARKS, Entry

STROKES = {"solid": "", "dashed": "6 3", "dotted": "2 2.5", "dotdash": "2 2.5 6 2.5"}
SHAPES = {
    "circle": '<circle cx="15" cy="7" r="4" fill="{0}"/>',
    "square": '<rect x="11" y="3" width="8" height="8" fill="{0}"/>',
    "triangle": '<path d="M15 2 19.5 11h-9z" fill="{0}"/>',
    "diamond": '<path d="M15 2 20 7 15 12 10 7z" fill="{0}"/>',
    "x": '<path d="M11 3 19 11M19 3 11 11" stroke="{0}" stroke-width="2"/>',
}


def legend_html(entries: Sequence[Entry]) -> str:
    """A list of entries; nothing if there are none."""
    if not entries:
        return ""
    items = "".join(f"<li>{_swatch(entry)}<span>{escape(entry.label)}</span></li>" for entry in entries)
    return f'<ul class="figure-legend">{items}</ul>'


def legend_handles(entries: Sequence[Entry]) -> list[Any]:
    """The same as matplotlib's handles."""
    return [_handle(entry) for entry in entries]


def _swatch(entry: Entry) -> str:
    return f'<svg width="30" height="14" aria-hidden="true">{_drawn(entry.look, entry.kind)}</svg>'


def _drawn(look: Look, kind: str) -> str:
    if kind == "bar":
        return f'<rect x="4" y="1" width="22" height="12" fill="{look.colour}"/>'
    if kind == "marker":
        return SHAPES[look.marker].format(look.colour)
    dashes = STROKES[look.dash]
    line = f'<path d="M0 7h30" stroke="{look.colour}" stroke-width="2.5" stroke-dasharray="{dashes}"/>'
    return line


def _handle(entry: Entry) -> Any:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    label = plain(entry.label, "matplotlib")
    if entry.kind == "bar":
        return Patch(color=entry.look.colour, label=label)
    marker = MARKS[entry.look.marker]
    if entry.kind == "marker":
        return Line2D([], [], color=entry.look.colour, marker=marker, linestyle="none", label=label)
    line = Line2D([], [], color=entry.look.colour, label=label)
    line.set_linestyle(LINES[entry.look.dash])
    return line
