"""The data sets that raylth knows by name: what they are, where they may be and how to get them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from raylth.data.cifar import read_cifar10, read_cifar100
from raylth.data.dataset import Dataset
from raylth.data.digits import FILE, digits_folder, read_digits
from raylth.data.folders import read_image_folder, read_tinyimagenet
from raylth.data.idx import read_mnist_like
from raylth.errors import BadInput

DEBIAN_FASHION = Path("/usr/share/datasets/fashion-mnist")


@dataclass(frozen=True)
class Source:
    """One known data set.

    shape: (C, H, W). images: training and test images together. places: folders that may hold it, relative to the
    data root or absolute. markers: a folder with one of these entries holds it. unreadable: a folder, relative to the
    root, with the version in pickles. read: takes the folder that was found and the data root.
    """

    name: str
    shape: tuple[int, int, int]
    classes: int
    images: int
    how_to_get: str
    places: tuple[Path, ...]
    markers: tuple[str, ...]
    read: Callable[[Path, Path], Dataset]
    unreadable: Path | None = None

    def find(self, root: Path) -> Path | None:
        """The first place that holds the data set, or None."""
        for place in self.places:
            if any((root / place / marker).exists() for marker in self.markers):
                return root / place
        return None


@dataclass(frozen=True)
class SourceInfo:
    """What `raylth data list` shows of one data set; `found` is its folder on this machine, or None."""

    name: str
    shape: tuple[int, int, int]
    classes: int
    images: int
    found: Path | None
    how_to_get: str


def known_datasets() -> Mapping[str, Source]:
    """All known data sets by name; the mapping cannot be changed."""
    return _SOURCES


def source(name: str) -> Source:
    """The known data set of that name. Raises BadInput with the names that exist."""
    if name not in _SOURCES:
        raise BadInput(f"there is no data set {name!r}; known: {', '.join(_SOURCES)}, folder, or your own module:Name")
    return _SOURCES[name]


def describe(name: str, root: Path) -> SourceInfo:
    """Facts about one known data set and where it is on this machine. Raises BadInput for an unknown name."""
    known = source(name)
    return SourceInfo(known.name, known.shape, known.classes, known.images, known.find(root), known.how_to_get)


def _mnist_markers() -> tuple[str, ...]:
    return ("train-images-idx3-ubyte", "train-images-idx3-ubyte.gz")


def _all_sources() -> tuple[Source, ...]:
    scikit = digits_folder()
    return (
        Source(
            name="digits",
            shape=(1, 8, 8),
            classes=10,
            images=1797,
            how_to_get="it comes with the Python package scikit-learn",
            places=(scikit,) if scikit else (),
            markers=(FILE,),
            read=lambda directory, _root: read_digits(directory),
        ),
        Source(
            name="mnist",
            shape=(1, 28, 28),
            classes=10,
            images=70_000,
            how_to_get="run `raylth data fetch mnist`",
            places=(Path("mnist"), Path("MNIST/raw")),
            markers=_mnist_markers(),
            read=lambda directory, _root: read_mnist_like("mnist", directory, may_flip=False),
        ),
        Source(
            name="fashion-mnist",
            shape=(1, 28, 28),
            classes=10,
            images=70_000,
            how_to_get="run `raylth data fetch fashion-mnist`, or install the Debian package dataset-fashion-mnist",
            places=(Path("fashion-mnist"), Path("FashionMNIST/raw"), DEBIAN_FASHION),
            markers=_mnist_markers(),
            read=lambda directory, _root: read_mnist_like("fashion-mnist", directory, may_flip=True),
        ),
        Source(
            name="cifar10",
            shape=(3, 32, 32),
            classes=10,
            images=60_000,
            how_to_get="run `raylth data fetch cifar10`",
            places=(Path("cifar-10-batches-bin"),),
            markers=("data_batch_1.bin",),
            read=lambda directory, _root: read_cifar10(directory),
            unreadable=Path("cifar-10-batches-py"),
        ),
        Source(
            name="cifar100",
            shape=(3, 32, 32),
            classes=100,
            images=60_000,
            how_to_get="run `raylth data fetch cifar100`",
            places=(Path("cifar-100-binary"),),
            markers=("train.bin",),
            read=lambda directory, _root: read_cifar100(directory),
            unreadable=Path("cifar-100-python"),
        ),
        Source(
            name="tinyimagenet",
            shape=(3, 64, 64),
            classes=200,
            images=110_000,
            how_to_get="unpack tiny-imagenet-200.zip of Stanford's CS231n into the data root by hand",
            places=(Path("tiny-imagenet-200"),),
            markers=("train",),
            read=read_tinyimagenet,
        ),
        Source(
            name="eurosat",
            shape=(3, 64, 64),
            classes=10,
            images=27_000,
            how_to_get="run `raylth data fetch eurosat`",
            places=(Path("eurosat/2750"),),
            markers=(".",),
            read=lambda directory, root: read_image_folder("eurosat", directory, root),
        ),
    )


_SOURCES: Mapping[str, Source] = MappingProxyType({known.name: known for known in _all_sources()})
