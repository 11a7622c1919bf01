"""A storage root: a local folder, `s3://` or `gs://`, behind one small interface over pyarrow's file systems."""

import json
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pyarrow import ArrowException, fs

from raylth.errors import ObjectDamaged, ObjectMissing, StorageError

T = TypeVar("T")

DAMAGED = "damaged"
"""The folder under a storage root that damaged files are moved to, for whoever wants to know why."""


@dataclass(frozen=True)
class Storage:
    """Files under one root. Paths are relative, with forward slashes; a write is seen whole or not at all."""

    uri: str
    filesystem: fs.FileSystem
    root: str

    @property
    def local_path(self) -> Path | None:
        """The root as a folder on this machine; None for object storage."""
        return Path(self.root) if isinstance(self.filesystem, fs.LocalFileSystem) else None

    def read(self, path: str) -> bytes:
        """The bytes of a file.

        Raises:
            ObjectMissing: there is no such file.
            StorageError: it cannot be read.
        """
        with self._explained(path, "read"):
            try:
                with self.filesystem.open_input_stream(self._full(path)) as source:
                    return bytes(source.read())
            except FileNotFoundError:
                raise ObjectMissing(f"{self.uri} holds no {path}.") from None

    def write(self, path: str, content: bytes) -> None:
        """Write a file atomically: readers see the old content, or the new, never a part.

        Raises:
            StorageError: it cannot be written.
        """
        full = self._full(path)
        with self._explained(path, "written"):
            if self.local_path is None:
                self._put(full, content)
            else:
                self._replace(full, content)

    def exists(self, path: str) -> bool:
        """Whether a file is there."""
        with self._explained(path, "looked up"):
            return bool(self.filesystem.get_file_info(self._full(path)).is_file)

    def list(self, folder: str) -> tuple[str, ...]:
        """The files below a folder at any depth, as sorted paths relative to the root; none if it is not there."""
        return tuple(path for path, _ in self.sizes(folder))

    def sizes(self, folder: str) -> tuple[tuple[str, int], ...]:
        """As `list`, each with its size in bytes."""
        selector = fs.FileSelector(self._full(folder), allow_not_found=True, recursive=True)
        with self._explained(folder, "listed"):
            infos = self.filesystem.get_file_info(selector)
        return tuple(sorted((info.path[len(self.root) + 1 :], info.size) for info in infos if info.is_file))

    def delete(self, path: str) -> None:
        """Delete a file; it is no error if it is gone already."""
        with self._explained(path, "deleted"), suppress(FileNotFoundError):
            self.filesystem.delete_file(self._full(path))

    def read_whole(self, path: str, unpack: Callable[[bytes], T]) -> T:
        """Read a file and unpack it; one that is damaged is moved to the folder `damaged`, where nobody reads it.

        Args:
            path: the file.
            unpack: makes sense of its bytes, or raises ValueError.

        Raises:
            ObjectMissing: there is no such file.
            ObjectDamaged: `unpack` refused it, twice, as what came over a network may be worse than what is there.
            StorageError: it cannot be read.
        """
        with suppress(ValueError):
            return unpack(self.read(path))
        try:
            return unpack(self.read(path))
        except ValueError as error:
            sentence = f"{path} in {self.uri} was damaged ({error})"
            try:
                place = self._set_aside(path)
            except StorageError:
                raise ObjectDamaged(f"{sentence}, and could not be moved away; delete it.") from error
            raise ObjectDamaged(f"{sentence} and is now {place}; the next sweep makes it anew.") from error

    def _set_aside(self, path: str) -> str:
        place = f"{DAMAGED}/{path}.{uuid.uuid4().hex[:8]}"
        with self._explained(path, "moved"):
            if self.local_path is not None:
                os.makedirs(os.path.dirname(self._full(place)), exist_ok=True)
            # Another process may have been first.
            with suppress(FileNotFoundError):
                self.filesystem.move(self._full(path), self._full(place))
        return place

    def read_json(self, path: str) -> Any:
        """A JSON file's value; raises as `read` does."""
        try:
            return json.loads(self.read(path))
        except ValueError as error:
            raise StorageError(f"{path} in {self.uri} is not JSON: {error}.") from error

    def write_json(self, path: str, value: Any) -> None:
        """Write a value as JSON, atomically."""
        self.write(path, json.dumps(value, indent=1, sort_keys=True).encode())

    @contextmanager
    def _explained(self, path: str, action: str) -> Iterator[None]:
        try:
            yield
        except (OSError, ArrowException) as error:
            raise StorageError(f"{path} in {self.uri} cannot be {action}: {error}.") from error

    def _full(self, path: str) -> str:
        return f"{self.root}/{path}"

    def _put(self, full: str, content: bytes) -> None:
        # Object stores make an upload visible only when it is complete.
        with self.filesystem.open_output_stream(full) as sink:
            sink.write(content)

    def _replace(self, full: str, content: bytes) -> None:
        folder = os.path.dirname(full)
        os.makedirs(folder, exist_ok=True)
        temporary = f"{full}.{uuid.uuid4().hex[:8]}.tmp"
        try:
            Path(temporary).write_bytes(content)
            os.replace(temporary, full)
        finally:
            Path(temporary).unlink(missing_ok=True)


def open_storage(uri: str) -> Storage:
    """The storage at `uri`: a folder (made when first written to), `s3://bucket/path` or `gs://bucket/path`.

    Raises:
        StorageError: the address is not understood, or the folder is a file.
    """
    if "://" not in uri:
        return _open_folder(uri)
    try:
        filesystem, root = fs.FileSystem.from_uri(_with_delayed_open(uri))
    except (OSError, ArrowException, ValueError) as error:
        raise StorageError(f"storage {uri!r} cannot be opened: {error}.") from error
    if not root.strip("/"):
        raise StorageError(f"storage {uri!r} names no bucket; write it as s3://bucket/path or gs://bucket/path.")
    return Storage(uri, filesystem, root.rstrip("/"))


def split_address(address: str) -> tuple[str, str]:
    """The path of an address, and the options that follow it in that of a bucket, `?` included."""
    if "://" not in address:
        return address, ""
    path, mark, options = address.partition("?")
    return path, mark + options


def check_writable(storage: Storage) -> None:
    """Write and delete a probe, so that a sweep fails before any compute and not after.

    Raises:
        StorageError: the storage cannot be written.
    """
    probe = f".probe-{uuid.uuid4().hex[:8]}"
    storage.write(probe, b"raylth")
    storage.delete(probe)


def _with_delayed_open(uri: str) -> str:
    # One request for a small file, where opening, filling and closing it take three.
    if not uri.startswith("s3://") or "allow_delayed_open" in uri:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}allow_delayed_open=true"


def _open_folder(path: str) -> Storage:
    folder = Path(path).expanduser().absolute()
    for place in (folder, *folder.parents):
        if place.exists():
            if not place.is_dir():
                raise StorageError(f"storage {path!r} cannot be used: {place} is a file, not a folder.")
            break
    return Storage(path, fs.LocalFileSystem(), str(folder))
