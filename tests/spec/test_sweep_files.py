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


STUDIES = ("probes", "fewshot", "transfer", "rewind_search", "subsets", "limited", "connectivity", "momentum_control")


@pytest.mark.parametrize("name", STUDIES)
def test_each_study_has_the_papers_setting_and_a_small_one(name: str) -> None:
    paper, small = load_sweep(SWEEPS / f"{name}.yaml"), load_sweep(SWEEPS / "embedded" / f"{name}.yaml")
    assert paper.name == name.replace("_", "-") and small.name == f"{paper.name}-digits"
    assert (paper.data.name, paper.model.name, paper.inits) == ("cifar10", "resnet18", 3)
    assert small.data.name == "digits"
    wanted, rehearsed = paper.studies.model_dump(exclude_none=True), small.studies.model_dump(exclude_none=True)
    assert wanted.keys() - {"branches"} == rehearsed.keys() - {"branches"}
    for spec in (paper, small):
        assert len(cells(smoke(spec))) == len(cells(spec))


def test_momentum_is_compared_at_the_same_and_at_the_matched_step_length() -> None:
    for folder in (SWEEPS, SWEEPS / "embedded"):
        found = {
            (c.spec.training.momentum, c.spec.training.lr) for c in cells(load_sweep(folder / "momentum_control.yaml"))
        }
        assert found == {(0.9, 0.1), (0.0, 0.1), (0.0, 1.0)}
        assert pytest.approx(1.0 / (1 - 0.0)) == 0.1 / (1 - 0.9)


def test_batches_are_compared_at_matched_epochs_and_at_matched_steps() -> None:
    pairs = load_sweep(SWEEPS / "momentum_control.yaml").grid["batch_size, epochs"]
    (batch, epochs), same_epochs, same_steps = pairs
    assert same_epochs[1] == epochs and same_steps[0] == same_epochs[0]
    assert same_steps[1] / same_steps[0] == pytest.approx(epochs / batch)
