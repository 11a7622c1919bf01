"""Dense training without the examples that are forgotten least, or most (appendix D)."""

import pandas as pd

from analysis.evidence import Evidence
from analysis.figures.curves import in_panels, joined, keyed_curves, rewind_title
from analysis.figures.families.lmc import reading_title, readings
from analysis.figures.figure import Figure, make
from analysis.figures.frames import bands, of_evidence, parts
from analysis.figures.lines import LinesPanel
from analysis.figures.palette import Palette
from analysis.figures.panel import Axis
from analysis.run import Run

ENDS = ("easiest", "hardest")
REMOVED = "Share of examples removed (%)"


def subset_barriers(run: Run, evidence: Evidence, palette: Palette) -> list[Figure]:
    """Error barrier against the share removed."""
    frame = of_evidence(evidence, "subset_barrier", 100)
    if frame.empty:
        return []
    frame = _from_whole(frame)
    ticks = tuple((float(share), f"{share:g}") for share in sorted(set(frame["x"].round(6))))
    panels: list[LinesPanel] = []
    for rewind, rows in parts(frame, "rewind"):
        for reading in readings(rows):
            curves = keyed_curves(
                rows[rows["batchnorm"] == reading],
                palette,
                "removed",
                ENDS,
                lambda cell, end: joined(f"{end} removed", palette.label(cell, ("rewind",))),
            )
            title = joined(reading_title(reading), rewind_title(rewind, palette))
            panels += in_panels(curves, Axis(REMOVED, ticks), Axis("Error barrier (%)"), title)
    caption = (
        "Error barrier between dense siblings that were trained without the examples that are forgotten least "
        f"(easiest) or most (hardest). Curves begin at the training on all examples. {bands(frame)}"
    )
    return make("subset-barriers", None, "Barriers without the easiest or hardest examples", caption, panels)


def _from_whole(frame: pd.DataFrame) -> pd.DataFrame:
    """Both curves begin at the training on everything."""
    whole = frame[frame["removed"] == "nothing"]
    starts = [whole.assign(removed=end) for end in ENDS]
    return pd.concat([*starts, frame[frame["removed"] != "nothing"]], ignore_index=True).assign(
        x=lambda rows: 100 * rows["share"].astype(float)
    )
