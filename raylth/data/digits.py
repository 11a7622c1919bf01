"""The 8 x 8 digits that come with scikit-learn, so that a sweep runs without any download."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from raylth.data.dataset import Dataset, Split, make_dataset
from raylth.data.subset import stratified_split
from raylth.errors import DataCorrupt

FILE = "digits.csv.gz"
_BRIGHTEST = 16


def digits_folder() -> Path | None:
    """The folder of scikit-learn that holds its data files, or None without scikit-learn."""
    package = find_spec("sklearn")
    # The file is read directly because importing scikit-learn takes every trial's process more than a second.
    return Path(package.origin).parent / "datasets" / "data" if package and package.origin else None


def read_digits(directory: Path) -> Dataset:
    """Read the 1,797 digits, scale their 0..16 to 0..255 (half rounds up) and split them by example hash."""
    path = directory / FILE
    try:
        table = np.loadtxt(path, delimiter=",", dtype=np.uint8)
    except (OSError, EOFError, ValueError) as error:
        raise DataCorrupt(f"{path} cannot be read: {error}") from error
    if table.ndim != 2 or table.shape[1] != 65 or table[:, :64].max() > _BRIGHTEST:
        raise DataCorrupt(f"{path} is not a table of 64 pixels (0 to {_BRIGHTEST}) and a label per line")
    levels = table[:, :64].astype(np.int64)
    images = torch.from_numpy((levels * 255 + _BRIGHTEST // 2) // _BRIGHTEST).to(torch.uint8).reshape(-1, 1, 8, 8)
    labels = torch.from_numpy(table[:, 64].astype(np.int64))
    train, test = (Split(images[ids], labels[ids]) for ids in stratified_split(images, labels))
    return make_dataset("digits", train, test, 10, may_flip=False)
