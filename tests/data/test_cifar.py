"""CIFAR in its binary version; the pickled version is never opened."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from data_trees import write_cifar10, write_cifar100

from raylth.data import load_dataset
from raylth.errors import DataCorrupt, DataMissing
from raylth.spec.schema import DataSpec

TEN, HUNDRED = DataSpec(name="cifar10"), DataSpec(name="cifar100")


def test_cifar10(tmp_path: Path) -> None:
    batches = write_cifar10(tmp_path / "cifar-10-batches-bin")
    data = load_dataset(TEN, tmp_path)
    train = np.concatenate([batches[f"data_batch_{batch}.bin"] for batch in range(1, 6)])
    for split, records in ((data.train, train), (data.test, batches["test_batch.bin"])):
        assert split.labels.tolist() == records[:, 0].tolist()
        assert split.images.shape == (len(records), 3, 32, 32)
        # Record byte 1 + 1024 c + 32 y + x is channel c, row y, column x.
        assert split.images[2, 1, 5, 7] == records[2, 1 + 1024 + 5 * 32 + 7]
        np.testing.assert_array_equal(split.images.flatten(1).numpy(), records[:, 1:])
    assert (data.classes, data.may_flip) == (10, True)


def test_cifar100_learns_the_fine_labels(tmp_path: Path) -> None:
    files = write_cifar100(tmp_path / "cifar-100-binary")
    data = load_dataset(HUNDRED, tmp_path)
    assert data.train.labels.tolist() == [99, 98, 97, 96, 95, 94, 93]
    assert data.classes == 100
    np.testing.assert_array_equal(data.test.images.flatten(1).numpy(), files["test.bin"][:, 2:])


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda content: content[:-1], "has 12291 bytes, which is not a whole number of 3073-byte records"),
        (lambda content: content + b"x", "not a whole number"),
        (lambda content: b"", "has 0 bytes"),
        (lambda content: b"\x0a" + content[1:], "holds label 10, but labels are 0 to 9"),
    ],
)
def test_damage(tmp_path: Path, damage: Callable[[bytes], bytes], said: str) -> None:
    batches = write_cifar10(tmp_path / "cifar-10-batches-bin")
    path = tmp_path / "cifar-10-batches-bin" / "data_batch_3.bin"
    path.write_bytes(damage(batches["data_batch_3.bin"].tobytes()))
    with pytest.raises(DataCorrupt) as error:
        load_dataset(TEN, tmp_path)
    assert str(error.value).startswith(str(path)) and said in str(error.value)


def test_a_file_of_absurd_size_is_not_read(tmp_path: Path) -> None:
    write_cifar10(tmp_path / "cifar-10-batches-bin")
    with (tmp_path / "cifar-10-batches-bin" / "test_batch.bin").open("r+b") as file:
        file.truncate(3073 * 10**7)
    with pytest.raises(DataCorrupt, match=r"30730000000 bytes"):
        load_dataset(TEN, tmp_path)


def test_a_missing_batch_is_named(tmp_path: Path) -> None:
    write_cifar10(tmp_path / "cifar-10-batches-bin")
    (tmp_path / "cifar-10-batches-bin" / "data_batch_5.bin").unlink()
    with pytest.raises(DataCorrupt, match=r"data_batch_5.bin cannot be read: No such file"):
        load_dataset(TEN, tmp_path)


@pytest.mark.parametrize(
    ("name", "python", "binary"),
    [("cifar10", "cifar-10-batches-py", "cifar-10-batches-bin"), ("cifar100", "cifar-100-python", "cifar-100-binary")],
)
def test_pickles_are_refused(tmp_path: Path, name: str, python: str, binary: str) -> None:
    (tmp_path / python).mkdir()
    # Unpickling this would raise a ZeroDivisionError: it calls eval("1/0").
    for stem in ("data_batch_1", "train", "test", "meta", "batches.meta"):
        (tmp_path / python / stem).write_bytes(b"cbuiltins\neval\n(S'1/0'\ntR.")
    with pytest.raises(DataMissing) as error:
        load_dataset(DataSpec(name=name), tmp_path)
    assert f"run `raylth data fetch {name}` for the binary version" in str(error.value)
    assert python in str(error.value) and binary in str(error.value) and "pickle" in str(error.value)
