"""From a spec to tensors: subset, pooling, the catalogue, and what is said when data is missing."""

from pathlib import Path

import pytest
import torch
from data_trees import write_cifar10, write_mnist

from raylth.data import class_balanced, data_root, describe, known_datasets, load_dataset
from raylth.data.pool import average_pool
from raylth.errors import BadInput, DataMissing
from raylth.spec.schema import DataSpec


def test_subset_and_pool(tmp_path: Path) -> None:
    whole = load_dataset(DataSpec(name="digits"), tmp_path)
    part = load_dataset(DataSpec(name="digits", subset=105, pool=2), tmp_path)
    kept = class_balanced(whole.train.labels, 105, 10, "data.subset")
    assert torch.equal(part.train.labels, whole.train.labels[kept])
    assert torch.equal(part.train.images, average_pool(whole.train.images[kept], 2))
    assert torch.equal(part.test.images, average_pool(whole.test.images, 2))
    assert torch.equal(part.test.labels, whole.test.labels)
    assert part.train.images.is_contiguous() and part.train.labels.bincount().tolist() == [11] * 5 + [10] * 5
    assert part.fingerprint == whole.fingerprint
    assert (part.facts.train_images, part.facts.test_images, part.facts.shape) == (105, 359, (1, 4, 4))


def test_subset_and_pool_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"class-balanced subset of 1438 images needs 144 of class"):
        load_dataset(DataSpec(name="digits", subset=1438), tmp_path)
    with pytest.raises(BadInput, match=r"data.pool: 3 does not divide"):
        load_dataset(DataSpec(name="digits", pool=3), tmp_path)


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no data set 'cifar'; known: digits, mnist, fashion-mnist, cifar10, cifar100"):
        load_dataset(DataSpec(name="cifar"), tmp_path)
    with pytest.raises(BadInput, match=r"no data set 'cifar'"):
        describe("cifar", tmp_path)


def test_a_path_for_anything_but_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"data.path is only for data.name: folder, not for digits"):
        load_dataset(DataSpec(name="digits", path="/somewhere"), tmp_path)


@pytest.mark.parametrize("name", ["mnist", "cifar10", "cifar100", "tinyimagenet", "eurosat"])
def test_missing_data_says_where_and_how(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataMissing) as error:
        load_dataset(DataSpec(name=name), tmp_path)
    source = known_datasets()[name]
    assert str(error.value).startswith(f"{name} is not on this machine (looked in {tmp_path / source.places[0]}")
    assert all(str(tmp_path / place) in str(error.value) for place in source.places)
    assert str(error.value).endswith(source.how_to_get)
    assert describe(name, tmp_path).found is None


def test_describe(tmp_path: Path) -> None:
    write_cifar10(tmp_path / "cifar-10-batches-bin")
    write_mnist(tmp_path / "MNIST" / "raw")
    info = describe("cifar10", tmp_path)
    assert (info.name, info.shape, info.classes, info.images) == ("cifar10", (3, 32, 32), 10, 60_000)
    assert info.found == tmp_path / "cifar-10-batches-bin" and info.how_to_get == "run `raylth data fetch cifar10`"
    assert describe("mnist", tmp_path).found == tmp_path / "MNIST" / "raw"
    assert describe("digits", tmp_path).found is not None


def test_the_catalogue_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        known_datasets()["new"] = known_datasets()["digits"]  # type: ignore[index]


def test_data_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("RAYLTH_DATA", "~/sets")
    assert data_root(tmp_path) == tmp_path
    assert data_root(None) == Path("/home/someone/sets")
    monkeypatch.delenv("RAYLTH_DATA")
    assert data_root(None) == Path("/home/someone/.cache/raylth/data")
