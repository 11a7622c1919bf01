"""Rehearsals: as many cells, tiny ones, apart from the results of the sweep itself."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raylth.spec import SweepSpec, cells, check_against_data, smoke
from raylth.spec.schema import DataSpec, LineageSpec, LmcSpec, ModelSpec, Scalar, TrainingSpec

DIGITS_TRAIN_IMAGES = 1437

AXES: dict[str, st.SearchStrategy[Scalar]] = {
    "momentum": st.sampled_from([0.0, 0.5, 0.9]),
    "batch_size": st.integers(1, 5000),
    "rewind": st.integers(0, 40),
    "epochs": st.integers(41, 400),
    "levels": st.integers(0, 30),
    "fraction": st.sampled_from([0.1, 0.2, 0.5]),
    "data.name": st.sampled_from(["cifar10", "cifar100", "digits"]),
    "data.subset": st.one_of(st.none(), st.integers(1, 50_000)),
    "data.pool": st.integers(1, 4),
    "model.name": st.sampled_from(["resnet18", "resnet34"]),
    "width": st.one_of(st.none(), st.integers(1, 64)),
    "crop": st.integers(0, 8),
    "flip": st.booleans(),
}


@st.composite
def sweeps(draw: st.DrawFn) -> SweepSpec:
    names = draw(st.lists(st.sampled_from(sorted(AXES)), unique=True, max_size=4))
    grid = {name: tuple(draw(st.lists(AXES[name], min_size=1, max_size=4, unique=True))) for name in names}
    base = TrainingSpec(batch_size=draw(st.integers(1, 4000)), epochs=draw(st.integers(41, 300)))
    return SweepSpec(name=draw(st.sampled_from(["a", "n" * 64])), grid=grid, training=base)


def fingerprint(spec: SweepSpec) -> str:
    return json.dumps(spec.model_dump(mode="json"), sort_keys=True)


@given(sweeps())
def test_a_rehearsal_has_as_many_distinct_cells_that_all_fit_digits(spec: SweepSpec) -> None:
    rehearsal = smoke(spec)
    tiny = cells(rehearsal)
    assert len(tiny) == len(cells(spec)) == len({fingerprint(cell.spec) for cell in tiny})
    check_against_data(rehearsal, DIGITS_TRAIN_IMAGES, 10)
    assert {cell.spec.data.name for cell in tiny} == {"digits"}
    assert max(cell.spec.training.epochs for cell in tiny) <= 5 + 4


@given(sweeps())
def test_axes_over_training_and_lineage_stay_with_their_order(spec: SweepSpec) -> None:
    kept = [name for name in spec.grid if name.partition(".")[0] not in ("data", "model") and name != "width"]
    rehearsal = smoke(spec)
    assert [name for name in rehearsal.grid if name in kept] == kept
    for name in kept:
        pairs = sorted(zip(spec.grid[name], rehearsal.grid[name], strict=True))
        assert [new for _, new in pairs] == sorted(rehearsal.grid[name])


def test_the_numbers_of_a_rehearsal() -> None:
    grid: dict[str, tuple[Scalar, ...]] = {"batch_size": (32, 100, 256, 1024), "rewind": (0, 2)}
    lmc = LmcSpec(kinds=("dense", "within"))
    spec = SweepSpec(name="a", storage="s3://bucket/x/", inits=3, siblings=3, grid=grid, lmc=lmc)
    rehearsal = smoke(spec)
    assert (rehearsal.name, rehearsal.storage) == ("a-smoke", "s3://bucket/x/smoke")
    assert rehearsal.grid == {"batch_size": (32, 98, 99, 100), "rewind": (0, 1)}
    assert rehearsal.model == ModelSpec(name="resnet8", width=4)
    assert (rehearsal.training.epochs, rehearsal.lineage.levels) == (3, 2)
    assert (rehearsal.inits, rehearsal.siblings) == (1, 2)
    assert rehearsal.lmc.levels == (1, 2)
    assert (rehearsal.lmc.alphas, rehearsal.lmc.train_images, rehearsal.lmc.bootstrap) == (5, 100, 100)
    assert rehearsal.lmc.kinds == spec.lmc.kinds


def test_patterns_for_weights_of_another_network_are_dropped() -> None:
    assert smoke(SweepSpec(name="a", lineage=LineageSpec(exclude=("layer4.*",)))).lineage.exclude == ()


@pytest.mark.parametrize("epochs", [1, 2, 3, 200])
def test_a_rehearsal_is_never_longer_than_the_sweep(epochs: int) -> None:
    spec = SweepSpec(name="a", training=TrainingSpec(epochs=epochs), lineage=LineageSpec(rewind=epochs - 1))
    rehearsal = smoke(spec)
    assert rehearsal.lineage.rewind < rehearsal.training.epochs <= min(epochs, 3)
    assert (rehearsal.lineage.rewind == 0) == (spec.lineage.rewind == 0)


def test_several_axes_over_the_data_become_one() -> None:
    spec = SweepSpec(name="a", data=DataSpec(), grid={"data.name": ("cifar10", "cifar100"), "pool": (1, 2, 4)})
    assert smoke(spec).grid == {"data.subset": (100, 110, 120, 130, 140, 150)}


def test_an_axis_that_can_stay_keeps_its_name() -> None:
    spec = SweepSpec(name="a", grid={"subset": (500, 5000), "width": (16, None, 64)})
    assert smoke(spec).grid == {"subset": (100, 110), "width": (4, 5, 6)}


def test_keys_that_vary_together_stay_together() -> None:
    grid = {"batch_size, epochs": ((1024, 640), (32, 20)), "momentum, lr": ((0.9, 0.1), (0.0, 1.0))}
    rehearsal = smoke(SweepSpec(name="a", grid=grid))
    assert rehearsal.grid["momentum, lr"] == ((0.9, 0.1), (0.0, 1.0))
    (many, long), (few, short) = rehearsal.grid["batch_size, epochs"]
    assert many > few and long > short
    assert len(cells(rehearsal)) == 4


def test_studies_are_rehearsed_at_levels_and_budgets_in_reach() -> None:
    studies = {
        "probes": {"levels": (5, 20), "blocks": (8,)},
        "fewshot": {"levels": (10,)},
        "branches": {"levels": (20,), "retrain": {"slow": {"lr": 0.01, "epochs": 500}}},
        "subsets": {},
        "transfer": {"levels": (10,), "targets": ({"name": "mnist"}, {"name": "eurosat"})},
        "rewind_search": {},
    }
    rehearsal = smoke(SweepSpec.model_validate({"name": "a", "studies": studies})).studies
    assert rehearsal.probes.levels == rehearsal.fewshot.levels == rehearsal.branches.levels == (1, 2)
    assert rehearsal.probes.blocks is None and rehearsal.branches.retrain == {"slow": {"lr": 0.01}}
    assert [target.name for target in rehearsal.transfer.targets] == ["digits", "digits"]
    assert rehearsal.subsets is not None and rehearsal.rewind_search is not None
