"""Evaluator actors: lines and sibling aggregates beside the trials, as soon as what they need exists."""

import os
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import ray

from raylth.orchestration.context import Context, limit_threads, line_bench
from raylth.orchestration.resources import EvaluatorNeeds
from raylth.planning import PlannedLine, SiblingGroup
from raylth.stability.line import LineResult, line_result
from raylth.trial import aggregate_forgetting

NICENESS = 10
"""Trials come first where evaluators have no cores of their own."""

LINES_AHEAD = 2
"""Jobs handed to one evaluator at a time; the rest waits with the driver, so a dead actor loses little."""


class Evaluator:
    """One actor. Every method may be called again with the same arguments: results are stored under their key."""

    def __init__(self, context: Context) -> None:
        self._context = context
        os.nice(NICENESS)

    def line(self, planned: PlannedLine) -> LineResult:
        """Evaluate a line between two stored states."""
        limit_threads(1)
        bench = line_bench(self._context, planned.trial_a)
        return line_result(bench.store, planned.line, bench.network, bench.splits, self._context.run)

    def forgetting(self, group: SiblingGroup) -> None:
        """Aggregate the forgetting statistics of the siblings of one cell, initialisation and level."""
        bench = line_bench(self._context, group.trials[0])
        aggregate_forgetting(group, bench, self._context.folder)


Job = PlannedLine | SiblingGroup


class EvaluatorPool:
    """The evaluators of one sweep and the driver's queue in front of them.

    Args:
        context: the sweep.
        needs: how many, and what each reserves.

    `on_done` is told of every finished job, with the result of a line; `failures` says in words what could not be done.
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
        self.on_done: Callable[[Job, LineResult | None], None] = lambda job, result: None
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
        while self._queue and min(self._load) < LINES_AHEAD:
            place = self._load.index(min(self._load))
            job, actor = self._queue.popleft(), self._actor(place)
            ref = actor.line.remote(job) if isinstance(job, PlannedLine) else actor.forgetting.remote(job)
            self._flying[ref] = (place, job)
            self._load[place] += 1

    def _actor(self, place: int) -> Any:
        # Those that reserve nothing start with their first job: four imports of torch at once would delay the trials.
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
            self.failures.append(f"{_describe(job)}: {_last_line(error)}")
            return
        self.on_done(job, result)


class Backlog:
    """Evaluations that wait for trials: gives out each once, when all levels that it needs are there."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._waiting = [(job, set(job.levels_needed)) for job in jobs]

    def level_done(self, trial: str, level: int) -> list[Job]:
        """What can be evaluated now that a trial has finished a level."""
        for _, needs in self._waiting:
            needs.discard((trial, level))
        return self._release()

    def trial_over(self, trial: str, levels_done: int) -> list[Job]:
        """What can be evaluated now that a trial will do no more; lines that need more of it are given up."""
        self._waiting = [(job, needs) for job, needs in self._waiting if not _is_lost(job, needs, trial, levels_done)]
        for _, needs in self._waiting:
            needs.difference_update([need for need in needs if need[0] == trial])
        return self._release()

    def _release(self) -> list[Job]:
        ready = [job for job, needs in self._waiting if not needs]
        self._waiting = [(job, needs) for job, needs in self._waiting if needs]
        return ready


def _is_lost(job: Job, needs: set[tuple[str, int]], trial: str, levels_done: int) -> bool:
    # An aggregate takes whichever siblings there are; a line needs both its ends.
    return isinstance(job, PlannedLine) and any(name == trial and level >= levels_done for name, level in needs)


def _describe(job: Job) -> str:
    if isinstance(job, SiblingGroup):
        return f"forgetting over siblings of {job.name}"
    return f"{job.kind} line from {job.trial_a.id} level {job.level_a} to {job.trial_b.id} level {job.level_b}"


def _last_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1]
