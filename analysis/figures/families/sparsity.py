"""What becomes of tickets as they are pruned: accuracy (Figure 3) and convergence (Figure 4)."""

import pandas as pd

from analysis.evidence import Evidence
from analysis.figures.curves import panels_of
from analysis.figures.figure import Figure, make
from analysis.figures.frames import bands, of_evidence, parts, sparsity_axis, sparsity_place
from analysis.figures.lines import shared_limits
from analysis.figures.palette import Palette
from analysis.figures.panel import Axis
from analysis.run import Run


def accuracy_by_sparsity(run: Run, evidence: Evidence, palette: Palette) -> list[Figure]:
    """Figure 3."""
    title = "Test accuracy of lottery tickets by sparsity"
    said = "Test accuracy of tickets, the dense network being at 0%."
    return _by_sparsity(evidence, palette, "accuracy", 100, "Test accuracy (%)", 3, title, said)


def convergence_by_sparsity(run: Run, evidence: Evidence, palette: Palette) -> list[Figure]:
    """Figure 4."""
    title = "Convergence of lottery tickets by sparsity"
    said = "Convergence score of test accuracy (equation 3), whose higher values mean faster training."
    return _by_sparsity(evidence, palette, "ticket_convergence", 1, "Convergence score", 4, title, said)


def _by_sparsity(
    evidence: Evidence, palette: Palette, quantity: str, scale: float, label: str, number: int, title: str, said: str
) -> list[Figure]:
    frame = of_evidence(evidence, quantity, scale)
    if frame.empty or frame["level"].max() == 0:
        return []
    placed = on_sparsity(frame)
    x = sparsity_axis(frame)
    panels = panels_of(placed, palette, x, Axis(label), gaps="level")
    caption = f"{said} The axis counts pruning steps, so that high sparsities have room. {bands(frame)}"
    slug = {"accuracy": "accuracy-by-sparsity"}.get(quantity, "convergence-by-sparsity")
    return make(slug, number, title, caption, shared_limits(panels))


def on_sparsity(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with levels placed on the axis of sparsity, as `x`."""
    placed = [rows.assign(x=sparsity_place(rows["level"], fraction)) for fraction, rows in parts(frame, "fraction")]
    return pd.concat(placed)
