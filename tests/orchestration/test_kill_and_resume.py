"""kill -9 of the driver and of trials at random moments: the science comes out as if nothing had happened."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from raylth.state import unpack_state
from sweeps import raylth, run, science, segments, write_spec

KILLS = 10
EPOCHS, IMAGES = 30, 1000


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    done = run("sweep", write_spec(folder, folder / "results", EPOCHS, IMAGES))
    assert done.returncode == 0, done.stderr
    return folder / "results"


@pytest.mark.timeout(600)
def test_ten_kills_leave_no_trace_in_the_science(undisturbed: Path, tmp_path: Path) -> None:
    choose = random.Random(20)
    spec, storage = write_spec(tmp_path, tmp_path / "results", EPOCHS, IMAGES), tmp_path / "results"
    expected: list[tuple[str, int]] = []
    kills = 0
    while kills < KILLS:
        driver = subprocess.Popen(raylth("sweep", spec), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while kills < KILLS and driver.poll() is None:
            if not _wait_for_trials(driver):
                break
            time.sleep(choose.uniform(0.1, 1.5))
            before = _checkpoints(storage)
            victim = choose.choice(["driver", "trial"])
            if not _kill(driver, victim):
                continue
            kills += 1
            expected += [item for item in _checkpoints(storage).items() if item in before.items()]
            if victim == "driver":
                break
        if driver.poll() is None and kills == KILLS:
            driver.wait(120)
        if driver.returncode == 0:
            break
        driver.wait(30)
        _reap_orphans(driver.pid)
    final = run("sweep", spec)
    assert final.returncode == 0, final.stderr
    assert kills == KILLS, "the sweep was over before it was disturbed often enough"
    for name, table in science(storage).items():
        assert table.equals(science(undisturbed)[name]), name
    _assert_resumed_where_killed(storage, expected)


def _assert_resumed_where_killed(storage: Path, expected: list[tuple[str, int]]) -> None:
    """Every checkpoint that a kill left is a seam between two segments: nothing before it was trained again."""
    rows = segments(storage).to_pandas()
    seams = set(zip(rows["key"], rows["last_epoch"], strict=True))
    missing = [(key, epoch) for key, epoch in expected if (key, epoch) not in seams and not _went_on(rows, key, epoch)]
    assert missing == []


def _went_on(rows, key: str, epoch: int) -> bool:  # type: ignore[no-untyped-def]
    # A trial that was not the victim trained on across the kill of another.
    ours = rows[rows["key"] == key]
    return bool(((ours["first_epoch"] < epoch) & (ours["last_epoch"] > epoch)).any())


def _wait_for_trials(driver: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and driver.poll() is None:
        if any(True for _ in _trial_processes(driver)):
            return True
        time.sleep(0.1)
    return False


def _trial_processes(driver: subprocess.Popen[bytes]) -> Iterator[psutil.Process]:
    try:
        children = psutil.Process(driver.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return
    for child in children:
        try:
            # Ray names a worker after its actor, which for a Tune function is ImplicitFunc.
            if child.name().startswith("ray::ImplicitFu"):
                yield child
        except psutil.NoSuchProcess:
            continue


def _kill(driver: subprocess.Popen[bytes], victim: str) -> bool:
    if victim == "driver":
        driver.send_signal(signal.SIGKILL)
        return True
    trial = next(_trial_processes(driver), None)
    if trial is None:
        return False
    try:
        os.kill(trial.pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _checkpoints(storage: Path) -> dict[str, int]:
    found = {}
    for path in storage.glob("store/trajectories/*/*/checkpoint.safetensors"):
        try:
            found[path.parent.name] = unpack_state(path.read_bytes()).epoch
        except (OSError, ValueError):
            continue
    return found


def _reap_orphans(driver: int) -> None:
    """Wait until Ray has noticed that its driver is gone; its processes end by themselves."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and psutil.pid_exists(driver):
        time.sleep(0.2)
