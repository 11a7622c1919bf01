"""Tiny real sweeps for the tests of orchestration: digits, two cells, two levels, in some seconds."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from raylth.tables import SCIENCE

TINY = """
name: tiny
data: {{name: digits, subset: {images}}}
model: {{name: resnet8, width: 4}}
training: {{epochs: {epochs}, batch_size: 50, momentum: 0.9, augment: {{crop: 1}}}}
lineage: {{levels: 2}}
grid: {{rewind: [0, 1]}}
inits: 1
siblings: 2
lmc: {{kinds: [dense, ticket, within], levels: [1, 2], alphas: 5, train_images: 50, bootstrap: 100}}
studies:
  probes: {{levels: [2], blocks: [3], linear: {{epochs: 2}}}}
  fewshot: {{levels: [1], shares: [0.1]}}
  branches: {{levels: [1], kinds: [layer_shuffled], retrain: {{slow: {{lr: 0.01, epochs: 2}}}}}}
  subsets: {{shares: [0.9], removed: [hardest]}}
  rewind_search: {{siblings: 2}}
  connectivity: {{to_dense: [2], alphas: 3, plane: [0, 1, 2], plane_points: 3, aligned: true, layerwise: true,
    averaged: true}}
  transfer: {{levels: [1], targets: [{{name: digits, classes: [3, 5], subset: 50}}], linear: {{epochs: 2}}}}
precision: fp32
storage: {storage}
"""

SMALL = """
name: small
data: {{name: digits, subset: 100}}
model: {{name: lenet300100}}
training: {{epochs: 2, batch_size: 50, momentum: 0.9}}
lineage: {{levels: 1}}
siblings: 2
lmc: {{kinds: [dense, within], levels: [1], alphas: 3, train_images: 50, bootstrap: 100}}
precision: fp32
storage: {storage}
"""


def write_small_spec(folder: Path, storage: Path) -> Path:
    """A spec of two trials without studies."""
    path = folder / "small.yaml"
    path.write_text(SMALL.format(storage=storage))
    return path


def write_spec(folder: Path, storage: Path, epochs: int = 4, images: int = 200) -> Path:
    """A tiny spec as a file."""
    path = folder / "tiny.yaml"
    path.write_text(TINY.format(storage=storage, epochs=epochs, images=images))
    return path


def raylth(*words: str | Path) -> list[str]:
    """The command line of `raylth`, for this Python."""
    return [sys.executable, "-c", "from raylth.cli import main; main()", *map(str, words)]


def run(*words: str | Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """Run `raylth` to its end."""
    environment = {**os.environ, "COLUMNS": "160"}
    return subprocess.run(raylth(*words), capture_output=True, text=True, timeout=timeout, env=environment, check=False)


@contextmanager
def started(*words: str | Path) -> Iterator[subprocess.Popen[str]]:
    """Start `raylth` as a terminal would, and end what is left of it and its children by process id."""
    # A shell makes its background jobs deaf to Ctrl-C, and what they start with them.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        driver = subprocess.Popen(raylth(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        yield driver
    finally:
        if driver.poll() is None:
            for process in (*psutil.Process(driver.pid).children(recursive=True), driver):
                process.kill()
            driver.communicate()


def science(storage: Path, name: str = "tiny") -> dict[str, pa.Table]:
    """The tables that may not depend on interruptions."""
    folder = storage / "runs" / name / "tables"
    return {table: pq.read_table(folder / f"{table}.parquet") for table in SCIENCE}


def segments(storage: Path, name: str = "tiny") -> pa.Table:
    """The wall-clock table."""
    return pq.read_table(storage / "runs" / name / "tables" / "segments.parquet")
