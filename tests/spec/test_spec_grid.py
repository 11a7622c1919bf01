"""Axes and cells: names, the product, and what may not be in a grid."""

import itertools
import re

import pytest

from raylth.errors import SpecError
from raylth.spec import SweepSpec, axis_path, cells, check, check_against_data
from raylth.spec.axes import axis_keys
from raylth.spec.part import Scalar
from raylth.spec.schema import AugmentSpec, DataSpec, LineageSpec, LmcSpec, TrainingSpec


def sweep(**grid: tuple[Scalar, ...]) -> SweepSpec:
    return SweepSpec(name="a", grid={name.replace("__", "."): values for name, values in grid.items()})


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("momentum", ("training", "momentum")),
        ("training.momentum", ("training", "momentum")),
        ("lineage.rewind", ("lineage", "rewind")),
        ("data.name", ("data", "name")),
        ("model.name", ("model", "name")),
        ("training.augment.crop", ("training", "augment.crop")),
        ("augment.crop", ("training", "augment.crop")),
        ("crop", ("training", "augment.crop")),
    ],
)
def test_an_axis_is_a_dotted_key_or_its_unique_end(name: str, path: tuple[str, str]) -> None:
    assert axis_path(name) == path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("name", '"name" is the name of several keys; write data.name or model.name'),
        ("momentun", "did you mean `momentum`?"),
        ("traning.momentum", "did you mean `training.momentum`?"),
        ("model.momentum", "did you mean `momentum`?"),
        ("seed", '"seed" is not a key of data, model, training or lineage'),
        ("exclude", "is not a key of"),
        ("augment", "is not a key of"),
        ("", "is not a key of"),
    ],
)
def test_other_names_are_refused(name: str, message: str) -> None:
    with pytest.raises(SpecError, match=re.escape(message)):
        axis_path(name)


def test_every_key_of_the_four_sections_can_be_an_axis() -> None:
    assert len(axis_keys()) == len(set(axis_keys())) == 4 + 2 + 8 + 3


def test_cells_are_the_product_in_order() -> None:
    spec = sweep(momentum=(0, 0.9), training__augment__crop=(0, 2, 4), rewind=(0, 2))
    found = cells(spec)
    expected = list(itertools.product((0.0, 0.9), (0, 2, 4), (0, 2)))
    assert [tuple(cell.values.values()) for cell in found] == expected
    assert all(list(cell.values) == ["momentum", "training.augment.crop", "rewind"] for cell in found)
    for cell, (momentum, crop, rewind) in zip(found, expected, strict=True):
        training = TrainingSpec(momentum=momentum, augment=AugmentSpec(crop=crop))
        assert cell.spec == SweepSpec(name="a", training=training, lineage=LineageSpec(rewind=rewind))


def test_a_value_is_held_as_its_key_holds_it() -> None:
    value = cells(sweep(momentum=(0,)))[0].values["momentum"]
    assert (value, type(value)) == (0.0, float)


def test_no_grid_is_one_cell() -> None:
    (cell,) = cells(SweepSpec(name="a"))
    assert (cell.values, cell.spec) == ({}, SweepSpec(name="a"))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (sweep(momentum=(0, 0.0)), "grid.momentum[1] is 0.0 again; leave it out"),
        (sweep(momentum=(0,), training__momentum=(1,)), "grid.training.momentum names the same key as grid.momentum"),
        (sweep(momentum=(0, 1.5)), "grid.momentum[1] is 1.5, but must be at least 0 and less than 1"),
        (sweep(flip=(True, 1)), "grid.flip[1] is 1, but must be true or false"),
        (sweep(epochs=(5, "x")), 'grid.epochs[1] is "x", but must be a whole number'),
        (sweep(rewind=(0, 200)), "grid.rewind is 200, but must be less than training.epochs, which is 200"),
        (sweep(rewind=(0, 2), epochs=(2, 9)), "grid.rewind is 2, but must be less than grid.epochs, which is 2"),
        (sweep(name=("a",)), "grid.name is the name of several keys"),
        (sweep(lr=tuple(range(1, 402)), seed=(1,)), "grid.seed is not a key of data, model, training or lineage"),
        (sweep(lr=tuple(range(1, 402)), width=tuple(range(1, 251))), "grid has 100,250 cells, but must have at most"),
        (sweep(data__name=("digits", "folder")), "data.path is missing, but `data.name: folder` needs"),
    ],
)
def test_bad_grids_are_refused(spec: SweepSpec, message: str) -> None:
    with pytest.raises(SpecError, match=re.escape(message)):
        cells(spec)


def test_what_an_axis_replaces_is_not_held_against_the_sweep() -> None:
    spec = SweepSpec(name="a", training=TrainingSpec(epochs=1), lineage=LineageSpec(rewind=2), grid={"epochs": (3,)})
    assert len(cells(spec)) == 1


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (SweepSpec(name="a", siblings=1), "siblings is 1, but must be at least 2, because lmc.kinds asks for dense"),
        (
            SweepSpec(name="a", siblings=1, lineages="all", lmc=LmcSpec(kinds=("cross", "dense"))),
            "siblings is 1, but must be at least 2, because lmc.kinds asks for cross and dense",
        ),
        (SweepSpec(name="a", lmc=LmcSpec(kinds=("cross",))), "lmc.kinds asks for cross, which needs `lineages: all`"),
        (SweepSpec(name="a", lineage=LineageSpec(rewind=200)), "lineage.rewind is 200, but must be less than training"),
        (SweepSpec(name="a", data=DataSpec(name="folder")), "data.path is missing"),
    ],
)
def test_keys_that_contradict_each_other_are_refused(spec: SweepSpec, message: str) -> None:
    with pytest.raises(SpecError, match=re.escape(message)):
        check(spec)


def test_one_sibling_suffices_for_the_lines_that_need_no_other() -> None:
    check(SweepSpec(name="a", siblings=1, lmc=LmcSpec(kinds=("ticket", "within"))))
    check(SweepSpec(name="a", siblings=1, lmc=LmcSpec(kinds=())))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (sweep(batch_size=(32, 101)), "grid.batch_size is 101, but must be at most 100, the number of training images"),
        (
            SweepSpec(name="a", data=DataSpec(subset=50), training=TrainingSpec(batch_size=51)),
            "training.batch_size is 51, but must be at most 50, the number of training images",
        ),
        (
            SweepSpec(name="a", data=DataSpec(subset=101), training=TrainingSpec(batch_size=1)),
            "data.subset is 101, but must be at least 10 (one per class) and at most 100",
        ),
        (sweep(subset=(9,), batch_size=(1,)), "grid.subset is 9, but must be at least 10 (one per class)"),
        (
            SweepSpec(name="a", training=TrainingSpec(batch_size=1), lmc=LmcSpec(train_images=9)),
            "lmc.train_images is 9, but must be at least 10, one per class",
        ),
    ],
)
def test_what_does_not_fit_the_data_is_refused(spec: SweepSpec, message: str) -> None:
    with pytest.raises(SpecError, match=re.escape(message)):
        check_against_data(spec, train_images=100, classes=10)


def test_what_just_fits_the_data_passes() -> None:
    check_against_data(sweep(batch_size=(1, 100), subset=(100, None)), train_images=100, classes=10)


COUPLED = {"momentum, lr": ((0.9, 0.1), (0.0, 0.1), (0.0, 1.0)), "rewind": (0, 2)}


def test_keys_that_vary_together_are_one_axis() -> None:
    found = cells(SweepSpec(name="a", grid=COUPLED))
    assert [(c.spec.training.momentum, c.spec.training.lr, c.spec.lineage.rewind) for c in found] == [
        (momentum, lr, rewind) for momentum, lr in COUPLED["momentum, lr"] for rewind in (0, 2)
    ]
    assert found[-1].values == {"momentum": 0.0, "lr": 1.0, "rewind": 2}


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ({"momentum, lr": ((0.9, 0.1), (0.9,))}, "grid.momentum, lr[1] is [0.9], but must be a list of 2 values"),
        ({"momentum, lr": (0.9,)}, "is 0.9, but must be a list of 2 values, for momentum and lr"),
        ({"momentum": ((0.9, 0.1),)}, "is [0.9, 0.1], but must be one value"),
        ({"momentum, lr": ((0.9, -1.0),)}, "grid.momentum, lr[0] is -1.0, but must be greater than 0"),
        ({"momentum, lr": ((0.9, 0.1), (0.9, 0.1))}, "is [0.9, 0.1] again"),
        ({"momentum, lrr": ((0.9, 0.1),)}, 'names "lrr", which is not a key'),
        ({"momentum, lr": ((0.9, 0.1),), "lr": (0.1,)}, "names the same key as grid.momentum, lr"),
        ({"lr, lr": ((0.9, 0.1),)}, "names the same key"),
    ],
)
def test_a_wrong_axis_of_several_keys_is_explained(grid: dict[str, tuple[Scalar, ...]], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        check(SweepSpec(name="a", grid=grid))
    assert message in str(caught.value)


def test_a_rule_that_a_coupled_axis_breaks_points_to_it() -> None:
    with pytest.raises(SpecError, match=r"grid.*rewind, epochs"):
        check(SweepSpec(name="a", grid={"rewind, epochs": ((0, 10), (5, 5))}))
