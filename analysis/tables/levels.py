"""Which levels a table shows, and what its columns are called."""

import math
from collections.abc import Hashable, Sequence

import pandas as pd

from analysis.tables.numbers import sparsity_text

PAPER_STEP = 5
MOST_LEVELS = 7


def shown_levels(deepest: int) -> tuple[int, ...]:
    """The dense level and every fifth, as in the paper, where lineages are deep; else evenly spaced ones."""
    if deepest >= 2 * PAPER_STEP:
        return tuple(range(0, deepest + 1, PAPER_STEP))
    return tuple(range(0, deepest + 1, math.ceil((deepest + 1) / MOST_LEVELS)))


def studied_levels(frame: pd.DataFrame, wanted: Sequence[int] | None) -> tuple[int, ...]:
    """The levels above 0 of a study: those asked for, or all, which are few."""
    there = tuple(sorted({int(level) for level in frame["level"] if level > 0}))
    if wanted is not None:
        return tuple(level for level in wanted if level in there)
    return there if len(there) <= MOST_LEVELS else tuple(level for level in shown_levels(there[-1]) if level in there)


def level_key(frame: pd.DataFrame, level: int) -> Hashable:
    """What tells a level's column apart: its sparsity label, or the level where cells prune different fractions."""
    label = _label(frame, level)
    return ("level", level) if label is None else ("sparsity", round(label, 6))


def level_title(frame: pd.DataFrame, level: int) -> str:
    """`89.26%`, or `level 10` where cells prune different fractions."""
    label = _label(frame, level)
    return f"level {level}" if label is None else sparsity_text(label)


def sparsity_title(frame: pd.DataFrame, level: int) -> str:
    """`89.26% sparsity`."""
    title = level_title(frame, level)
    return f"{title} sparsity" if title.endswith("%") else title


def _label(frame: pd.DataFrame, level: int) -> float | None:
    fractions = set(frame["fraction"])
    return 1 - (1 - float(fractions.pop())) ** level if len(fractions) == 1 else None
