"""Rules that join several keys of a spec: of the sweep as a whole, and of each of its cells."""

from collections.abc import Callable, Iterator

from raylth.spec.problems import Problem
from raylth.spec.schema import SweepSpec
from raylth.spec.sentences import dotted, joined
from raylth.spec.tree import KeyPath

PAIRED = ("dense", "cross")
"""Kinds of lines between two siblings; for `ticket` the owner of a lineage trains the other end itself."""


def sweep_rules(spec: SweepSpec) -> Iterator[Problem]:
    """What is wrong between keys that no axis can change."""
    paired = [kind for kind in spec.lmc.kinds if kind in PAIRED]
    if spec.siblings < 2 and paired:
        asked = joined(paired, "and")
        yield Problem(("siblings",), f"is {spec.siblings}, but must be at least 2, because lmc.kinds asks for {asked}")
    if "cross" in spec.lmc.kinds and spec.lineages != "all":
        yield Problem(("lmc", "kinds"), 'asks for cross, which needs `lineages: all`, but lineages is "first"')


def cell_rules(cell: SweepSpec, written: Callable[[str, str], KeyPath]) -> Iterator[Problem]:
    """What is wrong between keys that axes may change.

    Args:
        cell: One cell's spec.
        written: Where the user wrote a section's key: itself, or the axis that gives its values.
    """
    if cell.lineage.rewind >= cell.training.epochs:
        epochs = dotted(written("training", "epochs"))
        limit = f"but must be less than {epochs}, which is {cell.training.epochs}"
        yield Problem(written("lineage", "rewind"), f"is {cell.lineage.rewind}, {limit}")
    if cell.data.name == "folder" and cell.data.path is None:
        yield Problem(written("data", "path"), "is missing, but `data.name: folder` needs the directory of the images")


def data_rules(
    cell: SweepSpec, written: Callable[[str, str], KeyPath], train_images: int, classes: int
) -> Iterator[Problem]:
    """What does not fit the data, which have `train_images` training images before a subset is drawn."""
    subset, batch, clean = cell.data.subset, cell.training.batch_size, cell.lmc.train_images
    if subset is not None and not classes <= subset <= train_images:
        limits = f"at least {classes} (one per class) and at most {train_images:,} (the training images of the data)"
        yield Problem(written("data", "subset"), f"is {subset}, but must be {limits}")
        return
    images = subset or train_images
    if batch > images:
        limit = f"but must be at most {images:,}, the number of training images"
        yield Problem(written("training", "batch_size"), f"is {batch}, {limit}")
    if clean < classes:
        yield Problem(("lmc", "train_images"), f"is {clean}, but must be at least {classes}, one per class")
