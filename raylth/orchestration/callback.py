"""The driver's side of Tune: books what trials report, and feeds the evaluators."""

import time
from typing import Any

from ray import tune

from raylth.evaluation import Measured
from raylth.orchestration.evaluators import Backlog, EvaluatorPool, Job
from raylth.orchestration.ledger import Ledger
from raylth.orchestration.progress import Display, Progress
from raylth.studies.sibling_forgetting import SiblingGroup
from raylth.trials.status import fail_trial
from raylth.trials.trial import Trial

TABLES_SECONDS = 30.0
"""How often the tables are refreshed while a sweep runs."""


class SweepCallback(tune.Callback):
    """Called by Tune in the driver's loop, and by the driver itself once all trials are over."""

    def __init__(
        self, ledger: Ledger, backlog: Backlog, pool: EvaluatorPool, progress: Progress, display: Display
    ) -> None:
        self._ledger, self._backlog, self._pool = ledger, backlog, pool
        self._progress, self._display = progress, display
        self._trials = {trial.id: trial for trial in ledger.plan.trials}
        self._refreshed = time.monotonic()
        self.failures: list[str] = []
        pool.on_done = self._evaluated

    def __getstate__(self) -> dict[str, Any]:
        # Tune pickles its callbacks to restore them later, which never happens here.
        return {}

    def submit_ready(self) -> None:
        """Hand out what can be evaluated from what earlier sweeps left."""
        for trial in self._trials.values():
            self._pool.submit(self._backlog.done(self._ledger.done_keys(trial)))
        for trial in self._trials.values():
            if self._ledger.is_over(trial):
                self._pool.submit(self._backlog.lost(self._ledger.lost_keys(trial)))

    def drain(self) -> None:
        """Wait for the evaluations that are left."""
        while self._pool.pending:
            self._pool.poll(timeout=0.5)
            self._display.show(self._progress)

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial has begun, or begun again."""
        planned = self._planned(trial)
        self._progress.trial_started(planned.id, len(planned.steps) - 1, planned.lineage.training.epochs)

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """A trial reports an epoch, or a level that is written."""
        planned = self._planned(trial)
        if result.get("event") == "epoch":
            rate = result["images_per_second"]
            self._progress.epoch(planned.id, result["level"], result["start"], result["epoch"], rate)
        elif result.get("event") == "level":
            self._ledger.refresh_status(planned)
            self._progress.level(planned.id, result["level"], self._ledger.epochs_done())
            self._pool.submit(self._backlog.done(self._ledger.done_keys(planned)))

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial has returned: finished, diverged, or failed with a message."""
        self._over(self._planned(trial))

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial's process died more often than it may."""
        planned = self._planned(trial)
        message = "its process died, or raised an error that raylth does not know; see the sweep's log"
        if trial.error_file:
            message = _last_line(trial.error_file) or message
        fail_trial(planned, self._ledger.folder, message)
        self._over(planned)

    def on_step_end(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """Every turn of Tune's loop."""
        self._pool.poll()
        self._display.show(self._progress)
        if time.monotonic() - self._refreshed > TABLES_SECONDS:
            self._ledger.write_tables()
            self._refreshed = time.monotonic()

    def _planned(self, trial: Any) -> Trial:
        return self._trials[trial.config["trial"]]

    def _over(self, trial: Trial) -> None:
        status = self._ledger.refresh_status(trial)
        outcome = status.status if status else "failed"
        self._progress.trial_over(trial.id, outcome, self._ledger.epochs_done())
        if status is not None and status.message:
            self._display.note(f"{trial.id} {outcome}: {status.message}")
        if outcome == "failed":
            self.failures.append(f"{trial.id}: {status.message if status else 'no status was written'}")
        self._pool.submit(self._backlog.done(self._ledger.done_keys(trial)))
        self._pool.submit(self._backlog.lost(self._ledger.lost_keys(trial)))

    def _evaluated(self, job: Job, measured: Measured | None) -> None:
        if isinstance(job, SiblingGroup):
            self._ledger.groups_done.add(job.part)
        elif measured is not None:
            self._ledger.results[job.key] = measured
        self._progress.evaluated()


def _last_line(path: str) -> str:
    with open(path, errors="replace") as lines:
        text = [line.strip() for line in lines if line.strip()]
    return text[-1] if text else ""
