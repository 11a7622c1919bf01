"""Tickets trained on a small share of the data (Table 4 as curves)."""

import math

import numpy as np

from analysis.evidence import Evidence
from analysis.figures.curves import in_panels, joined, keyed_curves, rewind_title
from analysis.figures.figure import Figure, make
from analysis.figures.frames import bands, of_evidence, parts, sparsity_of
from analysis.figures.lines import LinesPanel, shared_limits
from analysis.figures.palette import Palette
from analysis.figures.panel import Axis
from analysis.run import Run

NETWORKS = ("ticket", "permuted", "dense")


def fewshot_curves(run: Run, evidence: Evidence, palette: Palette) -> list[Figure]:
    """Accuracy against the share of the training data, a panel per rewind point and sparsity."""
    frame = of_evidence(evidence, "fewshot_accuracy", 100)
    if frame.empty:
        return []
    frame = frame.assign(x=np.log10(frame["share"]))
    # Shares double and redouble, so the axis is logarithmic.
    ticks = tuple((math.log10(share), f"{100 * share:g}") for share in sorted(set(frame["share"])))
    panels: list[LinesPanel] = []
    for rewind, rows in parts(frame, "rewind"):
        levels = sorted({int(level) for level in rows.loc[rows["network"] != "dense", "level"]}) or [0]
        for level in levels:
            some = rows[(rows["level"] == level) | (rows["network"] == "dense")]
            curves = keyed_curves(
                some, palette, "network", NETWORKS, lambda cell, name: joined(name, palette.label(cell, ("rewind",)))
            )
            sparse = f"{sparsity_of(level, float(rows['fraction'].iloc[0]))} sparse"
            x = Axis("Share of the training data (%)", ticks, tell=lambda place: f"{100 * 10**place:.3g}")
            panels += in_panels(curves, x, Axis("Test accuracy (%)"), joined(rewind_title(rewind, palette), sparse))
    caption = (
        "Test accuracy after training on a class-balanced share of the data: tickets, the same weights under a "
        f"shuffled mask, and the dense network. {bands(frame)}"
    )
    return make("fewshot", None, "Lottery tickets with little data", caption, shared_limits(panels))
