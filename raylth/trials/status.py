"""How far a trial has come, as written beside its parts."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from raylth.tables.rows import Row
from raylth.tables.run import RunFolder
from raylth.trials.trial import Trial


@dataclass(frozen=True)
class TrialStatus:
    """How far a trial has come, as written next to its parts. `digest` says what it was asked for.

    `levels_done` counts its steps, which are the levels of a lineage.
    """

    digest: str
    status: Literal["unfinished", "finished", "diverged", "failed"]
    levels_done: int
    message: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether the science is settled; a failed trial is tried again by the next sweep."""
        return self.status in ("finished", "diverged")


def read_status(folder: RunFolder, trial: Trial) -> TrialStatus | None:
    """The last status that a trial wrote in this run, or None."""
    value = folder.read_status(trial.id)
    return None if value is None else TrialStatus(**value)


def write_progress(folder: RunFolder, trial: Trial, rows: Mapping[str, Iterable[Row]], status: TrialStatus) -> None:
    """Replace a trial's parts, and then its status: whoever reads that finds the parts that it speaks of."""
    for table, content in rows.items():
        folder.write_part(table, trial.id, content)
    folder.write_status(trial.id, asdict(status))


def fail_trial(trial: Trial, folder: RunFolder, message: str) -> None:
    """Record that a trial could not go on; the steps it has written stay."""
    before = read_status(folder, trial)
    status = TrialStatus(trial.digest, "failed", before.levels_done if before else 0, message)
    folder.write_status(trial.id, asdict(status))
