"""The advisory heartbeat of a run: tells a second driver that the first lives, and others how far it has come."""

import os
import platform
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import psutil

from raylth.errors import ObjectMissing, RaylthError, RunLocked
from raylth.tables import RunFolder

BEAT_SECONDS = 2.0
STALE_SECONDS = 60.0
"""A heartbeat unchanged for this long, on the observer's own clock, belongs to a driver that died."""


class Heartbeat:
    """Held by the driver of a run for as long as it works on it.

    Args:
        folder: the run.
        progress: what to tell those who watch from outside, as JSON values.
        stale_seconds: how long to watch a driver on another machine before taking over.

    Raises:
        RunLocked: on entering, if another driver lives.
    """

    def __init__(
        self, folder: RunFolder, progress: Callable[[], dict[str, Any]], stale_seconds: float = STALE_SECONDS
    ) -> None:
        self._folder, self._progress, self._stale_seconds = folder, progress, stale_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat_until_stopped, daemon=True)
        self._count = 0

    def __enter__(self) -> "Heartbeat":
        other = read_heartbeat(self._folder)
        if other is not None and self._lives(other):
            raise RunLocked(
                f"{self._folder.address} is being worked on by process {other['pid']} on {other['host']}; "
                "watch it with `raylth status`, or stop it first."
            )
        self._beat()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._folder.storage.delete(_path(self._folder))

    def _lives(self, other: dict[str, Any]) -> bool:
        if other["host"] == platform.node():
            return _is_running(other["pid"], other["started"])
        deadline = time.monotonic() + self._stale_seconds
        while time.monotonic() < deadline:
            time.sleep(min(1.0, self._stale_seconds / 10))
            now = read_heartbeat(self._folder)
            if now is None:
                return False
            if now["count"] != other["count"] or now["pid"] != other["pid"]:
                return True
        return False

    def _beat_until_stopped(self) -> None:
        while not self._stop.wait(BEAT_SECONDS):
            try:
                self._beat()
            except RaylthError:
                # Storage that fails for a moment must not end the sweep; the work itself reports what lasts.
                continue

    def _beat(self) -> None:
        self._count += 1
        beat = {
            "host": platform.node(),
            "pid": os.getpid(),
            "started": psutil.Process().create_time(),
            "count": self._count,
            "progress": self._progress(),
        }
        self._folder.storage.write_json(_path(self._folder), beat)


def read_heartbeat(folder: RunFolder) -> dict[str, Any] | None:
    """The last heartbeat of a run's driver, or None if it ended in good order."""
    try:
        beat: dict[str, Any] = folder.storage.read_json(_path(folder))
    except ObjectMissing:
        return None
    return beat


def driver_lives(beat: dict[str, Any]) -> bool | None:
    """Whether the driver of a heartbeat runs on this machine; None if it is another machine's."""
    if beat["host"] != platform.node():
        return None
    return _is_running(beat["pid"], beat["started"])


def _path(folder: RunFolder) -> str:
    return f"{folder.path}/driver.json"


def _is_running(pid: int, started: float) -> bool:
    # A process id is reused after a while, its start time is not.
    try:
        process = psutil.Process(pid)
        return bool(process.status() != psutil.STATUS_ZOMBIE and abs(process.create_time() - started) < 1)
    except psutil.NoSuchProcess:
        return False
