"""Evidence: every quantity as one spread per cell, whether a run measured it or a paper printed it.

Tables, figures and claims read evidence, so that they can be fed with the paper's own numbers.
"""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pandas as pd

from analysis.cells import AXES
from analysis.quantities import QUANTITIES
from analysis.quantities.columns import dense
from analysis.run import Run
from analysis.spread import Bound, Init, Spread

PER_EXAMPLE = "forgetting_per_example"
"""Forgetting events with their spread over examples, as Table 1 prints them; claims use `forgetting`, over inits."""


class Evidence(Protocol):
    """Where numbers come from."""

    @property
    def name(self) -> str:
        """For people."""

    def of(self, quantity: str) -> pd.DataFrame:
        """One row per cell and keys of the quantity, with its `Spread` in the column `spread`; perhaps no rows.

        The columns are `AXES`, the quantity's keys, and `spread`.
        """


@dataclass(frozen=True)
class RunEvidence:
    """What the tables of a run say: siblings and pairs are averaged first, spreads are over initialisations."""

    run: Run
    _known: dict[str, pd.DataFrame] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The run's."""
        return self.run.name

    def of(self, quantity: str) -> pd.DataFrame:
        """As `Evidence.of`."""
        if quantity not in self._known:
            self._known[quantity] = _per_example(self.run) if quantity == PER_EXAMPLE else _observe(self.run, quantity)
        return self._known[quantity]


def _observe(run: Run, quantity: str) -> pd.DataFrame:
    wanted = QUANTITIES[quantity]
    keys = [*AXES, *wanted.keys]
    rows = wanted.read(run)
    if rows.empty:
        return pd.DataFrame(columns=[*keys, "spread"])
    found = [(*cell, _spread(group)) for cell, group in _groups(rows, keys)]
    return pd.DataFrame(found, columns=[*keys, "spread"])


def _groups(rows: pd.DataFrame, keys: Sequence[str]) -> Iterator[tuple[tuple[Any, ...], pd.DataFrame]]:
    for key, group in rows.groupby(list(keys), dropna=False, sort=False):
        assert isinstance(key, tuple)
        yield key, group


def _spread(rows: pd.DataFrame) -> Spread:
    seen: defaultdict[Init, list[float]] = defaultdict(list)
    for seed, init, value in zip(rows["seed"], rows["init"], rows["value"], strict=True):
        seen[int(seed), int(init)].append(float(value))
    bound: Bound = "≥" if "bound" in rows and (rows["bound"] == "≥").any() else ""
    return Spread.of({init: statistics.fmean(values) for init, values in seen.items()}, bound=bound)


def _per_example(run: Run) -> pd.DataFrame:
    """Mean and standard deviation (ddof 0) over all examples of all dense trainings of a cell (Table 1)."""
    rows = dense(run)
    if rows.empty:
        return pd.DataFrame(columns=[*AXES, "spread"])
    known = rows.dropna(subset=["forgetting_mean"])
    found = []
    for cell, group in _groups(known, AXES):
        mean = float(group["forgetting_mean"].mean())
        # The mean square over all examples, from each training's own mean and variance.
        square = float((group["forgetting_std"] ** 2 + group["forgetting_mean"] ** 2).mean())
        std = math.sqrt(max(0.0, square - mean**2))
        found.append((*cell, Spread(mean, std, len(group), ddof=0, over="examples")))
    return pd.DataFrame(found, columns=[*AXES, "spread"])
