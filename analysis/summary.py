"""The two tables that a sweep ends with: stability per cell, and accuracy at sparsities per cell.

Spread is the standard deviation over initialisations (ddof 1); that of forgetting events is over examples (ddof 0), as
in the paper's Table 1. Values are fractions; null means not measured.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

AXES = (
    "data",
    "subset",
    "pool",
    "model",
    "width",
    "epochs",
    "lr",
    "weight_decay",
    "schedule",
    "crop",
    "flip",
    "fraction",
    "precision",
    "momentum",
    "batch_size",
    "rewind",
)
"""Columns that say which cell a row belongs to, the paper's three axes last."""

ALWAYS = ("momentum", "batch_size", "rewind")
MOST_LEVELS = 7
PAPER_STEP = 5


@dataclass(frozen=True)
class Spread:
    """A mean over `n` initialisations and their standard deviation, None with fewer than two."""

    mean: float | None
    std: float | None
    n: int


@dataclass(frozen=True)
class StabilityRow:
    """One cell of the stability table; `cell` has the values of the shown axes, in order.

    `verdicts` counts the dense barriers by verdict for the headline BatchNorm reading.
    """

    cell: tuple[object, ...]
    interpolated: Spread
    recomputed: Spread
    verdicts: dict[str, int]
    forgetting: Spread
    unforgettable: Spread
    train_convergence: Spread
    test_convergence: Spread


@dataclass(frozen=True)
class AccuracyRow:
    """One cell of the accuracy table: test accuracy at each shown level."""

    cell: tuple[object, ...]
    accuracies: tuple[Spread, ...]


@dataclass(frozen=True)
class Summary:
    """Both tables. `axes` names the entries of every row's `cell`; `sparsities` are the labels of `levels`."""

    axes: tuple[str, ...]
    stability: tuple[StabilityRow, ...]
    levels: tuple[int, ...]
    sparsities: tuple[float, ...]
    accuracy: tuple[AccuracyRow, ...]
    inits: int


def summarise(levels: pd.DataFrame, barriers: pd.DataFrame) -> Summary:
    """Summarise a run from its `levels` and `barriers` tables."""
    axes = shown_axes(levels)
    shown = shown_levels(levels)
    cells = levels[list(axes)].drop_duplicates()
    keys = [tuple(row) for row in cells.itertuples(index=False)]
    sparsity = levels.drop_duplicates("level").set_index("level")["sparsity_label"]
    return Summary(
        axes=axes,
        stability=tuple(_stability(key, _of_cell(levels, axes, key), _of_cell(barriers, axes, key)) for key in keys),
        levels=shown,
        sparsities=tuple(float(sparsity[level]) for level in shown),
        accuracy=tuple(_accuracy(key, _of_cell(levels, axes, key), shown) for key in keys),
        inits=int(levels["init"].nunique()),
    )


def shown_axes(levels: pd.DataFrame) -> tuple[str, ...]:
    """The axes that tell cells apart, and always the paper's three."""
    return tuple(axis for axis in AXES if axis in ALWAYS or levels[axis].nunique(dropna=False) > 1)


def shown_levels(levels: pd.DataFrame) -> tuple[int, ...]:
    """The dense level and the paper's (every fifth) where lineages are deep, else evenly spaced ones."""
    deepest = int(levels["level"].max())
    if deepest >= 2 * PAPER_STEP:
        return tuple(range(0, deepest + 1, PAPER_STEP))
    step = math.ceil((deepest + 1) / MOST_LEVELS)
    return tuple(range(0, deepest + 1, step))


def over_inits(frame: pd.DataFrame, column: str) -> Spread:
    """The mean and standard deviation over initialisations of a column, siblings being averaged first."""
    means = frame.dropna(subset=[column]).groupby("init")[column].mean()
    if means.empty:
        return Spread(None, None, 0)
    std = float(means.std(ddof=1)) if len(means) > 1 else None
    return Spread(float(means.mean()), std, len(means))


def _stability(cell: tuple[object, ...], levels: pd.DataFrame, barriers: pd.DataFrame) -> StabilityRow:
    dense = levels[levels["level"] == 0]
    lines = barriers[barriers["kind"] == "dense"]
    interpolated = lines[lines["batchnorm"] == "interpolated"]
    headline = interpolated if len(interpolated) else lines
    verdicts = headline["verdict"].value_counts().to_dict()
    return StabilityRow(
        cell=cell,
        interpolated=over_inits(interpolated, "barrier"),
        recomputed=over_inits(lines[lines["batchnorm"] == "recomputed"], "barrier"),
        verdicts={str(verdict): int(count) for verdict, count in verdicts.items()},
        forgetting=_over_examples(dense),
        unforgettable=over_inits(dense, "unforgettable_share"),
        train_convergence=over_inits(dense, "train_convergence"),
        test_convergence=over_inits(dense, "test_convergence"),
    )


def _over_examples(dense: pd.DataFrame) -> Spread:
    """Mean and standard deviation over all examples of all trainings, from each training's own."""
    known = dense.dropna(subset=["forgetting_mean"])
    if known.empty:
        return Spread(None, None, 0)
    mean = float(known["forgetting_mean"].mean())
    square = float((known["forgetting_std"] ** 2 + known["forgetting_mean"] ** 2).mean())
    return Spread(mean, math.sqrt(max(0.0, square - mean**2)), known["init"].nunique())


def _accuracy(cell: tuple[object, ...], levels: pd.DataFrame, shown: Sequence[int]) -> AccuracyRow:
    # Dense siblings that end at level 0 are no tickets: the row follows the lineages that prune.
    pruning = levels.groupby("trial")["level"].transform("max") == levels["level"].max()
    lineages = levels[pruning]
    spreads = tuple(over_inits(lineages[lineages["level"] == level], "test_accuracy") for level in shown)
    return AccuracyRow(cell, spreads)


def _of_cell(frame: pd.DataFrame, axes: Sequence[str], cell: tuple[object, ...]) -> pd.DataFrame:
    chosen = pd.Series(True, index=frame.index)
    for axis, value in zip(axes, cell, strict=True):
        chosen &= frame[axis].isin([value])
    return frame[chosen]
