"""The digits against scikit-learn's own reader."""

import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest

from raylth.data import check_dataset, load_dataset
from raylth.data.digits import FILE, digits_folder, read_digits
from raylth.errors import DataCorrupt
from raylth.spec.schema import DataSpec

FINGERPRINT = "b862f241300df35da423d379ee9a7248f9a8ce5d40f8af482dc4957fe5f3c1fe"


def test_content_and_fingerprint(tmp_path: Path) -> None:
    from sklearn.datasets import load_digits

    digits = check_dataset(DataSpec(name="digits"), tmp_path)
    assert digits.fingerprint == FINGERPRINT
    assert (len(digits.train.labels), len(digits.test.labels), digits.may_flip) == (1438, 359, False)
    official = load_digits()
    scaled = np.floor(official.images * 255 / 16 + 0.5).astype(np.uint8)
    expected = sorted(zip(official.target.tolist(), (image.tobytes() for image in scaled), strict=True))
    both = [(split.images.numpy(), split.labels.tolist()) for split in (digits.train, digits.test)]
    found = sorted(
        (label, image.tobytes()) for images, labels in both for image, label in zip(images, labels, strict=True)
    )
    assert found == expected
    assert digits.train.images.shape == (1438, 1, 8, 8) and int(digits.train.images.max()) == 255


def test_every_class_gives_a_fifth_to_testing(tmp_path: Path) -> None:
    digits = load_dataset(DataSpec(name="digits"), tmp_path)
    train, test = digits.train.labels.bincount(), digits.test.labels.bincount()
    assert ((train + test) / 5 - test).abs().max() < 0.5


@pytest.mark.parametrize("text", ["", "1,2,3\n", ",".join(["17"] * 64 + ["0"]) + "\n", "a,b\n"])
@pytest.mark.filterwarnings("ignore:loadtxt. input contained no data")
def test_broken_file(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_bytes(gzip.compress(text.encode()))
    with pytest.raises(DataCorrupt, match=FILE):
        read_digits(tmp_path)


def test_cut_off_file(tmp_path: Path) -> None:
    folder = digits_folder()
    assert folder is not None
    shutil.copy(folder / FILE, tmp_path / FILE)
    with (tmp_path / FILE).open("r+b") as file:
        file.truncate(5000)
    with pytest.raises(DataCorrupt, match=r"cannot be read"):
        read_digits(tmp_path)
