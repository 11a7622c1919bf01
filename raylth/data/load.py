"""From the data part of a spec to tensors."""

import os
from dataclasses import replace
from pathlib import Path

from raylth.data.catalogue import Source, known_datasets, source
from raylth.data.classes import with_classes
from raylth.data.dataset import Dataset, Split, fingerprint
from raylth.data.folders import read_image_folder
from raylth.data.own import read_own
from raylth.data.pool import average_pool
from raylth.data.resize import resized
from raylth.data.subset import class_balanced
from raylth.errors import BadInput, DataCorrupt, DataMissing
from raylth.spec.schema import DataSpec


def data_root(flag: Path | None = None) -> Path:
    """The folder of downloaded data sets: the flag, else $RAYLTH_DATA, else ~/.cache/raylth/data."""
    return Path(flag or os.environ.get("RAYLTH_DATA") or "~/.cache/raylth/data").expanduser()


def load_dataset(spec: DataSpec, root: Path, allow_import: bool = False) -> Dataset:
    """Load the data set of a spec: its classes, then its subset, pooling and size; the fingerprint is of the whole.

    The subset is of training images only. `root` is the folder that `data_root` names.
    Raises DataMissing, DataCorrupt, and BadInput for a name, path, classes, subset or pooling that cannot work.
    """
    whole = load_whole(spec, root, allow_import)
    if spec.classes is not None:
        whole = with_classes(whole, spec.classes)
    train = whole.train
    if spec.subset is not None:
        kept = class_balanced(train.labels, spec.subset, whole.classes, purpose="data.subset")
        train = Split(train.images[kept], train.labels[kept])
    return replace(whole, train=_shaped(train, spec), test=_shaped(whole.test, spec))


def load_whole(spec: DataSpec, root: Path, allow_import: bool = False) -> Dataset:
    """Load the data set of a spec without its subset and pooling. Raises as `load_dataset` does."""
    if spec.name == "folder":
        if spec.path is None:
            raise BadInput("data.name: folder needs data.path, a directory with one sub-directory of images per class")
        return _read_folder(Path(spec.path).expanduser(), root)
    if spec.path is not None:
        raise BadInput(f"data.path is only for data.name: folder, not for {spec.name}")
    if ":" in spec.name:
        return read_own(spec.name, root, allow_import)
    return _read_known(source(spec.name), root)


def check_dataset(spec: DataSpec, root: Path, allow_import: bool = False) -> Dataset:
    """Load a whole data set and compare its content with its recorded fingerprint and the catalogue.

    Raises DataCorrupt when decoded images changed on disk, or when a known data set is not of its official size.
    """
    whole = load_whole(spec, root, allow_import)
    if fingerprint(whole.train, whole.test, whole.classes) != whole.fingerprint:
        raise DataCorrupt(f"the decoded images of {spec.name} changed on disk; remove {root / '.decoded'}")
    known = known_datasets().get(spec.name)
    if known is not None:
        _compare(whole, known)
    return whole


def _read_folder(directory: Path, root: Path) -> Dataset:
    if not directory.is_dir():
        raise DataMissing(f"data.path: {directory} is not a folder on this machine")
    return read_image_folder("folder", directory, root)


def _read_known(known: Source, root: Path) -> Dataset:
    found = known.find(root)
    if found is not None:
        return known.read(found, root)
    if known.unreadable and (root / known.unreadable).exists():
        raise DataMissing(
            f"only the Python version of {known.name} is here ({root / known.unreadable}), and its pickle files could "
            f"run any code; {known.how_to_get} for the binary version, {root / known.places[0]}"
        )
    looked = ", ".join(str(root / place) for place in known.places) or "the installed Python packages"
    raise DataMissing(f"{known.name} is not on this machine (looked in {looked}); {known.how_to_get}")


def _shaped(split: Split, spec: DataSpec) -> Split:
    images = average_pool(split.images, spec.pool)
    return Split(images if spec.image is None else resized(images, spec.image), split.labels)


def _compare(whole: Dataset, known: Source) -> None:
    images = len(whole.train.labels) + len(whole.test.labels)
    here = (images, whole.classes, tuple(whole.train.images.shape[1:]))
    official = (known.images, known.classes, known.shape)
    if here != official:
        facts = "{} has {} images, {} classes and shape {} here, but officially {}, {} and {}"
        raise DataCorrupt(facts.format(known.name, *here, *official))
