"""A run that a sweep has worked on: its tables, and what it cost."""

import os
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from raylth.planning import Plan
from raylth.tables import RunFolder


@dataclass(frozen=True)
class Run:
    """A run that a sweep has worked on: its plan, where it is, and how it went."""

    plan: Plan
    folder: RunFolder
    began_at: float
    wall_seconds: float
    ray_seconds: float
    failures: tuple[str, ...]

    def cost_line(self, duration: Callable[[float], str]) -> str:
        """What the sweep cost, in a sentence."""
        segments = self.table("segments")
        fresh = segments[segments["computed"] & (segments["finished_at"] > self.began_at)]
        if fresh.empty:
            return f"Took {duration(self.wall_seconds)}; nothing had to be computed."
        cores = os.cpu_count() or 1
        share = fresh["core_seconds"].sum() / (cores * max(1e-9, self.wall_seconds - self.ray_seconds))
        return (
            f"Took {duration(self.wall_seconds)}, {duration(self.ray_seconds)} of it to start Ray; training and "
            f"evaluation used {100 * share:.0f}% of the {cores} cores from then on."
        )

    def table(self, name: str) -> pd.DataFrame:
        """One of the run's tables, such as `levels` or `barriers`, as a data frame."""
        frame: pd.DataFrame = self.folder.read_table(name).to_pandas()
        return frame
