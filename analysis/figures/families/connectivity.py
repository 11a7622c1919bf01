"""Levels of one lineage: the matrix of barriers between them, and the plane through three of them (Figure 2)."""

import pandas as pd

from analysis.evidence import Evidence
from analysis.figures.figure import Figure, make
from analysis.figures.frames import bands, groups, over_inits, sparsity_of, table
from analysis.figures.heat import HeatPanel, PlanePanel
from analysis.figures.palette import Palette
from analysis.figures.panel import Axis
from analysis.run import Run

SPARSITY = "Sparsity (%)"


def barrier_matrix(run: Run, evidence: Evidence, palette: Palette) -> list[Figure]:
    """Error barrier between every two levels of a lineage."""
    matrix = table(run, "connectivity", kind="matrix")
    frame = over_inits(matrix, "barrier", ["level_a", "level_b", "batchnorm"], scale=100)
    if frame.empty:
        return []
    limits = (0.0, max(1.0, float(frame["mean"].max())))
    panels = []
    for cell, rows in groups(frame, ["batchnorm"]):
        x, y = Axis(SPARSITY), Axis(SPARSITY)
        square = _square(rows, float(cell["fraction"]))
        panels.append(HeatPanel(palette.label(cell), x, y, square, "Error barrier (%)", limits))
    caption = (
        "Error barrier on the line between every two levels of one lineage, which are named by their sparsity; each "
        f"pair is shown once. {bands(frame, 'Means are drawn; tooltips have')}"
    )
    return make("barrier-matrix", 2, "Barriers between levels of a lineage", caption, panels)


def loss_plane(run: Run, evidence: Evidence, palette: Palette) -> list[Figure]:
    """Test error on the plane through three levels, of the first initialisation of each cell."""
    planes = run["planes"]
    if planes.empty:
        return []
    grid = planes[planes["corner_level"].isna()].dropna(subset=["test_error"])
    if grid.empty:
        return []
    limits = (float(100 * grid["test_error"].min()), float(100 * grid["test_error"].max()))
    panels = []
    for cell, rows in groups(planes):
        first = rows[rows["plane"] == rows["plane"].iloc[0]]
        corners = first[first["corner_level"].notna()]
        points = first[first["corner_level"].isna()].assign(value=lambda rows: 100 * rows["test_error"])
        if points["value"].isna().all():
            continue
        names = [sparsity_of(int(level), float(cell["fraction"])) for level in corners["corner_level"]]
        marked = corners[["x", "y"]].assign(text=names)
        x, y = Axis("Distance along the first side (weight space)"), Axis("Distance from it (weight space)")
        panels.append(
            PlanePanel(palette.label(cell), x, y, points[["x", "y", "value"]], marked, "Test error (%)", limits)
        )
    caption = (
        "Test error on the plane through three solutions of one lineage, marked by their sparsity, of the first "
        "initialisation of each configuration."
    )
    return make("loss-plane", 2, "The plane through three levels of a lineage", caption, panels)


def _square(rows: pd.DataFrame, fraction: float) -> pd.DataFrame:
    """Every pair of levels, later ones to the right, with null where there is none."""
    levels = sorted({int(level) for level in [*rows["level_a"], *rows["level_b"]]})
    known = {
        (int(a), int(b)): (mean, std)
        for a, b, mean, std in zip(rows["level_a"], rows["level_b"], rows["mean"], rows["std"], strict=True)
    }
    found = []
    for b in levels[1:]:
        for a in levels[:-1]:
            mean, std = known.get((a, b), (float("nan"), float("nan")))
            shown = f"{mean:.3g}" + ("" if pd.isna(std) else f" ± {std:.2g}")
            names = (sparsity_of(b, fraction).rstrip("%"), sparsity_of(a, fraction).rstrip("%"))
            found.append((*names, mean, shown))
    return pd.DataFrame(found, columns=["x", "y", "value", "shown"])
