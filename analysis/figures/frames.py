"""Frames that panels are made of: a mean and its standard deviation over initialisations per cell and keys."""

import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.cells import AXES, in_order
from analysis.evidence import Evidence
from analysis.figures.panel import Axis
from analysis.run import Run

STEP = 0.8
"""What survives one pruning step of the paper; the sparsity axis counts in such steps."""

MOST_TICKS = 6

Cell = Mapping[str, Any]


def over_inits(rows: pd.DataFrame, value: str, keys: Sequence[str], scale: float = 1.0) -> pd.DataFrame:
    """Mean, standard deviation (ddof 1; null with one) and number of initialisations, siblings being averaged first."""
    by = [*AXES, *keys]
    if rows.empty:
        return pd.DataFrame(columns=[*by, "mean", "std", "n"])
    known = rows.dropna(subset=[value])
    one = known.groupby([*by, "seed", "init"], dropna=False, sort=False, observed=True)[value].mean() * scale
    found = one.groupby(by, dropna=False, sort=False).agg(mean="mean", std="std", n="size")
    return found.reset_index()


def of_evidence(evidence: Evidence, quantity: str, scale: float = 1.0) -> pd.DataFrame:
    """Evidence with the parts of its spreads as columns; what was not measured has no row."""
    found = evidence.of(quantity)
    if found.empty:
        return found.assign(mean=[], std=[], n=[])
    spreads = list(found["spread"])
    parts = found.drop(columns="spread").assign(
        mean=[math.nan if spread.mean is None else spread.mean * scale for spread in spreads],
        std=[math.nan if spread.std is None else spread.std * scale for spread in spreads],
        n=[spread.n for spread in spreads],
    )
    return parts.dropna(subset=["mean"]).reset_index(drop=True)


def groups(frame: pd.DataFrame, keys: Sequence[str] = ()) -> Iterator[tuple[Cell, pd.DataFrame]]:
    """The cells of a frame (and keys) in the order of the paper's tables, with their rows."""
    ordered = in_order(frame, keys)
    by = [*AXES, *keys]
    for values, rows in ordered.groupby(by, dropna=False, sort=False):
        assert isinstance(values, tuple)
        yield dict(zip(by, values, strict=True)), rows


def parts(frame: pd.DataFrame, key: str) -> Iterator[tuple[Any, pd.DataFrame]]:
    """The values of a column, ascending, nulls last, with their rows."""
    yield from frame.groupby(key, dropna=False, sort=True)


def with_gaps(rows: pd.DataFrame, count: str) -> pd.DataFrame:
    """The rows with empty ones for counts that are missing between, so that a line breaks there."""
    if rows.empty:
        return rows
    wanted = range(int(rows[count].min()), int(rows[count].max()) + 1)
    return rows.set_index(count).reindex(wanted).rename_axis(count).reset_index()


def sparsity_place(level: "pd.Series[int]", fraction: float) -> "pd.Series[float]":
    """Where a level is on the axis of sparsity: in pruning steps of 20%, whatever the run's own fraction."""
    return level * (math.log(1 - fraction) / math.log(STEP))


def sparsity_axis(frame: pd.DataFrame) -> Axis:
    """The axis on which `sparsity_place` puts the levels of a frame."""
    return Axis("Sparsity (%)", sparsity_ticks(frame), tell=lambda place: percent(1 - STEP**place))


def sparsity_ticks(frame: pd.DataFrame) -> tuple[tuple[float, str], ...]:
    """Ticks of that axis: at the run's levels where all prune alike, every fifth where there are many."""
    fractions = sorted(set(frame["fraction"]))
    step = math.log(1 - fractions[0]) / math.log(STEP) if len(fractions) == 1 else 1.0
    deepest = max(float(sparsity_place(rows["level"], fraction).max()) for fraction, rows in parts(frame, "fraction"))
    levels = round(deepest / step)
    every = 1 if levels <= MOST_TICKS else 5 if levels <= 5 * MOST_TICKS else 10
    if levels > MOST_TICKS and levels < 10:
        every = 2
    return tuple((level * step, percent(1 - STEP ** (level * step))) for level in range(0, levels + 1, every))


def percent(share: float) -> str:
    """A share for the ticks of an axis: `67.2`, and `98.85` where one digit would hide what is left."""
    value = 100 * share
    return f"{value:.1f}".removesuffix(".0") if value < 98 else f"{value:.2f}"


def sparsity_of(level: int, fraction: float) -> str:
    """A level for people: `67.2%`."""
    return f"{percent(1 - (1 - fraction) ** level)}%"


def bands(frame: pd.DataFrame, what: str = "Bands are") -> str:
    """What a caption says of the spread."""
    seen: Sequence[Hashable] = sorted(set(frame["n"]))
    if not seen or seen[-1] == 1:
        return "One initialisation, so no spread is drawn."
    some = f"{seen[0]} to {seen[-1]}" if len(seen) > 1 else str(seen[-1])
    return f"{what} one standard deviation (ddof 1) over {some} initialisations."


def table(run: Run, name: str, **values: Any) -> pd.DataFrame:
    """The rows of a table that have these values."""
    rows = run[name]
    for column, value in values.items():
        rows = rows[rows[column] == value] if len(rows) else rows
    return rows
