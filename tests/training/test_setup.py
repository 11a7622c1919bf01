"""Setting up a workbench, and that the tests' own quick way is the same."""

from pathlib import Path

import pytest
import torch
from tiny import CPU, RESNET, assert_identical, data_spec, make_bench, make_lineage, make_store, tensors_of

from raylth.data import DeviceSplit
from raylth.errors import BadInput
from raylth.spec.schema import DataSpec, ModelSpec
from raylth.store import Checkpoints, open_storage
from raylth.training.setup import CLEAN_IMAGES, make_workbench
from raylth.training.workbench import Workbench


def set_up(root: Path, data: DataSpec, model: ModelSpec, **given: int) -> Workbench:
    store = make_store(root)
    checkpoints = Checkpoints(store, open_storage(str(root / "scratch")))
    return make_workbench(data, model, 1, store, checkpoints, root, CPU, **given)


def same_images(one: DeviceSplit, other: DeviceSplit) -> bool:
    return torch.equal(one.windows, other.windows) and torch.equal(one.mean, other.mean)


def test_a_workbench_trains_as_those_of_the_tests_do(tmp_path: Path) -> None:
    real, quick = (
        set_up(tmp_path / "real", data_spec(), RESNET, clean_images=50),
        make_bench(tmp_path / "quick", crop=1),
    )
    assert all(same_images(getattr(real.splits, name), getattr(quick.splits, name)) for name in vars(real.splits))
    trunk = make_lineage().trunk
    assert_identical(tensors_of(real.advance(trunk, 2, {})), tensors_of(quick.advance(trunk, 2, {})))


def test_all_splits_are_normalised_by_the_training_images(tmp_path: Path) -> None:
    splits = set_up(tmp_path, data_spec(), RESNET).splits
    assert torch.equal(splits.train.mean, splits.test.mean) and torch.equal(splits.train.scale, splits.clean.scale)
    images, _ = splits.train.clean(slice(None))
    assert float(images.mean()) == pytest.approx(0, abs=1e-6) and float(images.std()) == pytest.approx(1, abs=1e-3)


def test_the_default_number_of_clean_images_is_that_of_the_design(tmp_path: Path) -> None:
    assert CLEAN_IMAGES == 5000
    # Of 1,438 training digits the rarest class has 139.
    labels = set_up(tmp_path, DataSpec(name="digits"), RESNET).splits.clean.labels
    assert torch.bincount(labels).tolist() == [139] * 10


def test_the_network_is_in_channels_last(tmp_path: Path) -> None:
    weight = set_up(tmp_path, data_spec(), RESNET).network.state_dict()["blocks.1.conv1.weight"]
    assert weight.is_contiguous(memory_format=torch.channels_last)


def test_what_cannot_be_built_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        set_up(tmp_path, data_spec(), ModelSpec(name="resnet9"))
