"""Who has which colour: one look per configuration, assigned once from a whole run, so that all figures agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis.cells import AXES, cell_label, in_order, shown_axes
from analysis.run import Run

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#F0E442")
"""Eight colours that people with any colour vision tell apart (Okabe and Ito); yellow, weak on white, comes last."""

SHADES = ((0, 0.0), (96, 0.55), (255, 0.5))
"""What later rounds of the eight are mixed with, and how much: grey, then white."""

DASHES = ("solid", "dashed", "dotted", "dotdash")
MARKERS = ("circle", "square", "triangle", "diamond")

HEAT = ("#FFFBF0", "#F6C667", "#D55E00")
"""Ends and middle of the colours of heat maps: all light enough for black figures on them, and ordered by lightness."""

DEPTH = ("#F0A202", "#C1440E", "#7B1E7A", "#1B1464")
"""From dense to sparse, light to dark."""

UNKNOWN = "#767676"
"""A configuration that the run does not have."""

Config = tuple[Any, ...]
LARGE = ("forgetting", "forgetting_siblings", "segments")
"""Tables with many rows, whose cells `levels` has too."""


@dataclass(frozen=True)
class Look:
    """How a curve, point or bar looks, in bokeh's words."""

    colour: str
    dash: str = DASHES[0]
    marker: str = MARKERS[0]

    def styled(self, index: int) -> "Look":
        """The same colour, with the dash and marker of what comes `index`-th in a figure of its own distinctions."""
        return replace(self, dash=DASHES[index % len(DASHES)], marker=MARKERS[index % len(MARKERS)])


@dataclass(frozen=True)
class Palette:
    """Colours of configurations (a cell without its rewind point), dashes and markers of rewind points.

    Attributes:
        axes: what labels say of a configuration; the rewind point comes on top.
        colours: by the values of all axes but the rewind point.
        rewinds: the rewind points of the run, ascending.
    """

    axes: tuple[str, ...]
    colours: Mapping[Config, str]
    rewinds: tuple[float, ...]

    @classmethod
    def of(cls, run: Run) -> "Palette":
        """The palette of a run."""
        frames = (run[name] for name in run.tables if name not in LARGE)
        known = (frame for frame in frames if len(frame) and set(AXES) <= set(frame.columns))
        filled = [frame[list(AXES)].drop_duplicates().astype(object) for frame in known]
        if not filled:
            return cls((), {}, ())
        cells = in_order(pd.concat(filled).drop_duplicates())
        configs = dict.fromkeys(config(cell) for cell in cells.to_dict("records"))
        colours = {each: colour(index) for index, each in enumerate(configs)}
        axes = tuple(axis for axis in shown_axes(cells) if axis != "rewind")
        return cls(axes, colours, tuple(sorted({float(rewind) for rewind in cells["rewind"].dropna()})))

    def look(self, cell: Mapping[str, Any]) -> Look:
        """The look of a cell."""
        rewind = cell["rewind"]
        index = 0 if pd.isna(rewind) or rewind not in self.rewinds else self.rewinds.index(rewind)
        return Look(self.colours.get(config(cell), UNKNOWN)).styled(index)

    def label(self, cell: Mapping[str, Any], without: Sequence[str] = ()) -> str:
        """What people call a cell; its rewind point is named where the run has several."""
        axes = [axis for axis in self.axes if axis not in without]
        if len(self.rewinds) > 1 and "rewind" not in without:
            axes.append("rewind")
        return cell_label(cell, axes)


def config(cell: Mapping[Any, Any]) -> Config:
    """A cell's values without its rewind point, nulls of all kinds being one."""
    return tuple(None if pd.isna(cell[axis]) else cell[axis] for axis in AXES if axis != "rewind")


def colour(index: int) -> str:
    """The colour of the configuration that comes `index`-th; it repeats after 24."""
    towards, share = SHADES[index // len(OKABE_ITO) % len(SHADES)]
    return _mixed(OKABE_ITO[index % len(OKABE_ITO)], f"#{towards:02x}{towards:02x}{towards:02x}", share)


def ramp(stops: Sequence[str], steps: int) -> list[str]:
    """So many colours, evenly spaced between the first stop and the last."""
    if steps == 1:
        return [stops[-1]]
    places = [index * (len(stops) - 1) / (steps - 1) for index in range(steps)]
    ends = [min(int(place), len(stops) - 2) for place in places]
    return [_mixed(stops[end], stops[end + 1], place - end) for place, end in zip(places, ends, strict=True)]


def _mixed(one: str, other: str, share: float) -> str:
    pairs = ((int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)
