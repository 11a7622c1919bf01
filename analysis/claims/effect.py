"""How large an effect is, and how sure: paired over initialisations, Welch from published summaries, or a direction."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from analysis.claims.pairs import Pair
from analysis.intervals import MeanVariance, mean_variance, paired_interval, welch_interval
from analysis.spread import Init, Spread

Basis = Literal["paired", "welch", "direction", "too few inits"]
LEAST_INITS = 3


@dataclass(frozen=True)
class Effect:
    """How much higher the side is that the claim says is higher.

    Attributes:
        mean: in the unit of the quantity; positive is as claimed.
        low, high: its 95% t interval; None where only a direction is known.
        p: two-sided, before any correction; None where only a direction is known.
        basis: how it was found.
        inits: initialisations that went in; None for published summaries.
        cells: pairs of cells that went in.
        as_claimed: how many of them have a positive mean.
    """

    mean: float
    low: float | None
    high: float | None
    p: float | None
    basis: Basis
    inits: int | None
    cells: int
    as_claimed: int


def average_effect(pairs: Sequence[Pair]) -> Effect:
    """The effect averaged over cells: per initialisation first, then a t interval over initialisations.

    Summaries without single values are taken as independent, and combined by Welch's approximation.
    """
    assert pairs
    means = [_mean(pair) for pair in pairs]
    if any(_has_inits(pair) for pair in pairs):
        used, differences = _over_inits([pair for pair in pairs if _has_inits(pair)])
        return _paired(differences, [_mean(pair) for pair in used])
    variances = [_variances(pair) for pair in pairs]
    known = [variance for variance in variances if variance is not None]
    if len(known) < len(pairs):
        return _direction(means)
    return _welch(means, [part for parts in known for part in parts])


def weakest_effect(pairs: Sequence[Pair]) -> Effect:
    """The effect that speaks least for a claim about every cell.

    A cell that contradicts the claim, at a level shared between all cells (Bonferroni), speaks for all of them; else
    the one with the least certain effect does, for a claim holds everywhere if it does there (intersection-union test).
    Where one cell has a direction only, so has the whole.
    """
    effects = [average_effect([pair]) for pair in pairs]
    as_claimed = sum(effect.mean > 0 for effect in effects)
    if any(effect.basis == "direction" for effect in effects):
        return replace(_direction([min(effect.mean for effect in effects)]), cells=len(effects), as_claimed=as_claimed)
    weakest = max(effects, key=lambda effect: (_doubt(effect), -effect.mean))
    p = weakest.p
    if p is not None and weakest.mean < 0:
        p = min(1.0, p * len(effects))
    return replace(weakest, p=p, cells=len(effects), as_claimed=as_claimed)


def _doubt(effect: Effect) -> float:
    """How much an effect speaks against a claim, from -1 (surely holds) to 1 (surely does not)."""
    return 0.0 if effect.p is None else -math.copysign(1 - effect.p, effect.mean)


def _mean(pair: Pair) -> float:
    assert pair.than.mean is not None
    if not isinstance(pair.more, Spread):
        return pair.more - pair.than.mean
    assert pair.more.mean is not None
    return pair.more.mean - pair.than.mean


def _has_inits(pair: Pair) -> bool:
    return bool(pair.than.by_init) and (not isinstance(pair.more, Spread) or bool(pair.more.by_init))


def _differences(pair: Pair) -> dict[Init, float]:
    than = pair.than.by_init
    if not isinstance(pair.more, Spread):
        return {init: pair.more - value for init, value in than.items()}
    more = pair.more.by_init
    return {init: more[init] - than[init] for init in more.keys() & than.keys()}


def _over_inits(pairs: Sequence[Pair]) -> tuple[list[Pair], list[float]]:
    """The pairs that went in, and one difference per initialisation, averaged over those pairs.

    Only initialisations that all of them have, so that no cell weighs more in one than in another; pairs with too few
    are left out where others have enough.
    """
    by_pair = [(pair, found) for pair in pairs if (found := _differences(pair))]
    enough = [(pair, found) for pair, found in by_pair if len(found) >= LEAST_INITS] or by_pair
    common = set.intersection(*(set(found) for _, found in enough)) if enough else set()
    used = [pair for pair, _ in enough]
    return used, [statistics.fmean(found[init] for _, found in enough) for init in sorted(common)]


def _paired(differences: Sequence[float], cells: Sequence[float]) -> Effect:
    count, as_claimed = len(differences), sum(mean > 0 for mean in cells)
    mean = statistics.fmean(differences) if differences else statistics.fmean(cells)
    if count < LEAST_INITS:
        return Effect(mean, None, None, None, "too few inits", count, len(cells), as_claimed)
    found = paired_interval(differences)
    return Effect(mean, found.low, found.high, found.p, "paired", count, len(cells), as_claimed)


def _variances(pair: Pair) -> list[MeanVariance] | None:
    """The variances of both sides' means; None without standard deviations over enough initialisations."""
    sides = [pair.than, *([pair.more] if isinstance(pair.more, Spread) else [])]
    parts = [mean_variance(side, LEAST_INITS) for side in sides]
    known = [part for part in parts if part is not None]
    return known if len(known) == len(parts) else None


def _welch(means: Sequence[float], parts: Sequence[MeanVariance]) -> Effect:
    count, mean = len(means), statistics.fmean(means)
    found = welch_interval(mean, parts, divisor=count)
    as_claimed = sum(each > 0 for each in means)
    return Effect(mean, found.low, found.high, found.p, "welch", None, count, as_claimed)


def _direction(means: Sequence[float]) -> Effect:
    mean = statistics.fmean(means)
    return Effect(mean, None, None, None, "direction", None, len(means), sum(each > 0 for each in means))
