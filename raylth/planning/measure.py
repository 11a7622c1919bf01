"""A few seconds of measurement on this machine: how long an epoch, an acc_0 and a line take with all slots at work."""

import multiprocessing
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import torch

from raylth.data import DeviceSplit
from raylth.planning.cost import Kind, Speed, kind_of
from raylth.planning.plan import Plan
from raylth.seeds import presentations
from raylth.store import Checkpoints, Store, open_storage
from raylth.training.evaluate import EVALUATION_BATCH, evaluate, recompute_batchnorm
from raylth.training.loop import Masking, make_optimiser, presentation_accuracy, train_epoch
from raylth.training.setup import make_workbench
from raylth.training.workbench import Workbench
from raylth.trials.trial import Trial

SECONDS_EACH = 1.5
"""How long each kind of work is repeated for its rate."""

PROBE_BATCHES = 40
"""Batches of a measured stretch of training, so that a large data set is not walked through."""


@dataclass(frozen=True)
class _Task:
    trial: Trial
    data_root: str
    threads: int
    allow_import: bool


def measure_speeds(plan: Plan, data_root: Path, slots: int, threads: int, allow_import: bool) -> dict[Kind, Speed]:
    """Measure every kind of training of a plan, with `slots` processes doing the same at the same time."""
    kinds = {kind_of(trial): trial for trial in plan.trials}
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(slots, mp_context=spawn) as pool:
        speeds = {}
        for kind, trial in kinds.items():
            task = _Task(trial, str(data_root), threads, allow_import)
            speeds[kind] = _average(list(pool.map(_measure, [task] * slots)))
    return speeds


def _average(speeds: list[Speed]) -> Speed:
    return Speed(**{name: mean(vars(speed)[name] for speed in speeds) for name in vars(speeds[0])})


def _measure(task: _Task) -> Speed:
    torch.set_num_threads(task.threads)
    with tempfile.TemporaryDirectory() as folder:
        bench = _bench(task, folder)
        train, presented = _train_seconds(bench, task.trial), _presentation_seconds(bench, task.trial)
        evaluation, recompute = _evaluate_seconds(bench, task.trial), _recompute_seconds(bench, task.trial)
    return Speed(train=train, present=presented, evaluate=evaluation, recompute=recompute)


def _bench(task: _Task, folder: str) -> Workbench:
    spec = task.trial.cell.spec
    storage = open_storage(folder)
    store = Store(storage)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    bench = make_workbench(
        spec.data,
        spec.model,
        spec.training.augment.crop,
        store,
        Checkpoints(store, storage),
        Path(task.data_root),
        device,
        allow_import=task.allow_import,
    )
    bench.initial_weights(task.trial.lineage.initialisation)
    return bench


def _train_seconds(bench: Workbench, trial: Trial) -> float:
    """Seconds per training image, masking and bookkeeping included."""
    trajectory, part = trial.lineage.trunk, _part(bench.splits.train, trial)
    noise = presentations(trajectory.noise, 0, len(part), trajectory.training.augment)
    optimiser = make_optimiser(bench.network, trajectory.training)
    weights = [name for name, tensor in bench.network.named_parameters() if tensor.dim() > 1]
    everything = {name: torch.ones_like(dict(bench.network.named_parameters())[name]) for name in weights}
    masking = Masking(bench.network, everything)

    def epoch() -> None:
        train_epoch(bench.network, optimiser, masking, part, noise, trajectory.training, 0, trajectory.precision)

    return _seconds(epoch) / len(part)


def _presentation_seconds(bench: Workbench, trial: Trial) -> float:
    trajectory, part = trial.lineage.trunk, _part(bench.splits.train, trial)
    noise = presentations(trajectory.noise, 0, len(part), trajectory.training.augment)
    batch, precision = trajectory.training.batch_size, trajectory.precision
    return _seconds(lambda: presentation_accuracy(bench.network, part, noise, batch, precision)) / len(part)


def _evaluate_seconds(bench: Workbench, trial: Trial) -> float:
    part = _first(bench.splits.test, EVALUATION_BATCH)
    return _seconds(lambda: evaluate(bench.network, part, trial.lineage.precision)) / len(part)


def _recompute_seconds(bench: Workbench, trial: Trial) -> float:
    part = _first(bench.splits.clean, EVALUATION_BATCH)
    return _seconds(lambda: recompute_batchnorm(bench.network, part, trial.lineage.precision)) / len(part)


def _part(split: DeviceSplit, trial: Trial) -> DeviceSplit:
    return _first(split, PROBE_BATCHES * trial.lineage.training.batch_size)


def _first(split: DeviceSplit, images: int) -> DeviceSplit:
    return split.take(slice(0, images))


def _seconds(work: Callable[[], object]) -> float:
    """Seconds that one round of `work` takes, after a warm-up, over about SECONDS_EACH.

    On a CPU it is processor time per thread: what else the machine is doing at the moment is no part of the estimate.
    """
    clock = time.perf_counter if torch.cuda.is_available() else _thread_seconds
    work()
    began, began_clock, rounds = time.perf_counter(), clock(), 0
    while time.perf_counter() - began < SECONDS_EACH:
        work()
        rounds += 1
    return (clock() - began_clock) / rounds


def _thread_seconds() -> float:
    return time.process_time() / torch.get_num_threads()
