"""idx files against torchvision's reader, and what happens to broken ones."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from data_trees import idx_bytes, pixels, write_mnist
from torchvision.datasets.mnist import read_image_file, read_label_file

from raylth.data import check_dataset, load_dataset
from raylth.data.catalogue import DEBIAN_FASHION
from raylth.data.idx import read_idx
from raylth.errors import DataCorrupt
from raylth.spec.schema import DataSpec

MNIST = DataSpec(name="mnist")
PLACES = [("mnist", "mnist"), ("mnist", "MNIST/raw"), ("fashion-mnist", "FashionMNIST/raw")]
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(("name", "place"), PLACES)
def test_both_forms_in_all_places(tmp_path: Path, name: str, place: str, compressed: bool) -> None:
    arrays = write_mnist(tmp_path / place, compressed=compressed)
    data = load_dataset(DataSpec(name=name), tmp_path)
    assert (data.name, data.classes, data.may_flip) == (name, 10, name == "fashion-mnist")
    for split, stem in ((data.train, "train"), (data.test, "t10k")):
        assert split.images.shape[1:] == (1, 28, 28) and split.images.is_contiguous()
        np.testing.assert_array_equal(split.images[:, 0].numpy(), arrays[f"{stem}-images-idx3-ubyte"])
        np.testing.assert_array_equal(split.labels.numpy(), arrays[f"{stem}-labels-idx1-ubyte"])


def test_against_torchvision(tmp_path: Path) -> None:
    write_mnist(tmp_path / "mnist")
    data = load_dataset(MNIST, tmp_path)
    assert torch.equal(data.train.images[:, 0], read_image_file(str(tmp_path / "mnist" / IMAGES)))
    assert torch.equal(data.train.labels, read_label_file(str(tmp_path / "mnist" / LABELS)))


def _cut(content: bytes) -> bytes:
    return content[:-1]


def _longer(content: bytes) -> bytes:
    return content + b"x"


def _other_magic(content: bytes) -> bytes:
    return content[:2] + b"\x09" + content[3:]


def _boast(content: bytes) -> bytes:
    return content[:4] + struct.pack(">I", 2**32 - 1) + content[8:]


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("stem", [IMAGES, "t10k-labels-idx1-ubyte"])
@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_cut, "is cut off: its header announces"),
        (_longer, "is too long: its header announces"),
        (_other_magic, "is not an idx file of bytes"),
        (_boast, "which is too many"),
        (lambda content: content[:6], "is not an idx file of bytes"),
        (lambda content: b"", "is not an idx file of bytes"),
    ],
)
def test_damage(tmp_path: Path, compressed: bool, stem: str, damage: Callable[[bytes], bytes], said: str) -> None:
    arrays = write_mnist(tmp_path / "mnist", compressed=compressed)
    path = tmp_path / "mnist" / (f"{stem}.gz" if compressed else stem)
    content = damage(idx_bytes(arrays[stem]))
    path.write_bytes(gzip.compress(content) if compressed else content)
    with pytest.raises(DataCorrupt) as error:
        load_dataset(MNIST, tmp_path)
    assert str(error.value).startswith(str(path)) and said in str(error.value)


@pytest.mark.parametrize("content", [b"no gzip at all", gzip.compress(pixels(0, 5000).tobytes())[:2000]])
def test_damaged_compression(tmp_path: Path, content: bytes) -> None:
    write_mnist(tmp_path / "mnist", compressed=True)
    path = tmp_path / "mnist" / f"{LABELS}.gz"
    path.write_bytes(content)
    with pytest.raises(DataCorrupt, match=path.name):
        load_dataset(MNIST, tmp_path)


def test_flipped_bits_in_the_compressed_stream(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(idx_bytes(pixels(0, 5000))))
    content[10:14] = b"\xff" * 4
    path = tmp_path / "x.gz"
    path.write_bytes(content)
    with pytest.raises(DataCorrupt, match=r"x.gz"):
        read_idx(path, 1)


@pytest.mark.parametrize(
    ("stem", "array", "said"),
    [
        (LABELS, np.full(30, 10, np.uint8), "holds label 10, but labels are 0 to 9"),
        (LABELS, np.zeros(29, np.uint8), "holds 29 labels, but train-images-idx3-ubyte holds 30 images"),
        (IMAGES, pixels(0, 30, 28, 27), "holds 28x27 images, not 28x28"),
    ],
)
def test_impossible_content(tmp_path: Path, stem: str, array: np.ndarray, said: str) -> None:
    write_mnist(tmp_path / "mnist")
    (tmp_path / "mnist" / stem).write_bytes(idx_bytes(array))
    with pytest.raises(DataCorrupt) as error:
        load_dataset(MNIST, tmp_path)
    assert str(error.value).startswith(str(tmp_path / "mnist" / stem)) and said in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    write_mnist(tmp_path / "mnist")
    (tmp_path / "mnist" / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataCorrupt, match=r"mnist lacks t10k-labels-idx1-ubyte \(or t10k-labels-idx1-ubyte.gz\)"):
        load_dataset(MNIST, tmp_path)


def test_check_wants_the_official_size(tmp_path: Path) -> None:
    write_mnist(tmp_path / "mnist")
    with pytest.raises(DataCorrupt, match=r"mnist has 50 images, 10 classes and .* but officially 70000, 10 and"):
        check_dataset(MNIST, tmp_path)


@pytest.mark.skipif(not DEBIAN_FASHION.is_dir(), reason="needs the Debian package dataset-fashion-mnist")
def test_fashion_mnist_of_debian(tmp_path: Path) -> None:
    data = check_dataset(DataSpec(name="fashion-mnist"), tmp_path)
    assert data.fingerprint == "e5f9e47b5e5c699d59b76b13cdafad1f5cd4f620edda93ff0be47596eefc6970"
    assert data.train.labels.bincount().tolist() == [6000] * 10 and data.test.labels.bincount().tolist() == [1000] * 10
    # Facts of the published data set: its first labels, and its well-known mean brightness of 0.2860.
    assert data.train.labels[:6].tolist() == [9, 0, 0, 3, 0, 2]
    assert data.train.images.double().mean().item() / 255 == pytest.approx(0.2860, abs=5e-5)
