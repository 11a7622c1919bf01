"""The full training configuration of a run, which the paper's section 3.3 promises for its appendix."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.cells import AXES, axis_value, plain
from analysis.run import Run
from analysis.tables.table import Column, Entry, Row, Table

AXIS_NAMES: Mapping[str, str] = {
    "data": "Data set",
    "path": "Folder of images",
    "classes": "Classes",
    "subset": "Training images",
    "pool": "Pooling of images",
    "image": "Image shape",
    "model": "Model",
    "width": "Width",
    "epochs": "Epochs per level",
    "lr": "Learning rate",
    "weight_decay": "Weight decay",
    "schedule": "Schedule of the learning rate",
    "crop": "Random crop, padding in pixels",
    "flip": "Random mirroring",
    "fraction": "Pruned per level, share of the surviving weights",
    "exclude": "Never pruned",
    "precision": "Precision",
    "momentum": "Momentum μ",
    "rewind": "Rewind point p, epochs of pretraining",
    "batch_size": "Batch size",
}
SPEC_NAMES: Mapping[tuple[str, ...], str] = {
    ("lineage", "levels"): "Pruning levels",
    ("inits",): "Initialisations per cell",
    ("siblings",): "Siblings per initialisation, differing in SGD noise alone",
    ("lineages",): "Siblings that prune",
    ("seed",): "Seed",
    ("lmc", "alphas"): "Points on a line",
    ("lmc", "batchnorm"): "BatchNorm on a line",
    ("lmc", "train_images"): "Clean training images for statistics of BatchNorm",
    ("lmc", "stable_below"): "Stable below this error barrier",
}
SAME_FOR_ALL = (
    ("Optimiser", "SGD with momentum, weight decay on all parameters"),
    ("Loss", "cross-entropy"),
    ("Last partial batch", "kept"),
    ("Prunable", "weights of all convolutions and linear layers, lowest magnitude first, globally"),
)


def configuration_table(run: Run) -> Table | None:
    """Every setting of a run, with all values that its cells have; None for a run without rows."""
    rows = [_row(name, value) for name, value in (*_axes(run), *_from_spec(run), *SAME_FOR_ALL)]
    if len(rows) == len(SAME_FOR_ALL):
        return None
    columns = (Column("Setting", key="setting", heads=True), Column("Value", key="value"))
    caption = "Several values of a setting are those of different cells."
    return Table("configuration", "Training configuration", caption, columns, tuple(rows))


def _row(name: str, value: str) -> Row:
    return Row((Entry(name), Entry(value)), key=name)


def _axes(run: Run) -> Iterator[tuple[str, str]]:
    frames = [frame[list(AXES)] for frame in run.tables.values() if len(frame)]
    for axis in AXES:
        values = _distinct(frame[axis] for frame in frames)
        if values:
            yield AXIS_NAMES[axis], ", ".join(axis_value(axis, value) for value in values)


def _distinct(columns: Iterator[pd.Series]) -> list[Any]:
    """The values of an axis in order; nulls are defaults that need no mention, or a search's missing rewind point."""
    found = {value for column in columns for value in map(plain, column.drop_duplicates()) if value is not None}
    return sorted(found, key=lambda value: (isinstance(value, str), value))


def _from_spec(run: Run) -> Iterator[tuple[str, str]]:
    for place, name in SPEC_NAMES.items():
        values = [_entry(origin.spec, place) for origin in run.origins]
        known = dict.fromkeys(_text(value) for value in values if value is not None)
        if known:
            yield name, ", ".join(known)


def _entry(spec: Mapping[str, Any], place: Sequence[str]) -> Any:
    value: Any = spec
    for key in place:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
