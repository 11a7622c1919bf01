"""What several tests of orchestration start from."""

from pathlib import Path

import pytest

from sweeps import run, write_small_spec


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The storage of a small sweep that has finished; tests that change it take a copy."""
    folder = tmp_path_factory.mktemp("small")
    done = run("sweep", write_small_spec(folder, folder / "results"))
    assert done.returncode == 0, done.stderr
    return folder / "results"
