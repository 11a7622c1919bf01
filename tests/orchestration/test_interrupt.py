"""Ctrl-C: a clean stop, the command to go on with, and tables of what there was."""

import signal
import time
from pathlib import Path

import psutil
import pytest

from sweeps import started, write_spec


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_sweep_says_how_to_go_on_and_leaves_nothing_running(number: int, tmp_path: Path) -> None:
    spec, storage = write_spec(tmp_path, tmp_path / "results", epochs=200, images=1000), tmp_path / "results"
    with started("sweep", spec) as driver:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not list(storage.glob("store/trajectories/*/*/checkpoint.safetensors")):
            time.sleep(0.2)
        children = psutil.Process(driver.pid).children(recursive=True)
        driver.send_signal(number)
        said, errors = driver.communicate(timeout=60)
    assert driver.returncode == 130
    assert "go on with" in said
    assert f"sweep {spec}" in said
    assert "Traceback" not in said + errors
    assert not (storage / "runs" / "tiny" / "driver.json").exists()
    assert (storage / "runs" / "tiny" / "tables" / "trials.parquet").exists()
    assert psutil.wait_procs(children, timeout=20)[1] == []
