"""A data set of some of its classes only."""

from collections.abc import Sequence
from dataclasses import replace

import torch

from raylth.data.dataset import Dataset, Split
from raylth.errors import BadInput


def with_classes(whole: Dataset, classes: Sequence[int]) -> Dataset:
    """Keep the images of `classes` in their order, with labels 0, 1, ... in the order of `classes`.

    The fingerprint stays that of the whole. Raises BadInput for a class that the data set does not have.
    """
    if max(classes) >= whole.classes:
        raise BadInput(f"data.classes names {max(classes)}, but {whole.name} has classes 0 to {whole.classes - 1}.")
    train, test = (_kept(split, whole.classes, classes) for split in (whole.train, whole.test))
    return replace(whole, train=train, test=test, classes=len(classes))


def _kept(split: Split, count: int, classes: Sequence[int]) -> Split:
    number = torch.full((count,), -1, dtype=torch.int64)
    number[list(classes)] = torch.arange(len(classes))
    labels = number[split.labels]
    return Split(split.images[labels >= 0].contiguous(), labels[labels >= 0])
