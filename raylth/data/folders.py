"""Data sets that are folders of image files: TinyImageNet, EuroSAT and a user's own."""

from collections.abc import Sequence
from pathlib import Path

import torch

from raylth.data.dataset import Dataset, Split, make_dataset
from raylth.data.decoded import cached
from raylth.data.images import decode_images, image_files
from raylth.data.subset import stratified_split
from raylth.errors import DataCorrupt

Labelled = list[tuple[Path, int]]


def read_image_folder(name: str, directory: Path, root: Path) -> Dataset:
    """Read one sub-directory of images per class, classes in the order of their names, split by example hash.

    All images must share one size; they become RGB. Decoded images are kept under `root`. Raises DataCorrupt.
    """
    listed = _by_class(directory)

    def decode() -> Dataset:
        whole = _decode(listed)
        parts = stratified_split(whole.images, whole.labels)
        train, test = (Split(whole.images[ids], whole.labels[ids]) for ids in parts)
        return make_dataset(name, train, test, listed[-1][1] + 1, may_flip=True)

    return cached(name, directory, [file for file, _ in listed], root, decode)


def read_tinyimagenet(directory: Path, root: Path) -> Dataset:
    """Read `train/CLASS/images/*` and, as the test set, `val/images/*` with the labels of `val/val_annotations.txt`.

    Decoded images are kept under `root`. Raises DataCorrupt.
    """
    train = _by_class(directory / "train")
    annotations = directory / "val" / "val_annotations.txt"
    classes = {file.relative_to(directory / "train").parts[0]: label for file, label in train}
    test = _by_annotation(image_files(directory / "val" / "images"), annotations, classes)

    def decode() -> Dataset:
        return make_dataset("tinyimagenet", _decode(train), _decode(test), len(classes), may_flip=True)

    return cached("tinyimagenet", directory, [annotations, *(file for file, _ in train + test)], root, decode)


def _by_class(directory: Path) -> Labelled:
    if not directory.is_dir():
        raise DataCorrupt(f"{directory} is not a folder")
    names = sorted(entry.name for entry in directory.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if not names:
        raise DataCorrupt(f"{directory} has no sub-directory; there must be one per class")
    listed: Labelled = []
    for label, name in enumerate(names):
        files = image_files(directory / name)
        if not files:
            raise DataCorrupt(f"{directory / name} holds no images")
        listed += [(file, label) for file in files]
    return listed


def _by_annotation(files: Sequence[Path], annotations: Path, classes: dict[str, int]) -> Labelled:
    try:
        lines = [line.split("\t") for line in annotations.read_text().splitlines() if line]
    except (OSError, UnicodeDecodeError) as error:
        raise DataCorrupt(f"{annotations} cannot be read: {error}") from error
    class_of = {line[0]: line[1] for line in lines if len(line) > 1}
    if set(class_of) != {file.name for file in files}:
        raise DataCorrupt(f"{annotations} and {annotations.parent / 'images'} do not name the same images")
    unknown = sorted(set(class_of.values()) - set(classes))
    if unknown:
        raise DataCorrupt(f"{annotations} names class {unknown[0]}, which has no training images")
    return [(file, classes[class_of[file.name]]) for file in files]


def _decode(listed: Labelled) -> Split:
    files, labels = zip(*listed, strict=True)
    return Split(decode_images(files), torch.tensor(labels, dtype=torch.int64))
