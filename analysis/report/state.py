"""Whether a run is finished: trials by status, and how far a sweep had come that is still at it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from analysis.run import Origin, Run
from analysis.words import count, listed

Kind = Literal["finished", "running", "incomplete"]

STATUSES = {
    "failed": "failed",
    "diverged": "diverged (the loss was no longer finite)",
    "unfinished": "unfinished",
}


@dataclass(frozen=True)
class State:
    """How far a run is: a word or two, and the sentences that explain them."""

    kind: Kind
    title: str
    sentences: tuple[str, ...]


def state_of(run: Run) -> State:
    """The state of all origins together."""
    statuses = _statuses(run)
    running = [origin for origin in run.origins if origin.progress is not None]
    sentences = (*map(_progress, running), *_trials(statuses), *_missing(run))
    if running:
        return State("running", "Still running, or interrupted", sentences)
    if statuses and set(statuses) == {"finished"}:
        return State("finished", "Finished", sentences)
    return State("incomplete", _problem(statuses), sentences)


def _statuses(run: Run) -> Mapping[str, int]:
    trials = run["trials"]
    if "status" not in trials.columns:
        return {}
    return {str(status): int(number) for status, number in trials["status"].value_counts().items()}


def _problem(statuses: Mapping[str, int]) -> str:
    if statuses.get("failed"):
        return "Ended with failed trials"
    if statuses.get("unfinished") or not statuses:
        return "Not finished"
    return "Ended with diverged trials"


def _progress(origin: Origin) -> str:
    progress: Mapping[str, Any] = origin.progress or {}
    pairs = (("trials_done", "trials", "trials"), ("epochs_now", "epochs", "epochs"))
    done = [f"{progress[a]:,} of {progress[b]:,} {noun}" for a, b, noun in pairs if a in progress and b in progress]
    far = f" had done {listed(done)} when it last reported" if done else " has not reported its progress"
    return (
        f"A sweep that is working on {origin.name}, or died at it,{far}. "
        "What is below can change; `raylth sweep` with the same spec goes on where it stopped."
    )


def _trials(statuses: Mapping[str, int]) -> Iterator[str]:
    if not statuses:
        yield "No trial has been recorded yet."
        return
    total = sum(statuses.values())
    if statuses.get("finished") == total:
        yield f"All {count(total, 'trial')} finished." if total > 1 else "Its only trial finished."
        return
    bad = [f"{number:,} {STATUSES.get(status, status)}" for status, number in statuses.items() if status != "finished"]
    yield f"Of {count(total, 'trial')}, {statuses.get('finished', 0):,} finished, and {listed(bad)}."


def _missing(run: Run) -> Iterator[str]:
    if run["levels"].empty:
        yield "No training has come to its end yet, so there are no accuracies."
    elif run["barriers"].empty:
        yield "No error barrier has been measured."
