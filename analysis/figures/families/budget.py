"""The training budget: barrier, and accuracy lost to pruning, by epochs (section 4.1, limited training)."""

from typing import Any

import pandas as pd

from analysis.cells import AXES, in_order
from analysis.evidence import Evidence
from analysis.figures.curves import in_panels
from analysis.figures.families.lmc import reading_title, readings
from analysis.figures.figure import Figure, make
from analysis.figures.frames import bands, of_evidence, sparsity_of
from analysis.figures.lines import Curve, LinesPanel
from analysis.figures.palette import Palette
from analysis.figures.panel import Axis
from analysis.run import Run

EPOCHS = Axis("Training budget (epochs)")
FIXED = [axis for axis in AXES if axis != "epochs"]


def budget(run: Run, evidence: Evidence, palette: Palette) -> list[Figure]:
    """Panels for both readings of the barrier, and for the accuracy lost at the deepest level that all reach."""
    barriers = of_evidence(evidence, "barrier", 100)
    drops = of_evidence(evidence, "accuracy_drop", 100)
    if max(_budgets(barriers), _budgets(drops)) < 2:
        return []
    panels: list[LinesPanel] = []
    for reading in readings(barriers):
        curves = _curves(barriers[barriers["batchnorm"] == reading], palette)
        panels += in_panels(curves, EPOCHS, Axis("Error barrier (%)"), reading_title(reading))
    if len(drops):
        level = int(drops.groupby(list(AXES), dropna=False)["level"].max().min())
        sparse = f"{sparsity_of(level, float(drops['fraction'].iloc[0]))} sparse"
        curves = _curves(drops[drops["level"] == level], palette)
        panels += in_panels(curves, EPOCHS, Axis("Test accuracy lost (percentage points)"), sparse)
    caption = (
        "Error barrier between dense siblings, and test accuracy lost to pruning, of trainings with different budgets. "
        f"A configuration has the colour that it has at its largest budget. {bands(barriers)}"
    )
    return make("budget", None, "Stability and the training budget", caption, panels)


def _budgets(frame: pd.DataFrame) -> int:
    """The most budgets that one configuration was trained with."""
    return 0 if frame.empty else int(frame.groupby(FIXED, dropna=False)["epochs"].nunique().max())


def _curves(frame: pd.DataFrame, palette: Palette) -> list[Curve]:
    found = []
    for _, rows in in_order(frame).groupby(FIXED, dropna=False, sort=False):
        last: dict[Any, Any] = rows.sort_values("epochs").iloc[-1].to_dict()
        line = rows.assign(x=rows["epochs"]).sort_values("x")[["x", "mean", "std", "n"]].astype(float)
        found.append(Curve(palette.label(last, ("epochs",)), palette.look(last), line, marked=True))
    return found
