"""Whether a storage can be written, read, listed and deleted, and how fast."""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

from pyarrow import ArrowException

from raylth.doctor.check import Check
from raylth.errors import ObjectMissing, RaylthError
from raylth.store import Storage, open_storage

SMALL_BYTES, LARGE_BYTES = 4_000, 8_000_000

SLOW = 5.0
"""MB/s. Below this, one state of a ResNet-18 (45 MB) takes 9 seconds or more."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class RoundTrip:
    """Seconds that each operation took, and MB/s of the large file. `broken` says what came back wrong, if anything."""

    write: float
    read: float
    listing: float
    delete: float
    write_speed: float
    read_speed: float
    broken: str | None


def storage_check(uri: str) -> Check:
    """Write, read back, list and delete a small file and one of 8 MB, in a folder that is removed again."""
    try:
        trip = round_trip(open_storage(uri))
    except (RaylthError, OSError, ArrowException) as error:
        return Check("storage", "fail", f"{uri}: {' '.join(str(error).split())}")
    if trip.broken:
        return Check("storage", "fail", f"{uri}: {trip.broken}")
    times = ", ".join(f"{name} {1000 * getattr(trip, name):.1f}" for name in ("write", "read", "listing", "delete"))
    detail = f"{uri}: {times} ms; 8 MB written at {trip.write_speed:,.0f} MB/s, read at {trip.read_speed:,.0f} MB/s"
    if min(trip.write_speed, trip.read_speed) < SLOW:
        return Check("storage", "warn", f"{detail}, which is slow for checkpoints")
    return Check("storage", "pass", detail)


def round_trip(storage: Storage) -> RoundTrip:
    """Time the operations of a sweep on a storage. Raises what they raise."""
    small, large = os.urandom(SMALL_BYTES), os.urandom(LARGE_BYTES)
    with _passing_folder(storage) as folder:
        paths = f"{folder}/large", f"{folder}/small"
        _, writing_large = _timed(lambda: storage.write(paths[0], large))
        _, writing = _timed(lambda: storage.write(paths[1], small))
        large_read, reading_large = _timed(lambda: storage.read(paths[0]))
        small_read, reading = _timed(lambda: storage.read(paths[1]))
        listed, listing = _timed(lambda: storage.list(folder))
        _, deleting = _timed(lambda: storage.delete(paths[1]))
        broken = _problem((large_read, small_read) == (large, small), listed == paths, storage.exists(paths[1]))
    megabytes = LARGE_BYTES / 1e6
    return RoundTrip(writing, reading, listing, deleting, megabytes / writing_large, megabytes / reading_large, broken)


@contextmanager
def marker(uri: str) -> Iterator[str]:
    """Keep a file in a storage, whose path is given, for other machines to find. Raises StorageError."""
    storage = open_storage(uri)
    with _passing_folder(storage) as folder:
        storage.write(f"{folder}/marker", b"raylth")
        yield f"{folder}/marker"


def sharing_check(uri: str, path: str) -> Check:
    """Whether a file that another machine keeps by `marker` is seen here."""
    try:
        open_storage(uri).read(path)
    except ObjectMissing:
        detail = f"{uri} does not hold here what the driver wrote there; nodes need a common folder, s3:// or gs://"
        return Check("shared storage", "fail", detail)
    return Check("shared storage", "pass", "what the driver writes is seen here")


def _problem(same_content: bool, same_names: bool, still_there: bool) -> str | None:
    if not same_content:
        return "what was read is not what was written"
    if not same_names:
        return "a listing does not show what was written"
    return "a deleted file is still there" if still_there else None


def _timed(action: Callable[[], Value]) -> tuple[Value, float]:
    began = time.perf_counter()
    value = action()
    # A coarse clock may not move during one small operation.
    return value, max(time.perf_counter() - began, 1e-9)


@contextmanager
def _passing_folder(storage: Storage) -> Iterator[str]:
    folder = f".doctor-{uuid.uuid4().hex[:8]}"
    try:
        yield folder
    finally:
        with suppress(OSError, ArrowException):
            storage.filesystem.delete_dir(f"{storage.root}/{folder}")
