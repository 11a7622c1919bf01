"""Searches for the first stable rewind epoch (appendix B)."""

import pandas as pd

from analysis.evidence import Evidence
from analysis.figures.families.lmc import readings
from analysis.figures.figure import Figure, make
from analysis.figures.frames import groups
from analysis.figures.lines import Points, PointsPanel
from analysis.figures.palette import Palette
from analysis.figures.panel import Axis
from analysis.run import Run

CANDIDATE, BARRIER = Axis("Rewind epoch that was tried"), Axis("Mean error barrier (%)")
KINDS = (("stable", "circle"), ("unstable", "x"), ("unstable, at least", "triangle"))


def rewind_search(run: Run, evidence: Evidence, palette: Palette) -> list[Figure]:
    """Every step of every search: the epoch that was tried, and the barrier there."""
    steps = run["rewind_search"]
    if steps.empty:
        return []
    panels = []
    several = steps["batchnorm"].nunique() > 1
    for reading in readings(steps):
        rows = steps[steps["batchnorm"] == reading]
        title = f"BatchNorm {reading}" if several else ""
        rule = 100 * float(rows["stable_below"].iloc[0])
        panels.append(PointsPanel(title, CANDIDATE, BARRIER, tuple(_points(rows, palette)), rule))
    caption = (
        "Steps of the binary search for the first stable rewind epoch, one point per step and initialisation. The "
        "dashed line is the threshold of stability. Where a verdict needed fewer pairs of siblings than there are, "
        "the barrier is at least what is drawn (triangles)."
    )
    return make("rewind-search", None, "Searches for the first stable rewind epoch", caption, panels)


def _points(steps: pd.DataFrame, palette: Palette) -> list[Points]:
    found = []
    for cell, rows in groups(steps):
        look, label = palette.look(cell), palette.label(cell, ("rewind",))
        kinds = [_kind(mean, stable) for mean, stable in zip(rows["barrier_mean"], rows["stable"], strict=True)]
        height = 100 * rows["barrier_mean"].fillna(rows["barrier_floor"])
        shown = [
            f"initialisation {init}, step {step}: epoch {epoch}"
            for init, step, epoch in zip(rows["init"], rows["step"], rows["candidate"], strict=True)
        ]
        rows = rows.assign(x=rows["candidate"], y=height, kind=kinds, shown=shown)
        for kind, marker in KINDS:
            some = rows.loc[rows["kind"] == kind, ["x", "y", "shown"]].dropna()
            if len(some):
                found.append(Points(f"{label}: {kind}", type(look)(look.colour, marker=marker), some))
    return found


def _kind(mean: float, stable: bool) -> str:
    if stable:
        return "stable"
    return "unstable, at least" if pd.isna(mean) else "unstable"
