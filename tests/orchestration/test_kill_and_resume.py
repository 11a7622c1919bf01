"""kill -9 of the driver and of trials at random moments: the science comes out as if nothing had happened."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from raylth.state import unpack_state
from sweeps import raylth, run, science, segments, write_spec

KILLS = 10
EPOCHS, IMAGES = 15, 600
CHECKPOINTS = "store/trajectories/*/*/checkpoint.safetensors"


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
            if not _wait_for_training(driver, storage):
                break
            time.sleep(choose.uniform(0, 1))
            if choose.random() < 0.5:
                kills += _kill_a_trial(driver)
            else:
                _kill_the_driver(driver)
                kills += 1
                # No trial runs any more, so these are what the next one has to start from.
                expected += _checkpoints(storage).items()
        driver.wait(200)
        if driver.returncode == 0:
            break
    final = run("sweep", spec)
    assert final.returncode == 0, final.stderr
    assert kills == KILLS, "the sweep was over before it was disturbed often enough"
    for name, table in science(storage).items():
        assert table.equals(science(undisturbed)[name]), name
    assert expected, "no kill of a driver came in the middle of a training"
    _assert_resumed_where_killed(storage, expected)


def _assert_resumed_where_killed(storage: Path, expected: list[tuple[str, int]]) -> None:
    """Every checkpoint that a kill left is a seam between two segments: nothing before it was trained again."""
    rows = segments(storage).to_pandas()
    seams = set(zip(rows["key"], rows["last_epoch"], strict=True))
    assert [(key, epoch) for key, epoch in expected if (key, epoch) not in seams] == []


def _wait_for_training(driver: subprocess.Popen[bytes], storage: Path) -> bool:
    """Wait until a training gets on, however long Ray takes to start; False if the sweep ends first."""
    began, deadline = time.time(), time.monotonic() + 60
    while time.monotonic() < deadline and driver.poll() is None:
        if any(changed > began for changed in _changes(storage)):
            return True
        time.sleep(0.05)
    return False


def _changes(storage: Path) -> Iterator[float]:
    for path in storage.glob(CHECKPOINTS):
        # Checkpoints come and go.
        with suppress(FileNotFoundError):
            yield path.stat().st_mtime


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


def _kill_a_trial(driver: subprocess.Popen[bytes]) -> bool:
    trial = next(_trial_processes(driver), None)
    if trial is None:
        return False
    try:
        os.kill(trial.pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _kill_the_driver(driver: subprocess.Popen[bytes]) -> None:
    """Kill the driver alone, and wait until Ray has noticed and ended its trials."""
    trials = list(_trial_processes(driver))
    driver.send_signal(signal.SIGKILL)
    driver.wait(10)
    assert psutil.wait_procs(trials, timeout=60)[1] == []


def _checkpoints(storage: Path) -> dict[str, int]:
    found = {}
    for path in storage.glob(CHECKPOINTS):
        try:
            found[path.parent.name] = unpack_state(path.read_bytes()).epoch
        except (OSError, ValueError):
            continue
    return found
