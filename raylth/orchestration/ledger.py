"""The driver's books: what is done, what the tables hold, and when they are refreshed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from raylth.evaluation import Measured, read_measured
from raylth.planning import Plan
from raylth.planning.cost import length
from raylth.store import Store
from raylth.studies.evaluation import Evaluation
from raylth.studies.sibling_forgetting import TABLE, SiblingGroup
from raylth.tables import RunFolder
from raylth.tables.rows import Row, evaluation_segment_row, trial_columns
from raylth.trajectory import StateRef
from raylth.trials.status import TrialStatus, read_status
from raylth.trials.trial import Trial

DRIVER_PART = "driver"
"""The part of a table that the driver writes itself; those of trials bear their names."""

DRIVER_TABLES = ("trials", "lmc", "barriers", "segments")
"""Tables of which the driver always writes its part; those of studies come in addition."""


@dataclass
class Ledger:
    """What a run holds of its plan, as far as this driver knows.

    `damaged` has a sentence for every part of a table that was found damaged; the next sweep writes it anew.
    """

    plan: Plan
    folder: RunFolder
    store: Store
    statuses: dict[str, TrialStatus] = field(default_factory=dict)
    results: dict[str, Measured] = field(default_factory=dict)
    groups_done: set[str] = field(default_factory=set)
    damaged: list[str] = field(default_factory=list)

    def read(self) -> None:
        """Take in what earlier sweeps left."""
        for trial in self.plan.trials:
            self.refresh_status(trial)
        for planned in self.plan.evaluations:
            if (measured := read_measured(self.store, planned.key)) is not None:
                self.results[planned.key] = measured
        self.groups_done.update(group.part for group in self.plan.groups if self.folder.has_part(TABLE, group.part))
        self._reopen()

    def refresh_status(self, trial: Trial) -> TrialStatus | None:
        """Read a trial's status anew; None if there is none, or it is of another plan."""
        status = read_status(self.folder, trial)
        if status is None or status.digest != trial.digest:
            return None
        self.statuses[trial.id] = status
        return status

    def is_over(self, trial: Trial) -> bool:
        """Whether the science of a trial is settled."""
        status = self.statuses.get(trial.id)
        return status is not None and status.is_over

    def trials_left(self) -> tuple[Trial, ...]:
        """Trials with work to do, in starting order."""
        return tuple(trial for trial in self.plan.trials if not self.is_over(trial))

    def evaluations_to_try(self) -> tuple[Evaluation, ...]:
        """Those without a result whose states exist, or may still come: not those of a diverged training."""
        left = [planned for planned in self.plan.evaluations if planned.key not in self.results]
        lost = {key for trial in self.plan.trials if self.is_over(trial) for key in self.lost_keys(trial)}
        diverged = {key for key in self._needed(left) if self.store.diverged_in(key) is not None}
        return tuple(planned for planned in left if not planned.needs & (lost | diverged))

    def groups_left(self) -> tuple[SiblingGroup, ...]:
        """Sibling groups that are not aggregated yet."""
        return tuple(group for group in self.plan.groups if group.part not in self.groups_done)

    def done_keys(self, trial: Trial) -> list[str]:
        """Trainings of the steps that a trial has done."""
        return [trajectory.key for step in trial.steps[: self._steps_done(trial)] for trajectory in step]

    def lost_keys(self, trial: Trial) -> list[str]:
        """A trial's own trainings that never come, if it is over."""
        left = (trajectory.key for step in trial.steps[self._steps_done(trial) :] for trajectory in step)
        return [key for key in left if key in trial.own]

    def epochs_done(self) -> int:
        """Epochs of the plan that need not be trained any more, by the steps that are done."""
        return sum(length(self.plan.trajectories[key]) for key in self._finished())

    def write_tables(self) -> None:
        """Write the driver's own parts, and refresh every table from the parts that are there."""
        rows: dict[str, list[Row]] = {table: [] for table in self._driver_tables()}
        rows["trials"] = [self._trial_row(trial) for trial in self.plan.in_grid_order]
        for planned in self.plan.evaluations:
            if (measured := self.results.get(planned.key)) is not None:
                self._describe(planned, measured, rows)
        for table, content in rows.items():
            self.folder.write_part(table, DRIVER_PART, content)
        for table in self.plan.tables:
            self.damaged += self.folder.compact(table, self._parts(table))

    def _reopen(self) -> None:
        """Let trials go on that are over, but lost a state or a mask that an evaluation still needs."""
        left = (planned for planned in self.plan.evaluations if planned.key not in self.results)
        needed = self._needed(left)
        for trial in self.plan.trials:
            if self.is_over(trial) and needed.intersection(self.done_keys(trial)) and self._has_lost(trial):
                del self.statuses[trial.id]

    def _has_lost(self, trial: Trial) -> bool:
        lineage, trajectories = trial.lineage, self.plan.trajectories
        ends = [trajectories[key].end for key in self.done_keys(trial)]
        starts = [lineage.rewind_point] if isinstance(lineage.rewind_point, StateRef) else []
        pruned = any(ref.mask is not None and ref.mask.lineage == lineage.mask_key for ref in trial.own.values())
        return (
            any(not self.store.has_state(ref) and self.store.diverged_in(ref.trajectory) is None for ref in ends)
            or any(not self.store.has_state(ref) for ref in starts)
            or (pruned and not self.store.has_masks(lineage.mask_key))
        )

    def _driver_tables(self) -> set[str]:
        return {*DRIVER_TABLES, *(table for planned in self.plan.evaluations for table in planned.tables)}

    def _describe(self, planned: Evaluation, measured: Measured, rows: dict[str, list[Row]]) -> None:
        run = self.folder.name
        for table, content in planned.rows(run, measured).items():
            rows[table] += content
        rows["segments"].append(evaluation_segment_row(run, planned.trial, planned.study, planned.key, measured.cost))

    def _needed(self, evaluations: Iterable[Evaluation]) -> set[str]:
        return {key for planned in evaluations for key in planned.needs}

    def _parts(self, table: str) -> Sequence[str]:
        if table == TABLE:
            return [group.part for group in self.plan.groups]
        trials = (trial for trial in self.plan.in_grid_order if trial.id in self.statuses)
        return [*(trial.id for trial in trials if table in trial.tables), DRIVER_PART]

    def _steps_done(self, trial: Trial) -> int:
        status = self.statuses.get(trial.id)
        return status.levels_done if status else 0

    def _finished(self) -> set[str]:
        """Keys of trainings that are done, or never come."""
        return {
            key for trial in self.plan.trials for key in (trial.own if self.is_over(trial) else self.done_keys(trial))
        }

    def _trial_row(self, trial: Trial) -> Row:
        status = self.statuses.get(trial.id)
        return {
            **trial_columns(self.folder.name, trial),
            "status": status.status if status else "unfinished",
            "levels_planned": len(trial.steps) - 1,
            "levels_done": self._steps_done(trial),
            "message": status.message if status else None,
            "lineage": trial.lineage.mask_key,
        }
