"""Every test runs on one thread, so that results repeat to the bit, and tells nobody that it ran."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.s3_server import CREDENTIALS, s3_server

# Before anything imports torch: worker processes inherit these.
os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", RAY_USAGE_STATS_ENABLED="0")


@pytest.fixture(autouse=True)
def one_torch_thread() -> None:
    """Undo what an earlier test did to torch's threads, without importing torch for tests that need none."""
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


@pytest.fixture
def storage_root(tmp_path: Path) -> Path:
    """An empty folder to hold a store and runs."""
    root = tmp_path / "storage"
    root.mkdir()
    return root


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """A real S3 server on loopback, as `127.0.0.1:PORT`, with its credentials in the environment."""
    os.environ.update(CREDENTIALS)
    with s3_server() as place:
        yield place
