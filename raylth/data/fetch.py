"""Downloading data sets, by torchvision's checked downloads."""

import os
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.error import URLError

from raylth.data.catalogue import source
from raylth.errors import BadInput, DataCorrupt, DataMissing

_KRIZ = "https://www.cs.toronto.edu/~kriz"


def fetch(name: str, root: Path) -> Path:
    """Download a known data set into `root`, unless it is on this machine already; return its folder.

    Nothing half-downloaded or half-unpacked is ever at its final place. Raises BadInput for a data set that has no
    download, DataMissing when the download fails and DataCorrupt when an archive is not what it should be.
    """
    known = source(name)
    found = known.find(root)
    if found is not None:
        return found
    if name not in _FETCHERS:
        raise BadInput(f"{name} has no download: {known.how_to_get} ({root / (known.places or (Path(),))[0]})")
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root, prefix=".fetch-") as staging:
            _FETCHERS[name](Path(staging), root)
    except (URLError, OSError, RuntimeError) as error:
        raise DataMissing(_failed(name, root, error)) from error
    return root / known.places[0]


def _failed(name: str, root: Path, error: Exception) -> str:
    package = ", or install the Debian package dataset-fashion-mnist" if name == "fashion-mnist" else ""
    reason = " ".join(str(error).split())
    place = root / source(name).places[0]
    return (
        f"{name} could not be downloaded ({reason}); run the same command on a machine with a network and copy its "
        f"folder to {place}{package}"
    )


def _fetch_mnist(class_name: str, folder: str) -> Callable[[Path, Path], None]:
    def run(staging: Path, root: Path) -> None:
        from torchvision import datasets

        listed = getattr(datasets, class_name)
        for filename, md5 in listed.resources:
            _from_any_mirror(listed.mirrors, filename, md5, staging)
        (root / folder).mkdir(exist_ok=True)
        for filename, _ in listed.resources:
            os.replace(staging / filename, root / folder / filename)

    return run


def _from_any_mirror(mirrors: list[str], filename: str, md5: str, staging: Path) -> None:
    from torchvision.datasets.utils import download_url

    for mirror in mirrors:
        try:
            download_url(f"{mirror}{filename}", staging, md5=md5)
            return
        except (URLError, OSError, RuntimeError) as error:
            failure = error
    raise failure


def _fetch_cifar(archive: str, md5: str, folder: str) -> Callable[[Path, Path], None]:
    def run(staging: Path, root: Path) -> None:
        from torchvision.datasets.utils import download_url

        download_url(f"{_KRIZ}/{archive}", staging, md5=md5)
        unpack(staging / archive, staging)
        os.replace(staging / folder, root / folder)

    return run


def unpack(archive: Path, target: Path) -> None:
    """Unpack a tar file; members that would land outside `target` are refused. Raises DataCorrupt."""
    try:
        with tarfile.open(archive) as members:
            members.extractall(target, filter="data")
    except tarfile.TarError as error:
        raise DataCorrupt(f"{archive.name} cannot be unpacked: {error}") from error


def _fetch_eurosat(staging: Path, root: Path) -> None:
    from torchvision.datasets import EuroSAT

    EuroSAT(staging, download=True)
    (root / "eurosat").mkdir(exist_ok=True)
    os.replace(staging / "eurosat" / "2750", root / "eurosat" / "2750")


_FETCHERS: Mapping[str, Callable[[Path, Path], None]] = MappingProxyType(
    {
        "mnist": _fetch_mnist("MNIST", "mnist"),
        "fashion-mnist": _fetch_mnist("FashionMNIST", "fashion-mnist"),
        "cifar10": _fetch_cifar("cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530", "cifar-10-batches-bin"),
        "cifar100": _fetch_cifar("cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8", "cifar-100-binary"),
        "eurosat": _fetch_eurosat,
    }
)
