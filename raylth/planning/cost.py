"""What a plan will cost, before it runs: counts from the plan, and time from a few seconds of measurement."""

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import prod

from raylth.data import DataFacts
from raylth.evaluation import Passes
from raylth.models import build
from raylth.planning.plan import Plan
from raylth.spec.schema import DataSpec, ModelSpec
from raylth.store import Store
from raylth.studies.evaluation import Evaluation
from raylth.training.workbench import CLEAN_IMAGES
from raylth.trajectory import Trajectory
from raylth.trials.trial import LineageTrial, Trial

BYTES_PER_WEIGHT = 4


@dataclass(frozen=True)
class Counts:
    """The size of a plan. `epochs_left` and `evaluations_left` are what the store does not hold yet.

    `train_images` counts presentations, `evaluation_images` forward passes of evaluations, `disk_bytes` what the store
    will hold. `searched_epochs` is an estimate of what searches train, of which it is not known what the store holds.
    """

    trials: int
    trajectories: int
    epochs: int
    epochs_without_sharing: int
    epochs_left: int
    searched_epochs: int
    train_images: int
    evaluations: int
    evaluations_left: int
    evaluation_images: int
    disk_bytes: int


@dataclass(frozen=True)
class Speed:
    """Measured seconds per image on this machine with as many processes at work as a sweep has.

    `train`: a training step's share; `present`: the forward pass of a presentation without an update; `evaluate`: a
    test image; `recompute`: an image of recomputing BatchNorm.
    """

    train: float
    present: float
    evaluate: float
    recompute: float


Kind = tuple[DataSpec, ModelSpec, int]
"""Trainings of one data set, architecture and batch size take equally long."""


def kind_of(trial: Trial) -> Kind:
    """The kind of a trial's trainings."""
    return trial.data, trial.model, trial.lineage.training.batch_size


def count(plan: Plan, store: Store) -> Counts:
    """Count a plan, and what of it the store holds already."""
    done = {key for key, trajectory in plan.trajectories.items() if _is_settled(store, trajectory)}
    left = [planned for planned in plan.evaluations if not store.has_evaluation(planned.key)]
    sizes = _train_sizes(plan)
    return Counts(
        trials=len(plan.trials),
        trajectories=len(plan.trajectories),
        epochs=plan.epochs,
        epochs_without_sharing=plan.epochs_without_sharing,
        epochs_left=sum(length(trajectory) for key, trajectory in plan.trajectories.items() if key not in done),
        searched_epochs=sum(trial.searched_epochs for trial in plan.trials),
        train_images=sum(length(trajectory) * sizes[key] for key, trajectory in plan.trajectories.items()),
        evaluations=len(plan.evaluations),
        evaluations_left=len(left),
        evaluation_images=sum(_passes(plan, planned).total for planned in plan.evaluations),
        disk_bytes=_disk_bytes(plan),
    )


def length(trajectory: Trajectory) -> int:
    """Epochs from a trajectory's start to its end."""
    return trajectory.training.epochs - trajectory.start


def estimate_seconds(plan: Plan, store: Store, slots: int, speeds: Mapping[Kind, Speed], per_trial: float) -> float:
    """The time that the rest of a plan takes with `slots` trials at once, by playing the schedule through.

    Args:
        plan: what is to be done.
        store: what is done.
        slots: trials at once.
        speeds: measured for each kind of training.
        per_trial: seconds that each trial needs besides.
    """
    is_done = {key: _is_settled(store, trajectory) for key, trajectory in plan.trajectories.items()}

    def seconds(trial: Trial) -> float:
        speed = speeds[kind_of(trial)]
        todo = [each for key, each in trial.own.items() if not is_done[key]]
        own = sum(_seconds(each, plan.facts[trial.data], speed) for each in todo)
        searched = trial.searched_epochs * _epoch_seconds(trial.lineage.trunk, plan.facts[trial.data], speed)
        return own + searched + (per_trial if todo or searched else 0.0)

    evaluating = 0.0
    for planned in plan.evaluations:
        if not store.has_evaluation(planned.key):
            speed, passes = speeds[kind_of(planned.trial)], _passes(plan, planned)
            evaluating += passes.evaluated * speed.evaluate + passes.recomputed * speed.recompute
    return _makespan(plan, slots, seconds) + evaluating / slots


def _seconds(trajectory: Trajectory, facts: DataFacts, speed: Speed) -> float:
    """A training with a test after every epoch, and acc_0 at its start."""
    images = trajectory.data.train_images(facts.train_images)
    clean = min(CLEAN_IMAGES, images)
    start = speed.present * images + speed.recompute * clean + speed.evaluate * facts.test_images
    return length(trajectory) * _epoch_seconds(trajectory, facts, speed) + start


def _epoch_seconds(trajectory: Trajectory, facts: DataFacts, speed: Speed) -> float:
    return speed.train * trajectory.data.train_images(facts.train_images) + speed.evaluate * facts.test_images


def _makespan(plan: Plan, slots: int, seconds: Callable[[Trial], float]) -> float:
    """When the last trial ends if every free slot takes the first trial whose required states exist."""
    waiting, running, ready, now = list(plan.trials), list[float](), dict[str, float](), 0.0
    while waiting:
        while running and running[0] <= now:
            heapq.heappop(running)
        trial = next((each for each in waiting if _ready_at(each, ready) <= now), None)
        if trial is None or len(running) == slots:
            now = min(moment for moment in (*running, *ready.values()) if moment > now)
            continue
        waiting.remove(trial)
        heapq.heappush(running, now + seconds(trial))
        ready.update(_ends(trial, now, seconds(trial)))
    return max((now, *running))


def _ready_at(trial: Trial, ready: Mapping[str, float]) -> float:
    return max((ready.get(ref.trajectory, float("inf")) for ref in trial.requires), default=0.0)


def _ends(trial: Trial, begin: float, seconds: float) -> Iterator[tuple[str, float]]:
    """When each trajectory of a trial that begins now will be done, its time being shared out by epochs."""
    passed = 0
    for key, trajectory in trial.own.items():
        passed += length(trajectory)
        yield key, begin + seconds * passed / (trial.own_epochs + trial.searched_epochs)


def _is_settled(store: Store, trajectory: Trajectory) -> bool:
    return store.has_state(trajectory.end) or store.diverged_in(trajectory.key) is not None


def _train_sizes(plan: Plan) -> dict[str, int]:
    return {
        trajectory.key: trajectory.data.train_images(plan.facts[trial.data].train_images)
        for trial in plan.trials
        for trajectory in trial.trajectories
    }


def _passes(plan: Plan, planned: Evaluation) -> Passes:
    return planned.passes(plan.facts[planned.data])


def _disk_bytes(plan: Plan) -> int:
    total = 0
    sizes: dict[tuple[DataSpec, ModelSpec], int] = {}
    for trial in plan.trials:
        facts = plan.facts[trial.data]
        weights = sizes.setdefault((trial.data, trial.model), 0) or _state_size(trial.model, facts)
        sizes[trial.data, trial.model] = weights
        for trajectory in trial.own.values():
            telemetry = length(trajectory) * trajectory.data.train_images(facts.train_images) // 8
            total += weights * BYTES_PER_WEIGHT + telemetry
        if isinstance(trial, LineageTrial):
            momentum = 2 if trial.lineage.training.momentum else 1
            total += len(trial.snapshots) * weights * BYTES_PER_WEIGHT * momentum
            total += weights if trial.levels else 0
    return total


def _state_size(model: ModelSpec, facts: DataFacts) -> int:
    """Numbers in the state dict of an architecture."""
    network = build(model, facts.shape, facts.classes, allow_import=True)
    return sum(prod(tensor.shape) for tensor in network.state_dict().values())
