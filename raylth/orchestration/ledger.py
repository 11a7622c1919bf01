"""The driver's books: what is done, what the tables hold, and when they are refreshed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from raylth.planning import Plan, PlannedLine, SiblingGroup, Trial
from raylth.stability.line import LineResult, read_line
from raylth.store import Store
from raylth.tables import TABLES, RunFolder
from raylth.tables.rows import Row, barrier_row, curve_rows, line_segment_row, trial_columns
from raylth.trajectory import Trajectory
from raylth.trial import TRIAL_TABLES, TrialStatus, read_status, trial_digest

LINES_PART = "lines"


@dataclass
class Ledger:
    """What a run holds of its plan, as far as this driver knows."""

    plan: Plan
    folder: RunFolder
    store: Store
    statuses: dict[str, TrialStatus] = field(default_factory=dict)
    results: dict[str, LineResult] = field(default_factory=dict)
    groups_done: set[str] = field(default_factory=set)

    def read(self) -> None:
        """Take in what earlier sweeps left."""
        for trial in self.plan.trials:
            self.refresh_status(trial)
        for planned in self.plan.lines:
            if (result := read_line(self.store, planned.line)) is not None:
                self.results[planned.line.key] = result
        done = (group.part for group in self.plan.groups if self.folder.has_part("forgetting_siblings", group.part))
        self.groups_done.update(done)

    def refresh_status(self, trial: Trial) -> TrialStatus | None:
        """Read a trial's status anew; None if there is none, or it is of another plan."""
        status = read_status(self.folder, trial)
        if status is None or status.digest != trial_digest(trial, self.plan.spec.forgetting.levels):
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

    def lines_left(self) -> tuple[PlannedLine, ...]:
        """Lines without a result."""
        return tuple(planned for planned in self.plan.lines if planned.line.key not in self.results)

    def lines_to_try(self) -> tuple[PlannedLine, ...]:
        """Lines without a result whose two ends exist, or may still come: not those of a diverged lineage."""
        return tuple(planned for planned in self.lines_left() if not self._is_lost(planned))

    def groups_left(self) -> tuple[SiblingGroup, ...]:
        """Sibling groups that are not aggregated yet."""
        return tuple(group for group in self.plan.groups if group.part not in self.groups_done)

    def epochs_done(self) -> int:
        """Epochs of the plan that need not be trained any more, by the levels that are done."""
        ends = {
            trajectory.key: trajectory.training.epochs - trajectory.start
            for trial in self.plan.trials
            for trajectory in self._finished(trial)
        }
        return sum(ends.values())

    def write_tables(self) -> None:
        """Write the driver's own parts, and refresh every table from the parts that are there."""
        self.folder.write_part("trials", LINES_PART, [self._trial_row(trial) for trial in self.plan.in_grid_order])
        done = [
            (planned, self.results[planned.line.key]) for planned in self.plan.lines if planned.line.key in self.results
        ]
        run, threshold = self.folder.name, self.plan.spec.lmc.stable_below
        self.folder.write_part("lmc", LINES_PART, [row for pair in done for row in curve_rows(run, *pair)])
        self.folder.write_part("barriers", LINES_PART, [barrier_row(run, *pair, threshold) for pair in done])
        self.folder.write_part("segments", LINES_PART, [line_segment_row(run, *pair) for pair in done])
        for table in TABLES:
            self.folder.compact(table, self._parts(table))

    def _is_lost(self, planned: PlannedLine) -> bool:
        statuses = ((self.statuses.get(trial), level) for trial, level in planned.levels_needed)
        return any(status is not None and status.is_over and level >= status.levels_done for status, level in statuses)

    def _parts(self, table: str) -> Sequence[str]:
        if table == "forgetting_siblings":
            return [group.part for group in self.plan.groups]
        trials = [trial.id for trial in self.plan.in_grid_order if trial.id in self.statuses]
        return [*(trials if table in TRIAL_TABLES else []), LINES_PART]

    def _finished(self, trial: Trial) -> list[Trajectory]:
        status = self.statuses.get(trial.id)
        if status is None:
            return []
        if status.is_over:
            return list(trial.trajectories)
        return [trial.lineage.level(level) for level in range(status.levels_done)]

    def _trial_row(self, trial: Trial) -> Row:
        status = self.statuses.get(trial.id)
        return {
            **trial_columns(self.folder.name, trial),
            "status": status.status if status else "unfinished",
            "levels_planned": trial.levels,
            "levels_done": status.levels_done if status else 0,
            "message": status.message if status else None,
            "lineage": trial.lineage.mask_key,
        }
