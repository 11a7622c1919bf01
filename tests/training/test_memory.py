"""Memory that was freed is there for the next update, without the system's help."""

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tiny import LENET, data_spec, make_store

from raylth.store import Checkpoints, open_storage
from raylth.training import setup
from raylth.training.memory import keep_freed_memory

# Page faults of 5 large allocations that follow others of their size.
FAULTS = """
import resource
import numpy as np
from raylth.training.memory import keep_freed_memory
{call}
def fill():
    for _ in range(5):
        np.ones(2**23)
fill()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
fill()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(call: str) -> int:
    program = [sys.executable, "-c", FAULTS.format(call=call)]
    return int(subprocess.run(program, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mallopt is glibc's")
def test_large_arrays_are_filled_without_page_faults() -> None:
    assert faults(call="") > 5 * 20
    assert faults(call="keep_freed_memory()") < 20


def test_systems_without_mallopt_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    keep_freed_memory()
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(ctypes, "CDLL", None)
    keep_freed_memory()


@pytest.mark.parametrize(("device", "calls"), [("cpu", 1), ("meta", 0)])
def test_a_workbench_on_a_cpu_asks_for_it(
    device: str, calls: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[None] = []
    monkeypatch.setattr(setup, "keep_freed_memory", lambda: asked.append(None))
    store = make_store(tmp_path)
    checkpoints = Checkpoints(store, open_storage(str(tmp_path / "scratch")))
    setup.make_workbench(data_spec(), LENET, 0, store, checkpoints, tmp_path, torch.device(device))
    assert len(asked) == calls
