"""Stability over the grid of momentum and batch size, as heat maps."""

from typing import Any

import pandas as pd

from analysis.cells import AXES, axis_value, cell_label, in_order
from analysis.evidence import Evidence
from analysis.figures.curves import joined, rewind_title
from analysis.figures.families.lmc import readings
from analysis.figures.figure import Figure, make
from analysis.figures.frames import bands, of_evidence
from analysis.figures.heat import HeatPanel
from analysis.figures.palette import Palette
from analysis.figures.panel import Axis
from analysis.run import Run

OTHERS = [axis for axis in AXES if axis not in ("momentum", "batch_size")]


def barrier_grid(run: Run, evidence: Evidence, palette: Palette) -> list[Figure]:
    """Error barrier by momentum and batch size."""
    frame = of_evidence(evidence, "barrier", 100)
    panels = []
    for reading in readings(frame):
        panels += _maps(frame[frame["batchnorm"] == reading], palette, f"BatchNorm {reading}", "Error barrier (%)")
    caption = f"Error barrier between dense siblings. {bands(frame, 'Means are drawn; tooltips have')}"
    return make("barrier-grid", None, "Error barrier by momentum and batch size", caption, panels)


def forgetting_grid(run: Run, evidence: Evidence, palette: Palette) -> list[Figure]:
    """Forgetting events by momentum and batch size."""
    frame = of_evidence(evidence, "forgetting")
    panels = _maps(frame, palette, "", "Forgetting events per example")
    caption = f"Forgetting events of dense training. {bands(frame, 'Means are drawn; tooltips have')}"
    return make("forgetting-grid", None, "Forgetting by momentum and batch size", caption, panels)


def _maps(frame: pd.DataFrame, palette: Palette, title: str, value: str) -> list[HeatPanel]:
    """A map for each setting of the other axes in which both momentum and batch size vary."""
    if frame.empty:
        return []
    limits = (min(0.0, float(frame["mean"].min())), max(float(frame["mean"].max()), 0.01))
    shown = [axis for axis in palette.axes if axis in OTHERS]
    found = []
    for _, rows in in_order(frame).groupby(OTHERS, dropna=False, sort=False):
        if rows["momentum"].nunique() < 2 or rows["batch_size"].nunique() < 2:
            continue
        first: dict[Any, Any] = rows.iloc[0].to_dict()
        name = joined(title, cell_label(first, shown), rewind_title(first["rewind"], palette))
        found.append(HeatPanel(name, Axis("Batch size"), Axis("Momentum μ"), _grid(rows), value, limits))
    return found


def _grid(rows: pd.DataFrame) -> pd.DataFrame:
    known = {
        (momentum, batch): (mean, std)
        for momentum, batch, mean, std in zip(
            rows["momentum"], rows["batch_size"], rows["mean"], rows["std"], strict=True
        )
    }
    found = []
    for batch in sorted(set(rows["batch_size"])):
        for momentum in sorted(set(rows["momentum"])):
            mean, std = known.get((momentum, batch), (float("nan"), float("nan")))
            shown = f"{mean:.3g}" + ("" if pd.isna(std) else f" ± {std:.2g}")
            found.append((axis_value("batch_size", batch), axis_value("momentum", momentum), mean, shown))
    return pd.DataFrame(found, columns=["x", "y", "value", "shown"])
