"""Tiny real trainings for the tests: digits, and networks that take milliseconds per epoch."""

from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from raylth.data import Dataset, load_dataset
from raylth.imp import find_mask, train_level, train_trunk
from raylth.lineage import Lineage
from raylth.models import build
from raylth.planning import Plan, make_plan
from raylth.spec.schema import AugmentSpec, DataSpec, ModelSpec, SweepSpec, TrainingSpec
from raylth.state import State
from raylth.store import Checkpoints, Store, open_storage
from raylth.tables import RunFolder
from raylth.training.setup import make_splits
from raylth.training.workbench import EpochReport, Splits, Workbench
from raylth.trajectory import DataInputs, ModelInputs
from raylth.trials.run import run_trial
from raylth.trials.status import TrialStatus
from raylth.trials.trial import LineageTrial

CPU = torch.device("cpu")
LENET = ModelSpec(name="lenet300100")
RESNET = ModelSpec(name="resnet8", width=4)
CROPPED = AugmentSpec(crop=1, flip=True)
TRAINING = TrainingSpec(epochs=4, batch_size=32, lr=0.05, momentum=0.9, weight_decay=0.01)
IMAGES = 100


def data_spec(images: int = IMAGES) -> DataSpec:
    return DataSpec(name="digits", subset=images)


@cache
def digits(images: int = IMAGES) -> Dataset:
    return load_dataset(data_spec(images), Path("nowhere"))


def make_store(root: Path) -> Store:
    return Store(open_storage(str(root)))


def make_bench(root: Path, model: ModelSpec = RESNET, crop: int = 0, images: int = IMAGES) -> Workbench:
    """A new workbench on the store at `root`, as `make_workbench` sets one up, with 50 clean images.

    Its network's weights are whatever was in memory. The images are read once for all tests, which saves most of the
    time.
    """
    store = make_store(root)
    checkpoints = Checkpoints(store, open_storage(str(root / "scratch")))
    network = build(model, (1, 8, 8), 10).to(memory_format=torch.channels_last)
    return Workbench(store, checkpoints, network, _splits(images, crop))


@cache
def _splits(images: int, crop: int) -> Splits:
    return make_splits(digits(images), CPU, crop, clean_images=50)


def make_lineage(
    model: ModelSpec = RESNET, images: int = IMAGES, training: TrainingSpec = TRAINING, **named: Any
) -> Lineage:
    inputs: dict[str, Any] = {
        "data": DataInputs(fingerprint=digits(images).fingerprint, subset=images, pool=1),
        "model": ModelInputs(name=model.name, width=model.width, source=None),
        "training": training,
        "precision": "fp32",
        "fraction": 0.2,
        "exclude": (),
        "rewind": 2,
        "seed": 0,
        "init": 0,
        "sibling": 0,
    }
    return Lineage(**{**inputs, **named})


def run_levels(bench: Workbench, lineage: Lineage, levels: int) -> list[State]:
    """Train the trunk to the rewind point and then levels 0 to `levels`."""
    train_trunk(bench, lineage, lineage.rewind)
    return [train_level(bench, lineage, level) for level in range(levels + 1)]


def mask_of(bench: Workbench, lineage: Lineage, level: int) -> dict[str, Tensor]:
    return find_mask(bench, lineage, level)


def tensors_of(state: State) -> dict[str, Tensor]:
    """Every tensor of a state under one name each; wall-clock facts are left out."""
    parts = {"weights": state.weights, "momentum": state.momentum, "telemetry": vars(state.telemetry)}
    return {f"{part}/{name}": tensor for part, tensors in parts.items() for name, tensor in tensors.items()}


def assert_identical(found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    """The same names and, bit for bit, the same values."""
    assert found.keys() == expected.keys()
    differing = [name for name, tensor in expected.items() if not torch.equal(found[name], tensor)]
    assert differing == []


def make_spec(**changes: Any) -> SweepSpec:
    """A sweep of two rewind points and two siblings on the tiny ResNet."""
    base: dict[str, Any] = {
        "name": "tiny",
        "data": data_spec(),
        "model": RESNET,
        "training": TRAINING,
        "lineage": {"levels": 1, "rewind": 0},
        "grid": {"rewind": (0, 2)},
        "lmc": {"kinds": ("dense",), "levels": (1,), "alphas": 3, "bootstrap": 100, "train_images": 50},
        "precision": "fp32",
    }
    return SweepSpec.model_validate({**base, **changes})


def plan_of(spec: SweepSpec) -> Plan:
    return make_plan(spec, {data_spec(): digits().facts}, "fp32")


class Epochs:
    """Counts every epoch that is computed, by trajectory and epoch."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[str, int]] = Counter()

    def __call__(self, report: EpochReport) -> None:
        self.seen[report.trajectory, report.epoch] += 1

    def of_level(self, level: int) -> "Epochs":
        return self


def trial_bench(trial: LineageTrial, plan: Plan, root: Path) -> Workbench:
    """The workbench of a trial, which labels what is trained on it."""
    spec = trial.cell.spec
    bench = make_bench(root, spec.model, spec.training.augment.crop)
    return replace(bench, run=plan.spec.name, trial=trial.id)


def run_serially(plan: Plan, root: Path) -> tuple[Epochs, dict[str, TrialStatus]]:
    """Run all trials of a plan in its order, each as soon as what it requires is there, in this process."""
    epochs, statuses, store = Epochs(), {}, make_store(root)
    waiting = list(plan.trials)
    while waiting:
        ready = (trial for trial in waiting if all(store.has_state(ref) for ref in trial.requires))
        trial = next(ready)
        waiting.remove(trial)
        bench = trial_bench(trial, plan, root)
        folder = RunFolder(store.storage, plan.spec.name)
        statuses[trial.id] = run_trial(trial, bench, folder, epochs.of_level, lambda level: None)
    return epochs, statuses
