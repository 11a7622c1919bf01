"""How far a sweep has come: what displays draw, and what `raylth status` reads from another shell."""

import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol


@dataclass
class RunningTrial:
    """A trial that is being trained."""

    trial: str
    levels: int
    level: int = 0
    start: int = 0
    epoch: int = 0
    epochs: int = 0
    images_per_second: float = 0.0


@dataclass
class Progress:
    """Counts of one sweep. Written by the driver's loop, read by the heartbeat's thread, hence the lock.

    `epochs_done` counts epochs of the plan that need not be trained any more, `epochs_before` those found at the start.
    """

    run: str
    phase: str = "starting"
    trials: int = 0
    trials_done: int = 0
    diverged: int = 0
    failed: int = 0
    epochs: int = 0
    epochs_before: int = 0
    epochs_done: int = 0
    evaluations: int = 0
    evaluations_done: int = 0
    began: float = field(default_factory=time.time)
    running: dict[str, RunningTrial] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def begin(
        self, trials: int, trials_done: int, epochs: int, epochs_done: int, evaluations: int, evaluations_done: int
    ) -> None:
        """The plan is known, and what of it is done."""
        with self.lock:
            self.phase, self.began = "training", time.time()
            self.trials, self.trials_done = trials, trials_done
            self.epochs, self.epochs_before, self.epochs_done = epochs, epochs_done, epochs_done
            self.evaluations, self.evaluations_done = evaluations, evaluations_done

    def trial_started(self, trial: str, levels: int, epochs: int) -> None:
        """A trial has a process now."""
        with self.lock:
            self.running[trial] = RunningTrial(trial, levels, epochs=epochs)

    def epoch(self, trial: str, level: int, start: int, epoch: int, images_per_second: float) -> None:
        """A trial reports an epoch of a training that began at epoch `start`."""
        with self.lock:
            running = self.running.setdefault(trial, RunningTrial(trial, level))
            running.level, running.start, running.epoch = level, start, epoch
            running.images_per_second = images_per_second

    def level(self, trial: str, level: int, epochs_done: int) -> None:
        """A trial has written a level."""
        with self.lock:
            running = self.running.setdefault(trial, RunningTrial(trial, level))
            running.level, running.start = level, running.epoch
            self.epochs_done = epochs_done

    def trial_over(self, trial: str, outcome: str, epochs_done: int) -> None:
        """A trial is finished, diverged or failed."""
        with self.lock:
            self.running.pop(trial, None)
            self.trials_done += 1
            self.diverged += outcome == "diverged"
            self.failed += outcome == "failed"
            self.epochs_done = epochs_done

    def evaluated(self) -> None:
        """A line or an aggregate is done."""
        with self.lock:
            self.evaluations_done += 1

    def epochs_now(self) -> int:
        """Epochs that need not be trained any more, those of unfinished levels included."""
        with self.lock:
            unfinished = sum(trial.epoch - trial.start for trial in self.running.values())
        return min(self.epochs, self.epochs_done + unfinished)

    def eta_seconds(self) -> float | None:
        """Seconds of training left at the pace so far; None before there is a pace."""
        now = self.epochs_now()
        if now <= self.epochs_before:
            return None
        return (time.time() - self.began) / (now - self.epochs_before) * (self.epochs - now)

    def as_json(self) -> dict[str, Any]:
        """A snapshot for the heartbeat."""
        with self.lock:
            values = {name: value for name, value in vars(self).items() if name not in ("running", "lock")}
            running = [asdict(trial) for trial in self.running.values()]
        return {**values, "running": running, "epochs_now": self.epochs_now(), "eta_seconds": self.eta_seconds()}


class Display(Protocol):
    """Whoever shows a sweep to a person."""

    def show(self, progress: Progress) -> None:
        """Draw the current state; called often, may skip calls."""

    def note(self, text: str) -> None:
        """Say something that should stay on the screen."""


class Silent:
    """Shows nothing: for notebooks and tests."""

    def show(self, progress: Progress) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""
