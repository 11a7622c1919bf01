"""Fetching, with every download replaced by a fake one."""

import io
import tarfile
from pathlib import Path
from urllib.error import URLError

import pytest
from data_trees import write_cifar10, write_cifar100, write_folder, write_mnist

from raylth.data import fetch, load_dataset
from raylth.data.fetch import unpack
from raylth.errors import BadInput, DataCorrupt, DataMissing
from raylth.spec.schema import DataSpec

DOWNLOAD = "torchvision.datasets.utils.download_url"
Call = tuple[str, str | None]


def offline(*_: object, **__: object) -> None:
    raise URLError("no route to host")


@pytest.mark.parametrize(
    ("name", "folder", "url", "md5"),
    [
        ("cifar10", "cifar-10-batches-bin", "cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530"),
        ("cifar100", "cifar-100-binary", "cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8"),
    ],
)
def test_cifar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, folder: str, url: str, md5: str) -> None:
    (write_cifar10 if name == "cifar10" else write_cifar100)(tmp_path / "made" / folder)
    calls: list[Call] = []

    def download(source: str, root: Path, md5: str | None = None) -> None:
        calls.append((source, md5))
        with tarfile.open(Path(root) / url, "w:gz") as archive:
            archive.add(tmp_path / "made" / folder, folder)

    monkeypatch.setattr(DOWNLOAD, download)
    root = tmp_path / "root"
    assert fetch(name, root) == root / folder
    assert calls == [(f"https://www.cs.toronto.edu/~kriz/{url}", md5)]
    assert [path.name for path in root.iterdir()] == [folder]
    load_dataset(DataSpec(name=name), root)
    assert fetch(name, root) == root / folder and len(calls) == 1


def test_mnist_tries_the_next_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.datasets import MNIST

    write_mnist(tmp_path / "made", compressed=True)
    calls: list[Call] = []

    def download(source: str, root: Path, md5: str | None = None) -> None:
        calls.append((source, md5))
        if source.startswith(MNIST.mirrors[0]):
            raise URLError("gone")
        name = source.rsplit("/", 1)[1]
        (Path(root) / name).write_bytes((tmp_path / "made" / name).read_bytes())

    monkeypatch.setattr(DOWNLOAD, download)
    root = tmp_path / "root"
    assert fetch("mnist", root) == root / "mnist"
    assert calls == [(f"{mirror}{name}", md5) for name, md5 in MNIST.resources for mirror in MNIST.mirrors]
    assert len(load_dataset(DataSpec(name="mnist"), root).train.labels) == 30


def test_eurosat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def download(_: str, download_root: str, md5: str) -> None:
        assert md5
        write_folder(Path(download_root) / "2750", ("AnnualCrop", "Forest"), each=5, side=64)

    monkeypatch.setattr("torchvision.datasets.eurosat.download_and_extract_archive", download)
    assert fetch("eurosat", tmp_path / "root") == tmp_path / "root" / "eurosat" / "2750"
    assert load_dataset(DataSpec(name="eurosat"), tmp_path / "root").classes == 2


@pytest.mark.parametrize("name", ["mnist", "cifar10", "cifar100", "eurosat"])
def test_without_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(DOWNLOAD, offline)
    monkeypatch.setattr("torchvision.datasets.eurosat.download_and_extract_archive", offline)
    with pytest.raises(DataMissing) as error:
        fetch(name, tmp_path)
    said = str(error.value)
    assert said.startswith(
        f"{name} could not be downloaded (<urlopen error no route to host>); run the same command on"
    )
    assert "\n" not in said and str(tmp_path) in said
    assert list(tmp_path.iterdir()) == []


def test_what_must_be_put_by_hand(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"tinyimagenet has no download: unpack tiny-imagenet-200.zip") as error:
        fetch("tinyimagenet", tmp_path)
    assert str(tmp_path / "tiny-imagenet-200") in str(error.value)
    with pytest.raises(BadInput, match=r"there is no data set 'imagenet'"):
        fetch("imagenet", tmp_path)


def test_digits_are_there_already(tmp_path: Path) -> None:
    assert (fetch("digits", tmp_path) / "digits.csv.gz").is_file()


def pack(archive: Path, member: tarfile.TarInfo) -> Path:
    with tarfile.open(archive, "w:gz") as members:
        members.addfile(member, io.BytesIO(b""))
    return archive


@pytest.mark.parametrize(("name", "link"), [("../evil.txt", ""), ("link", "../../outside"), ("link", "/etc/passwd")])
def test_archives_cannot_escape(tmp_path: Path, name: str, link: str) -> None:
    member = tarfile.TarInfo(name)
    if link:
        member.type, member.linkname = tarfile.SYMTYPE, link
    archive = pack(tmp_path / "bad.tar.gz", member)
    (tmp_path / "in").mkdir()
    with pytest.raises(DataCorrupt, match=r"bad\.tar\.gz cannot be unpacked: "):
        unpack(archive, tmp_path / "in")
    assert list((tmp_path / "in").iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.tar.gz", "in"]


def test_absolute_members_land_inside(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    unpack(pack(tmp_path / "bad.tar.gz", tarfile.TarInfo(str(outside))), tmp_path / "in")
    assert not outside.exists() and (tmp_path / "in" / outside.relative_to("/")).exists()


def test_an_archive_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "bad.tar.gz").write_bytes(b"404 not found")
    with pytest.raises(DataCorrupt, match=r"bad.tar.gz cannot be unpacked"):
        unpack(tmp_path / "bad.tar.gz", tmp_path)
