"""The doctor's storage checks: a storage that lies, loses or is not shared must be found out."""

from pathlib import Path

import pytest
from pyarrow import fs

from raylth.doctor import storage as storage_module
from raylth.doctor.storage import marker, round_trip, sharing_check, storage_check
from raylth.errors import StorageError
from raylth.store import Storage


def test_a_good_folder_passes_and_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    check = storage_check(str(tmp_path))
    assert check.outcome == "pass"
    assert "MB/s" in check.detail
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    check = storage_check(str(tmp_path / "file" / "below"))
    assert check.outcome == "fail"
    assert "\n" not in check.detail


def test_a_listing_that_fails_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(storage: Storage, folder: str) -> tuple[str, ...]:
        raise PermissionError("AWS Error ACCESS_DENIED\nduring ListObjectsV2")

    monkeypatch.setattr(Storage, "list", refuse)
    check = storage_check(str(tmp_path))
    assert check.outcome == "fail"
    assert check.detail.endswith("AWS Error ACCESS_DENIED during ListObjectsV2")


def test_a_slow_storage_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage_module, "SLOW", 1e12)
    assert storage_check(str(tmp_path)).outcome == "warn"


class Lying(Storage):
    def read(self, path: str) -> bytes:
        return super().read(path)[:-1] + b"?"


class Hiding(Storage):
    def list(self, folder: str) -> tuple[str, ...]:
        return super().list(folder)[1:]


class Keeping(Storage):
    def delete(self, path: str) -> None:
        return


@pytest.mark.parametrize(
    ("kind", "problem"), [(Lying, "read is not"), (Hiding, "listing"), (Keeping, "still there"), (Storage, None)]
)
def test_a_broken_storage_is_found(kind: type[Storage], problem: str | None, tmp_path: Path) -> None:
    trip = round_trip(kind(str(tmp_path), fs.LocalFileSystem(), str(tmp_path)))
    assert trip.broken is None if problem is None else problem in str(trip.broken)
    assert list(tmp_path.iterdir()) == []


def test_a_marker_is_seen_in_the_same_storage_only(tmp_path: Path) -> None:
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    with marker(str(here)) as path:
        assert sharing_check(str(here), path).outcome == "pass"
        assert sharing_check(str(elsewhere), path).outcome == "fail"
    assert sharing_check(str(here), path).outcome == "fail"


def test_a_marker_needs_a_storage(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError), marker(str(tmp_path / "file")):
        pass
