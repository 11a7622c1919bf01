"""Evaluator actors: lines and sibling aggregates beside the trials, as soon as what they need exists."""

import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import ray

from raylth.evaluation import Measured
from raylth.orchestration.context import Context, limit_threads, line_bench
from raylth.orchestration.resources import EvaluatorNeeds
from raylth.studies.evaluation import Evaluation
from raylth.studies.sibling_forgetting import SiblingGroup, aggregate_forgetting

NICENESS = 10
"""Trials come first where evaluators have no cores of their own."""

LINES_AHEAD = 2
"""Jobs handed to one evaluator at a time; the rest waits with the driver, so a dead actor loses little."""


class Evaluator:
    """One actor. Every method may be called again with the same arguments: results are stored under their key."""

    def __init__(self, context: Context) -> None:
        self._context = context
        os.nice(NICENESS)

    def measure(self, evaluation: Evaluation) -> Measured:
        """Measure something on stored states."""
        limit_threads(1)
        bench = line_bench(self._context, evaluation.data, evaluation.trial.model)
        return evaluation.measure(bench, self._context.run)

    def aggregate(self, group: SiblingGroup) -> None:
        """Aggregate the forgetting statistics of the siblings of one cell, initialisation and level."""
        bench = line_bench(self._context, group.trial.data, group.trial.model)
        aggregate_forgetting(group, bench, self._context.folder)


Job = Evaluation | SiblingGroup


class EvaluatorPool:
    """The evaluators of one sweep and the driver's queue in front of them.

    Args:
        context: the sweep.
        needs: how many, and what each reserves.

    `on_done` is told of every finished job, with what an evaluation measured; `failures` says in words what could not
    be done.
    """

    def __init__(self, context: Context, needs: EvaluatorNeeds) -> None:
        self._context, self._needs = context, needs
        self._actors: dict[int, Any] = {}
        self._load = [0] * needs.count
        self._queue: deque[Job] = deque()
        self._flying: dict[Any, tuple[int, Job]] = {}
        if needs.cpu or needs.gpu:
            # Made before the trials, or these would take what the evaluators reserve.
            for place in range(needs.count):
                self._actor(place)
        self.on_done: Callable[[Job, Measured | None], None] = lambda job, measured: None
        self.failures: list[str] = []

    def submit(self, jobs: Iterable[Job]) -> None:
        """Queue jobs whose states exist."""
        self._queue.extend(jobs)
        self._dispatch()

    def poll(self, timeout: float = 0) -> None:
        """Take in what is finished, and hand out more."""
        if self._flying:
            finished, _ = ray.wait(list(self._flying), num_returns=1, timeout=timeout)
            while finished:
                self._take(finished[0])
                finished, _ = ray.wait(list(self._flying), num_returns=1, timeout=0) if self._flying else ([], [])
        self._dispatch()

    @property
    def pending(self) -> int:
        """Jobs that are queued or under way."""
        return len(self._queue) + len(self._flying)

    def _dispatch(self) -> None:
        while self._queue and (place := free_place(self._load, self._actors)) is not None:
            job, actor = self._queue.popleft(), self._actor(place)
            ref = actor.measure.remote(job) if isinstance(job, Evaluation) else actor.aggregate.remote(job)
            self._flying[ref] = (place, job)
            self._load[place] += 1

    def _actor(self, place: int) -> Any:
        if place not in self._actors:
            self._actors[place] = (
                ray.remote(Evaluator)
                .options(
                    name=f"raylth-evaluator-{self._context.run}-{place}",
                    num_cpus=self._needs.cpu,
                    num_gpus=self._needs.gpu,
                    max_restarts=-1,
                    max_task_retries=3,
                )
                .remote(self._context)
            )
        return self._actors[place]

    def _take(self, ref: Any) -> None:
        place, job = self._flying.pop(ref)
        self._load[place] -= 1
        try:
            result = ray.get(ref)
        except ray.exceptions.RayError as error:
            # Missing in the tables, and computed by the next sweep on this storage.
            self.failures.append(f"{job.name}: {_last_line(error)}")
            return
        self.on_done(job, result)


def free_place(load: Sequence[int], running: Collection[int]) -> int | None:
    """Which evaluator takes the next job, by how many each has; None if all have enough to do.

    One more is started only when those that run have enough: its import of torch is seconds taken from the trials.
    """
    least = min(running, key=load.__getitem__, default=None)
    if least is not None and load[least] < LINES_AHEAD:
        return least
    return next((place for place in range(len(load)) if place not in running), None)


class Backlog:
    """Evaluations that wait for trainings: gives out each once, when all that it needs is there."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._waiting = [(job, set(job.needs)) for job in jobs]

    def done(self, trajectories: Collection[str]) -> list[Job]:
        """What can be evaluated now that these trainings have come to their ends."""
        for _, needs in self._waiting:
            needs.difference_update(trajectories)
        return self._release()

    def lost(self, trajectories: Collection[str]) -> list[Job]:
        """What can be evaluated now that these will never come; evaluations that still wait for one are given up.

        An aggregate takes whichever siblings there are.
        """
        lost = set(trajectories)
        self._waiting = [
            (job, needs) for job, needs in self._waiting if isinstance(job, SiblingGroup) or not needs & lost
        ]
        return self.done(lost)

    def _release(self) -> list[Job]:
        ready = [job for job, needs in self._waiting if not needs]
        self._waiting = [(job, needs) for job, needs in self._waiting if needs]
        return ready


def _last_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1]
