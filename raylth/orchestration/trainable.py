"""The Tune trainable: one trial owns one lineage, and reports per level, and per epoch at most once a second."""

import time
from collections.abc import Mapping
from typing import Any

from ray import tune

from raylth.errors import ObjectDamaged, RaylthError
from raylth.orchestration.context import Context, limit_threads, trial_bench
from raylth.training.workbench import EpochReport, OnEpoch
from raylth.trials.listening import OnEpochOf
from raylth.trials.run import run_trial
from raylth.trials.status import fail_trial
from raylth.trials.trial import Trial

REPORT_SECONDS = 1.0
"""`tune.report` waits for the driver, so epochs are reported no more often."""

ATTEMPTS = 3
"""How often a trial starts over when it comes upon a damaged object; what is whole is not computed again."""


def train_lineage(config: Mapping[str, Any], context: Context, trials: Mapping[str, Trial]) -> None:
    """Run one trial; what it cannot do is recorded as failed, and only the death of the process is retried."""
    trial = trials[config["trial"]]
    limit_threads(context.threads)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            run_trial(trial, trial_bench(context, trial), context.folder, _listener(), _on_level)
            return
        except ObjectDamaged as error:
            # It has been set aside, so the next attempt makes it anew.
            if attempt == ATTEMPTS:
                fail_trial(trial, context.folder, str(error))
        except RaylthError as error:
            fail_trial(trial, context.folder, str(error))
            return


def _on_level(level: int) -> None:
    tune.report({"event": "level", "level": level})


def _listener() -> OnEpochOf:
    last = 0.0

    def of_level(level: int) -> OnEpoch:
        def on_epoch(report: EpochReport) -> None:
            nonlocal last
            if time.monotonic() - last < REPORT_SECONDS:
                return
            last = time.monotonic()
            tune.report(
                {
                    "event": "epoch",
                    "level": level,
                    "start": report.start,
                    "epoch": report.epoch,
                    "images_per_second": report.images_per_second,
                    "train_loss": report.train_loss,
                    "train_accuracy": report.train_accuracy,
                    "test_accuracy": report.test_accuracy,
                }
            )

        return on_epoch

    return of_level
