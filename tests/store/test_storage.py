"""A storage root: atomic writes, and errors that a person understands."""

import os
import uuid
from pathlib import Path

import pytest

from raylth.errors import BadInput, ObjectMissing, StorageError
from raylth.store import Storage, check_writable, open_storage
from tests.s3_server import make_bucket, options


@pytest.fixture(params=["local", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """A local folder, and a bucket on a real S3 server."""
    if request.param == "local":
        return open_storage(str(tmp_path / "root"))
    place, bucket = request.getfixturevalue("s3"), f"b{uuid.uuid4().hex[:12]}"
    make_bucket(place, bucket)
    return open_storage(f"s3://{bucket}/path{options(place)}")


def is_one_sentence(error: pytest.ExceptionInfo[BaseException]) -> bool:
    text = str(error.value)
    return "\n" not in text and text.endswith(".") and not text.endswith("..")


def test_what_is_written_is_read(storage: Storage) -> None:
    storage.write("a/b/c.bin", b"\x00raylth\xff")
    assert storage.read("a/b/c.bin") == b"\x00raylth\xff" and storage.exists("a/b/c.bin")
    storage.write("a/b/c.bin", b"")
    assert storage.read("a/b/c.bin") == b""


def test_json_comes_back(storage: Storage) -> None:
    storage.write_json("x.json", {"b": [1, 0.1, None], "a": "é"})
    assert storage.read_json("x.json") == {"b": [1, 0.1, None], "a": "é"}


def test_a_missing_file_is_an_object_missing(storage: Storage) -> None:
    for read in (storage.read, storage.read_json):
        with pytest.raises(ObjectMissing, match=r"holds no a/nothing\.json\.") as caught:
            read("a/nothing.json")
        assert is_one_sentence(caught)
    assert not storage.exists("a/nothing.json")


def test_a_folder_is_listed_at_any_depth_relative_to_the_root(storage: Storage) -> None:
    for path in ("runs/b/2.txt", "runs/a.txt", "store/x", "runs/b/c/1.txt"):
        storage.write(path, b"x")
    assert storage.list("runs") == ("runs/a.txt", "runs/b/2.txt", "runs/b/c/1.txt")
    assert storage.list("runs/b") == ("runs/b/2.txt", "runs/b/c/1.txt")
    assert storage.list("nowhere") == ()


def test_deleting_what_is_gone_is_no_error(storage: Storage) -> None:
    storage.write("a.txt", b"x")
    storage.delete("a.txt")
    storage.delete("a.txt")
    assert not storage.exists("a.txt")


def test_the_probe_leaves_nothing_behind(storage: Storage) -> None:
    check_writable(storage)
    assert storage.list("") == ()


def test_bad_json_is_a_storage_error(storage: Storage) -> None:
    storage.write("x.json", b"{")
    with pytest.raises(StorageError, match=r"x\.json in .* is not JSON") as caught:
        storage.read_json("x.json")
    assert is_one_sentence(caught)


def test_a_reader_never_sees_a_part_of_a_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = open_storage(str(tmp_path))
    storage.write("a.txt", b"old")
    seen = []
    replace = os.replace

    def watched(temporary: str, full: str) -> None:
        seen.append((Path(temporary).read_bytes(), storage.read("a.txt")))
        replace(temporary, full)

    monkeypatch.setattr(os, "replace", watched)
    storage.write("a.txt", b"new and longer")
    assert seen == [(b"new and longer", b"old")] and storage.read("a.txt") == b"new and longer"


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = open_storage(str(tmp_path))
    storage.write("a.txt", b"old")

    def full(temporary: str, target: str) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(StorageError, match=r"a\.txt in .* cannot be written: No space left on device\.") as caught:
        storage.write("a.txt", b"new")
    assert is_one_sentence(caught)
    assert storage.read("a.txt") == b"old" and os.listdir(tmp_path) == ["a.txt"]


def test_a_folder_that_is_a_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file", tmp_path / "file" / "deeper" / "still"):
        with pytest.raises(StorageError, match="is a file, not a folder") as caught:
            open_storage(str(path))
        assert is_one_sentence(caught) and isinstance(caught.value, BadInput)


@pytest.mark.parametrize("uri", ["nonsense://bucket/path", "s3://", "://"])
def test_an_address_that_means_nothing_is_refused_in_one_sentence(uri: str) -> None:
    with pytest.raises(StorageError) as caught:
        open_storage(uri)
    assert is_one_sentence(caught)


def test_a_file_in_the_place_of_a_folder_is_a_storage_error_whatever_is_done(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path))
    storage.write("file", b"x")
    doings = (
        lambda: storage.read("file/x"),
        lambda: storage.write("file/x", b""),
        lambda: storage.list("file"),
        lambda: storage.delete("file/x"),
        lambda: storage.read(""),
    )
    for do in doings:
        with pytest.raises(StorageError) as caught:
            do()
        assert is_one_sentence(caught)


def test_opening_makes_no_folder_and_expands_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    storage = open_storage("~/runs")
    assert storage.local_path == tmp_path / "runs" and not (tmp_path / "runs").exists()


def test_paths_are_relative_to_the_root_wherever_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for uri in ("here", "./here", "here/", str(tmp_path / "here"), f"{tmp_path}/other/../here"):
        storage = open_storage(uri)
        storage.write("a/b.txt", uri.encode())
        assert storage.list("a") == ("a/b.txt",) and (tmp_path / "here/a/b.txt").read_text() == uri
