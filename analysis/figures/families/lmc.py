"""Linear mode connectivity of dense siblings (Figure 1), and how it goes with forgetting (section 4.1)."""

from typing import Any

import pandas as pd

from analysis.cells import AXES
from analysis.evidence import Evidence
from analysis.figures.curves import joined, panels_of
from analysis.figures.figure import Figure, make
from analysis.figures.frames import bands, groups, over_inits, table
from analysis.figures.lines import LinesPanel, Points, PointsPanel, shared_limits
from analysis.figures.palette import Palette
from analysis.figures.panel import Axis
from analysis.run import Run

ALPHA = Axis("\N{GREEK SMALL LETTER ALPHA}, from one sibling (0) to the other (1)")
READINGS = ("interpolated", "recomputed")


def lmc_curves(run: Run, evidence: Evidence, palette: Palette) -> list[Figure]:
    """Test error on the line between dense siblings."""
    frame = over_inits(table(run, "lmc", kind="dense"), "test_error", ["batchnorm", "alpha"], scale=100)
    panels: list[LinesPanel] = []
    for reading in readings(frame):
        rows = frame[frame["batchnorm"] == reading].assign(x=lambda rows: rows["alpha"])
        panels += panels_of(rows, palette, ALPHA, Axis("Test error (%)"), reading_title(reading), apart=True)
    if not panels:
        return []
    caption = (
        "Test error along the straight line between two dense networks that share their initialisation and differ in "
        "SGD noise alone. Statistics of BatchNorm are interpolated with the weights, which is the headline, or "
        f"recomputed at every point. Pairs of siblings are averaged. {bands(frame)}"
    )
    return make("lmc-curves", 1, "Linear mode connectivity of dense networks", caption, shared_limits(panels))


def forgetting_against_barrier(run: Run, evidence: Evidence, palette: Palette) -> list[Figure]:
    """One point per cell and initialisation."""
    barriers, forgetting = evidence.of("barrier"), evidence.of("forgetting")
    if barriers.empty or forgetting.empty:
        return []
    known = {_key(cell): rows["spread"].iloc[0].by_init for cell, rows in groups(forgetting)}
    panels: list[PointsPanel] = []
    for reading in readings(barriers):
        points = [
            Points(palette.label(cell), palette.look(cell), pairs)
            for cell, rows in groups(barriers[barriers["batchnorm"] == reading])
            if len(pairs := _pairs(known.get(_key(cell), {}), rows["spread"].iloc[0].by_init))
        ]
        if points:
            y = Axis("Error barrier (%)")
            panels.append(PointsPanel(reading_title(reading), Axis("Forgetting events per example"), y, tuple(points)))
    caption = (
        "Forgetting events of dense training against the error barrier between its siblings: one point per "
        "configuration and initialisation, siblings and their pairs averaged."
    )
    return make("forgetting-barrier", None, "Forgetting and linear mode connectivity", caption, panels)


def readings(frame: pd.DataFrame) -> list[str]:
    """The readings of BatchNorm in a frame, the headline first."""
    if frame.empty:
        return []
    return [reading for reading in READINGS if (frame["batchnorm"] == reading).any()]


def reading_title(reading: str) -> str:
    """A reading in a title."""
    return joined(f"BatchNorm {reading}")


def _key(cell: Any) -> tuple[Any, ...]:
    return tuple(None if pd.isna(cell[axis]) else cell[axis] for axis in AXES)


def _pairs(events: Any, barriers: Any) -> pd.DataFrame:
    both = [init for init in barriers if init in events]
    shown = [
        f"initialisation {init}: {events[seed, init]:.3g} events, {100 * barriers[seed, init]:.3g}%"
        for seed, init in both
    ]
    return pd.DataFrame(
        {"x": [events[init] for init in both], "y": [100 * barriers[init] for init in both], "shown": shown}
    )
