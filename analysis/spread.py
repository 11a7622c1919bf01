"""A mean, its spread, and over what: the one form in which numbers reach tables, figures and claims."""

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Init = tuple[int, int]
"""One initialisation: seed of the sweep, and number of the initialisation."""

Over = Literal["inits", "examples"]
Bound = Literal["", "≤", "≥"]


@dataclass(frozen=True)
class Spread:
    """A mean over `n` initialisations or examples, and its standard deviation (None with fewer than two).

    Attributes:
        mean: None where nothing was measured.
        std: with `ddof` degrees of freedom taken off.
        n: how many initialisations; for published numbers, as many as the paper says.
        over: what the standard deviation is over. Claims use only those over initialisations.
        bound: whether the mean is only known to be at most, or at least, this.
        by_init: the value of each initialisation; empty for published numbers.
    """

    mean: float | None
    std: float | None
    n: int
    ddof: int = 1
    over: Over = "inits"
    bound: Bound = ""
    by_init: Mapping[Init, float] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, by_init: Mapping[Init, float], ddof: int = 1, bound: Bound = "") -> "Spread":
        """The spread of one value per initialisation.

        >>> Spread.of({(0, 0): 0.25, (0, 1): 0.75}, ddof=0)
        Spread(mean=0.5, std=0.25, n=2, ddof=0, over='inits', bound='', by_init={(0, 0): 0.25, (0, 1): 0.75})
        """
        values = list(by_init.values())
        if not values:
            return NOTHING
        std = statistics.stdev(values) if len(values) > 1 else None
        spread = cls(statistics.fmean(values), std, len(values), ddof=1, bound=bound, by_init=dict(by_init))
        return spread.with_ddof(ddof)

    def with_ddof(self, ddof: int) -> "Spread":
        """The same values with another convention for the standard deviation (0 or 1)."""
        if ddof == self.ddof or self.over != "inits" or self.std is None:
            return self
        # Both conventions have the same sum of squares: std² x (n - ddof).
        std = self.std * math.sqrt((self.n - self.ddof) / (self.n - ddof))
        return Spread(self.mean, std, self.n, ddof, self.over, self.bound, self.by_init)


NOTHING = Spread(None, None, 0)
"""What was not measured."""
