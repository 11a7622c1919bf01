"""A Tune searcher that offers a planned trial only when the states it builds on exist."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from ray.tune.search import Searcher

from raylth.store import Store
from raylth.trajectory import StateRef
from raylth.trials.trial import Trial

RECHECK_SECONDS = 0.5
"""How often a missing state is looked for; a look costs a request where storage is remote."""


class PlanSearcher(Searcher):
    """Draws the trials of a plan in their order, longest first, skipping those that must still wait.

    A trial that waits for another's trajectory so never holds a core or a GPU share. If the producer of a state is over
    without it (it failed), the next trial that needs the state is let go and computes it itself.
    """

    def __init__(self, trials: Iterable[Trial], store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(metric=None, mode=None)
        self._waiting = list(trials)
        self._running: dict[str, Trial] = {}
        self._store = store
        self._clock = clock
        self._settled: set[StateRef] = set()
        self._checked: dict[StateRef, float] = {}

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:  # type: ignore[override]
        """The next trial that can start, None while all must wait, or FINISHED."""
        if not self._waiting:
            return str(Searcher.FINISHED)
        for trial in self._waiting:
            if all(self._is_settled(ref) for ref in trial.requires):
                self._waiting.remove(trial)
                self._running[trial_id] = trial
                return {"trial": trial.id}
        return None

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Forget a trial that is over, well or not."""
        self._running.pop(trial_id, None)

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the store says what is done, and Tune's own saved state is never restored."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing, as `save`."""

    def _is_settled(self, ref: StateRef) -> bool:
        if ref in self._settled:
            return True
        if not self._is_produced(ref):
            return True
        now = self._clock()
        if now - self._checked.get(ref, float("-inf")) < RECHECK_SECONDS:
            return False
        self._checked[ref] = now
        if self._store.has_state(ref) or self._store.diverged_in(ref.trajectory) is not None:
            self._settled.add(ref)
            return True
        return False

    def _is_produced(self, ref: StateRef) -> bool:
        """Whether some trial that is running, or may still run, computes the state."""
        return any(ref.trajectory in trial.own for trial in (*self._running.values(), *self._waiting))
