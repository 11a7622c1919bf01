"""Training curves: dense networks, levels of a lineage, and what is trained on other data."""

import pandas as pd

from analysis.evidence import Evidence
from analysis.figures.curves import cell_curves, in_panels, joined, panels_of, rewind_title
from analysis.figures.figure import Figure, make
from analysis.figures.frames import bands, groups, over_inits, parts, sparsity_of, table, with_gaps
from analysis.figures.lines import Curve, LinesPanel, shared_limits
from analysis.figures.palette import DEPTH, Look, Palette, ramp
from analysis.figures.panel import Axis
from analysis.run import Run

EPOCH = Axis("Epochs")
TEST, TRAIN = Axis("Test accuracy (%)"), Axis("Train accuracy (%)")
MOST_LEVELS = 4


def training_dense(run: Run, evidence: Evidence, palette: Palette) -> list[Figure]:
    """Test and train accuracy of dense networks by epoch."""
    rows = table(run, "epochs", level=0)
    panels: list[LinesPanel] = []
    said = ""
    for column, y, title in (("test_accuracy", TEST, "test set"), ("train_accuracy", TRAIN, "training presentations")):
        frame = over_inits(rows, column, ["epoch"], scale=100)
        if len(frame):
            panels += panels_of(frame.assign(x=frame["epoch"]), palette, EPOCH, y, title, gaps="epoch")
            said = bands(frame)
    caption = (
        "Accuracy after each epoch of dense training, on the test set, and of the presentations during the epoch. "
        f"Siblings are averaged. {said}"
    )
    return make("training-dense", None, "Training curves of dense networks", caption, panels)


def training_by_level(run: Run, evidence: Evidence, palette: Palette) -> list[Figure]:
    """Test accuracy by epoch at several sparsities, a panel per cell."""
    frame = over_inits(run["epochs"], "test_accuracy", ["level", "epoch"], scale=100)
    if frame.empty or frame["level"].max() == 0:
        return []
    levels = _some(sorted({int(level) for level in frame["level"]}))
    looks = dict(zip(levels, (Look(colour) for colour in ramp(DEPTH, len(levels))), strict=True))
    panels = []
    for cell, rows in groups(frame):
        curves = []
        for level, some in parts(rows, "level"):
            if int(level) in looks:
                line = with_gaps(some, "epoch").assign(x=lambda line: line["epoch"])
                name = f"{sparsity_of(int(level), float(cell['fraction']))} sparse"
                curves.append(Curve(name, looks[int(level)], line[["x", "mean", "std", "n"]].astype(float)))
        panels.append(LinesPanel(palette.label(cell), EPOCH, TEST, tuple(curves)))
    caption = f"Test accuracy after each epoch of tickets by their sparsity, from light to dark. {bands(frame)}"
    return make("training-by-level", None, "Training curves by sparsity", caption, shared_limits(panels))


def training_transfer(run: Run, evidence: Evidence, palette: Palette) -> list[Figure]:
    """Test accuracy on the target by epoch, a panel per target, method and rewind point."""
    keys = ["target", "target_classes", "method", "batchnorm", "level"]
    frame = over_inits(run["transfer_epochs"], "test_accuracy", [*keys, "epoch"], scale=100)
    if frame.empty:
        return []
    frame = frame.assign(x=frame["epoch"])
    panels: list[LinesPanel] = []
    for rewind, rows in parts(frame, "rewind"):
        for _, some in rows.groupby(keys, dropna=False, sort=False):
            title = joined(rewind_title(rewind, palette), *_setting(some))
            panels += in_panels(cell_curves(some, palette, ("rewind",), "epoch"), EPOCH, TEST, title)
    caption = f"Test accuracy on the target data after each epoch of training there. {bands(frame)}"
    return make("training-transfer", None, "Training curves on other data", caption, shared_limits(panels))


def _setting(rows: pd.DataFrame) -> list[str]:
    """What was trained on what."""
    first = rows.iloc[0]
    target, level, reading = first["target"], int(first["level"]), first["batchnorm"]
    where = target if pd.isna(first["target_classes"]) else f"{target} {first['target_classes']}"
    told = [f"{first['method']} on {where}"]
    if level > 0:
        told.append(f"{sparsity_of(level, float(first['fraction']))} sparse")
    return told if pd.isna(reading) else [*told, f"BatchNorm {reading}"]


def _some(levels: list[int]) -> list[int]:
    if len(levels) <= MOST_LEVELS:
        return levels
    places = [round(index * (len(levels) - 1) / (MOST_LEVELS - 1)) for index in range(MOST_LEVELS)]
    return [levels[place] for place in places]
