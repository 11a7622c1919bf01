"""Linear probes of frozen tickets and their baselines (Figure 5): by block, and by sparsity."""

from collections.abc import Callable

import pandas as pd

from analysis.evidence import Evidence
from analysis.figures.curves import in_panels, joined, keyed_curves, rewind_title
from analysis.figures.families.sparsity import on_sparsity
from analysis.figures.figure import Figure, make
from analysis.figures.frames import Cell, bands, of_evidence, parts, sparsity_axis, sparsity_of
from analysis.figures.lines import LinesPanel, shared_limits
from analysis.figures.palette import Palette
from analysis.figures.panel import Axis
from analysis.run import Run

NETWORKS = ("ticket", "permuted", "dense", "reinitialised")
MOST_LEVELS = 4
ACCURACY = Axis("Probe accuracy (%)")


def probes_by_block(run: Run, evidence: Evidence, palette: Palette) -> list[Figure]:
    """Accuracy of probes after each block, a panel per rewind point, reading and sparsity."""
    frame = of_evidence(evidence, "probe_accuracy", 100)
    if frame.empty:
        return []
    panels: list[LinesPanel] = []
    for start, rows in _apart(frame, palette):
        levels = [int(level) for level in sorted(set(rows.loc[rows["network"] == "ticket", "level"]))]
        for level in _some(levels):
            # The dense baseline is at level 0, and belongs to every sparsity.
            chosen = rows[(rows["level"] == level) | (rows["network"] == "dense")]
            chosen = chosen.drop_duplicates([*chosen.columns.drop(["mean", "std", "n", "level", "sparsity"])])
            title = joined(start, f"{sparsity_of(level, float(rows['fraction'].iloc[0]))} sparse")
            ticks = tuple((float(block), str(block)) for block in sorted({int(block) for block in chosen["block"]}))
            curves = keyed_curves(chosen.assign(x=chosen["block"]), palette, "network", NETWORKS, _named(palette))
            panels += in_panels(curves, Axis("Residual block", ticks), ACCURACY, title)
    caption = (
        "Test accuracy of a linear layer on the features after each residual block of a frozen network: the ticket, "
        "and baselines under the same mask shuffled, without a mask, or with other weights. "
        f"{bands(frame)}"
    )
    return make("probes-by-block", 5, "Linear probes by residual block", caption, shared_limits(panels))


def probes_by_sparsity(run: Run, evidence: Evidence, palette: Palette) -> list[Figure]:
    """Accuracy of probes of tickets by sparsity, a panel per block, where several levels were probed."""
    frame = of_evidence(evidence, "probe_accuracy", 100)
    if frame.empty:
        return []
    frame = frame[frame["network"].isin(["ticket", "permuted", "reinitialised"])]
    if frame["level"].nunique() < 2:
        return []
    panels: list[LinesPanel] = []
    x = sparsity_axis(frame)
    for start, rows in _apart(frame, palette):
        for block, some in parts(rows, "block"):
            curves = keyed_curves(on_sparsity(some), palette, "network", NETWORKS, _named(palette))
            panels += in_panels(curves, x, ACCURACY, joined(start, f"block {int(block)}"))
    caption = f"Test accuracy of a linear layer on the features of a frozen ticket and its baselines. {bands(frame)}"
    return make("probes-by-sparsity", 5, "Linear probes by sparsity", caption, shared_limits(panels))


def _apart(frame: pd.DataFrame, palette: Palette) -> list[tuple[str, pd.DataFrame]]:
    """The rows by rewind point and reading, each with what titles say of them."""
    found = []
    several = frame["batchnorm"].nunique() > 1
    for rewind, rows in parts(frame, "rewind"):
        for reading, some in parts(rows, "batchnorm"):
            found.append((joined(rewind_title(rewind, palette), f"BatchNorm {reading}" if several else ""), some))
    return found


def _named(palette: Palette) -> Callable[[Cell, str], str]:
    """What a curve is called: its network and its configuration."""
    return lambda cell, network: joined(network, palette.label(cell, ("rewind",)))


def _some(levels: list[int]) -> list[int]:
    """A few of the levels, evenly spaced, the deepest among them."""
    if len(levels) <= MOST_LEVELS:
        return levels
    places = [round(index * (len(levels) - 1) / (MOST_LEVELS - 1)) for index in range(MOST_LEVELS)]
    return [levels[place] for place in places]
