"""The advisory lock of a run: refused while the other lives, taken over when it died."""

import os
import platform
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from raylth.errors import RunLocked
from raylth.orchestration import heartbeat
from raylth.orchestration.heartbeat import Heartbeat, driver_lives, read_heartbeat
from raylth.store import open_storage
from raylth.tables import RunFolder


@pytest.fixture
def folder(storage_root: Path) -> RunFolder:
    return RunFolder(open_storage(str(storage_root)), "run")


def no_progress() -> dict[str, Any]:
    return {}


def leave(folder: RunFolder, **changes: object) -> None:
    beat = {
        "host": platform.node(),
        "pid": os.getpid(),
        "started": psutil.Process().create_time(),
        "count": 3,
        "progress": {},
        **changes,
    }
    folder.storage.write_json("runs/run/driver.json", beat)


def test_it_is_there_while_the_driver_works_and_gone_afterwards(folder: RunFolder) -> None:
    with Heartbeat(folder, no_progress):
        beat = read_heartbeat(folder)
        assert beat is not None
        assert driver_lives(beat)
    assert read_heartbeat(folder) is None


def test_a_second_driver_is_refused_while_the_first_lives(folder: RunFolder) -> None:
    with Heartbeat(folder, no_progress), pytest.raises(RunLocked, match="is being worked on by process"):
        Heartbeat(folder, no_progress).__enter__()
    assert read_heartbeat(folder) is None


def test_the_lock_of_a_dead_process_on_this_machine_is_taken_over_at_once(folder: RunFolder) -> None:
    leave(folder, pid=2**22 + 1)
    began = time.monotonic()
    with Heartbeat(folder, no_progress):
        assert time.monotonic() - began < 1


def test_a_process_id_that_was_given_to_another_process_is_no_lock(folder: RunFolder) -> None:
    leave(folder, started=12345.0)
    with Heartbeat(folder, no_progress):
        assert read_heartbeat(folder) is not None


def test_a_driver_elsewhere_is_taken_over_when_its_heartbeat_stands_still(folder: RunFolder) -> None:
    leave(folder, host="elsewhere")
    with Heartbeat(folder, no_progress, stale_seconds=0.3):
        assert read_heartbeat(folder) is not None


def test_a_driver_elsewhere_that_beats_is_respected(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(folder, host="elsewhere")
    monkeypatch.setattr(heartbeat.time, "sleep", lambda seconds: leave(folder, host="elsewhere", count=4))
    with pytest.raises(RunLocked, match="elsewhere"):
        Heartbeat(folder, no_progress, stale_seconds=5).__enter__()


def test_it_goes_on_beating(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.02)
    with Heartbeat(folder, no_progress):
        first = read_heartbeat(folder)
        time.sleep(0.3)
        later = read_heartbeat(folder)
    assert first is not None and later is not None
    assert later["count"] > first["count"]
