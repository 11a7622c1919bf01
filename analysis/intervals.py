"""t intervals of means: over paired differences, and by Welch from two summaries."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import stdtr, stdtrit

from analysis.spread import Spread

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A 95% t interval, and the two-sided p of a mean of 0."""

    low: float
    high: float
    p: float


@dataclass(frozen=True)
class MeanVariance:
    """The variance of a mean, and the degrees of freedom that it was estimated with."""

    variance: float
    freedom: float


def paired_interval(differences: Sequence[float]) -> Interval:
    """Of the mean of at least two differences."""
    count = len(differences)
    error = statistics.stdev(differences) / math.sqrt(count)
    return t_interval(statistics.fmean(differences), error, count - 1)


def welch_interval(mean: float, parts: Sequence[MeanVariance], divisor: int = 1) -> Interval:
    """Of a sum or difference of independent means, divided by `divisor` (Welch-Satterthwaite)."""
    variance = sum(part.variance for part in parts) / divisor**2
    below = sum(part.variance**2 / part.freedom for part in parts) / divisor**4
    return t_interval(mean, math.sqrt(variance), variance**2 / below if below else 1.0)


def mean_variance(spread: Spread, least: int) -> MeanVariance | None:
    """Of a mean over initialisations; None without a standard deviation over at least `least` of them."""
    std = spread.with_ddof(1).std
    if std is None or spread.over != "inits" or spread.n < least:
        return None
    return MeanVariance(std**2 / spread.n, spread.n - 1)


def t_interval(mean: float, error: float, freedom: float) -> Interval:
    """Of a mean with a standard error."""
    if error == 0:
        return Interval(mean, mean, 1.0 if mean == 0 else 0.0)
    # Student's t distribution; scipy.stats, which has it too, takes a second to import.
    reach = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * error
    return Interval(mean - reach, mean + reach, float(2 * stdtr(freedom, -abs(mean) / error)))
