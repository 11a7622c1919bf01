"""Tickets on other data, against dense baselines (Table 5 as bars)."""

from typing import Any

import pandas as pd

from analysis.evidence import Evidence
from analysis.figures.bars import Bars, BarsPanel
from analysis.figures.curves import joined, rewind_title
from analysis.figures.figure import Figure, make
from analysis.figures.frames import bands, groups, of_evidence, parts, sparsity_of
from analysis.figures.palette import Palette
from analysis.figures.panel import Axis
from analysis.run import Run

METHODS = ("frozen ticket", "unfrozen ticket", "finetuned dense", "retrained dense")
ACCURACY = Axis("Test accuracy (%)", limits=(0.0, 105.0))


def transfer_bars(run: Run, evidence: Evidence, palette: Palette) -> list[Figure]:
    """A panel per target and rewind point, a group of bars per method."""
    frame = of_evidence(evidence, "transfer_accuracy", 100)
    if frame.empty:
        return []
    frame = frame.assign(where=[_where(*pair) for pair in zip(frame["target"], frame["target_classes"], strict=True)])
    panels = []
    for rewind, rows in parts(frame, "rewind"):
        for where, some in parts(rows, "where"):
            panels.append(_panel(some, palette, joined(f"on {where}", rewind_title(rewind, palette))))
    caption = (
        "Test accuracy on another data set: a new classifier on a frozen network, or training of all weights. "
        f"{bands(frame, 'Error bars are')}"
    )
    return make("transfer", None, "Transfer of lottery tickets to other data", caption, panels)


def _panel(rows: pd.DataFrame, palette: Palette, title: str) -> BarsPanel:
    names = _names(rows)
    rows = rows.assign(name=names)
    kinds = rows.assign(place=rows["method"].map(_place)).sort_values(["place", "level"], kind="stable")
    order = list(dict.fromkeys(kinds["name"]))
    bars = [
        Bars(palette.label(cell, ("rewind",)), palette.look({**cell, "rewind": None}), _groups(some, order))
        for cell, some in groups(rows)
    ]
    return BarsPanel(title, tuple(order), ACCURACY, tuple(bars))


def _groups(rows: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    return rows.assign(group=rows["name"].map(order.index).astype(float))[["group", "mean", "std", "n"]]


def _names(rows: pd.DataFrame) -> list[str]:
    """Methods, with their sparsity and reading of BatchNorm where a method has several."""
    several = rows.groupby("method")[["level", "batchnorm"]].nunique()
    return [
        joined(
            method,
            sparsity_of(int(level), float(fraction)) if several.loc[method, "level"] > 1 else "",
            str(reading) if several.loc[method, "batchnorm"] > 1 else "",
        )
        for method, level, reading, fraction in zip(
            rows["method"], rows["level"], rows["batchnorm"], rows["fraction"], strict=True
        )
    ]


def _where(target: str, classes: Any) -> str:
    return target if pd.isna(classes) else f"{target} {classes}"


def _place(method: str) -> int:
    return METHODS.index(method) if method in METHODS else len(METHODS)
