"""Every trial of a run: its status, how far it came, what it reached, and why it stopped."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.report.words import percent
from analysis.run import Origin, Run

NO_LEVELS = pd.DataFrame(columns=["level", "test_accuracy"])
SHAPES = {"finished": "●", "diverged": "▼", "failed": "✕", "unfinished": "○"}


@dataclass(frozen=True)
class TrialRow:
    """One trial. `levels` counts those trained to their end, out of all; accuracies are on the test set."""

    name: str
    status: str
    shape: str
    levels: str
    levels_done: int
    dense: str
    sparsest: str
    message: str
    lineage: str

    @property
    def went_wrong(self) -> bool:
        """Whether it stopped before its end for a reason."""
        return self.status in ("failed", "diverged")


@dataclass(frozen=True)
class TrialGroup:
    """The trials of one run."""

    run: str
    trials: tuple[TrialRow, ...]

    @property
    def went_wrong(self) -> tuple[TrialRow, ...]:
        """Those that failed or diverged."""
        return tuple(trial for trial in self.trials if trial.went_wrong)


def trial_groups(run: Run) -> tuple[TrialGroup, ...]:
    """The trials of every origin that has recorded some, in the order of its table."""
    groups = (TrialGroup(origin.name, tuple(_trials(run, origin))) for origin in run.origins)
    return tuple(group for group in groups if group.trials)


def _trials(run: Run, origin: Origin) -> Iterator[TrialRow]:
    trials, levels = _of(run["trials"], origin), _of(run["levels"], origin)
    reached = {name: rows for name, rows in levels.groupby("trial")} if len(levels) else {}
    for row in trials.to_dict("records"):
        yield _trial(row, reached.get(row["trial"], NO_LEVELS))


def _of(frame: pd.DataFrame, origin: Origin) -> pd.DataFrame:
    return frame[frame["run"] == origin.name]


def _trial(row: Mapping[Any, Any], levels: pd.DataFrame) -> TrialRow:
    status = str(row.get("status") or "unfinished")
    done = _whole(row.get("levels_done"))
    return TrialRow(
        name=str(row["trial"]),
        status=status,
        shape=SHAPES.get(status, "?"),
        levels=f"{done} of {_whole(row.get('levels_planned')) + 1}",
        levels_done=done,
        dense=percent(_accuracy(levels[levels["level"] == 0])),
        sparsest=percent(_accuracy(levels[levels["level"] > 0])),
        message=_text(row.get("message")),
        lineage=_text(row.get("lineage")),
    )


def _accuracy(levels: pd.DataFrame) -> float | None:
    """The test accuracy of the deepest of some levels."""
    deepest = levels.sort_values("level").tail(1)
    return None if deepest.empty else float(deepest["test_accuracy"].iloc[0])


def _whole(value: Any) -> int:
    return 0 if value is None or pd.isna(value) else int(value)


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)
