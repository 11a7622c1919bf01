"""The sweeps that ship: they load, rehearse, and say what the paper says."""

from pathlib import Path

import pytest

from raylth.spec import cells, load_sweep, smoke

SWEEPS = Path(__file__).parents[2] / "sweeps"
NAMES = ("quickstart", "stability_grid", "cifar100_grid", "tinyimagenet_grid", "fashion_grid")


@pytest.mark.parametrize("name", NAMES)
def test_each_loads_and_rehearses_with_as_many_cells(name: str) -> None:
    spec = load_sweep(SWEEPS / f"{name}.yaml")
    assert spec.name == name.replace("_", "-")
    assert len(cells(smoke(spec))) == len(cells(spec)) >= 8


@pytest.mark.parametrize(
    ("name", "data", "model", "lr", "batches"),
    [
        ("stability_grid", "cifar10", "resnet18", 0.1, (32, 100, 256, 1024)),
        ("cifar100_grid", "cifar100", "resnet18", 0.1, (100, 256)),
        ("tinyimagenet_grid", "tinyimagenet", "resnet34", 0.2, (100, 256)),
    ],
)
def test_the_papers_sweeps_hold_the_papers_settings(
    name: str, data: str, model: str, lr: float, batches: tuple[int, ...]
) -> None:
    spec = load_sweep(SWEEPS / f"{name}.yaml")
    training = spec.training
    assert (spec.data.name, spec.model.name, spec.data.subset, spec.model.width) == (data, model, None, None)
    assert (training.epochs, training.lr, training.weight_decay, training.schedule) == (200, lr, 5e-4, "cosine")
    assert (spec.lineage.levels, spec.lineage.fraction, spec.inits, spec.siblings) == (20, 0.2, 3, 3)
    assert spec.grid == {"momentum": (0.0, 0.9), "batch_size": batches, "rewind": (0, 2)}
    assert spec.lmc.levels == (5, 10, 15, 20)
