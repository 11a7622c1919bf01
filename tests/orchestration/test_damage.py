"""Bits that flip in a finished sweep: what is read is set aside and made anew, and the science is as before."""

import random
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sweeps import run, write_small_spec

KINDS = {
    "states": "store/trajectories/*/*/e*.safetensors",
    "accuracies at rewind points": "store/trajectories/*/*/start-*.json",
    "masks": "store/lineages/*/*/mask.safetensors",
    "evaluations": "store/evaluations/*/*.safetensors",
    "parts of tables": "runs/small/parts/levels/*.parquet",
    "statuses": "runs/small/trials/*.json",
}

TABLES = ("trials", "levels", "epochs", "barriers", "lmc", "forgetting", "forgetting_siblings")


@pytest.fixture(scope="module")
def finished(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("damage")
    shutil.copytree(small, folder / "results")
    write_small_spec(folder, folder / "results")
    return folder


def science(results: Path) -> dict[str, pa.Table]:
    """The tables of the sweep that may not change."""
    return {name: pq.read_table(results / f"runs/small/tables/{name}.parquet") for name in TABLES}


def flip_bits(root: Path, pattern: str, choose: random.Random) -> list[Path]:
    """Flip one bit in every file of a kind."""
    paths = sorted(root.glob(pattern))
    for path in paths:
        content = bytearray(path.read_bytes())
        # Past the first bytes, in what a reader would otherwise take for values.
        content[choose.randrange(len(content) // 3, len(content))] ^= 1 << choose.randrange(8)
        path.write_bytes(content)
    return paths


def test_everything_damaged_at_once_is_made_anew(finished: Path) -> None:
    results = finished / "results"
    before, choose = science(results), random.Random(7)
    damaged = {kind: flip_bits(results, pattern, choose) for kind, pattern in KINDS.items()}
    assert [kind for kind, paths in damaged.items() if not paths] == []
    again = run("sweep", finished / "small.yaml")
    for _ in range(3):
        # An evaluator that comes upon a damaged state leaves it to the next sweep, which trains it anew.
        if again.returncode == 0:
            break
        assert again.returncode == 1 and "Traceback" not in again.stdout + again.stderr, again.stderr
        again = run("sweep", finished / "small.yaml")
    assert again.returncode == 0, again.stdout + again.stderr
    assert same(science(results), before) == []
    assert any((results / "damaged").rglob("*.safetensors.*"))


def test_a_damaged_part_is_noticed_though_nothing_was_to_be_computed(finished: Path) -> None:
    results = finished / "results"
    before = science(results)
    (path,) = flip_bits(results, "runs/small/parts/levels/init-0_sibling-1.parquet", random.Random(1))
    again = run("sweep", finished / "small.yaml")
    assert again.returncode == 0, again.stderr
    assert "was damaged" in again.stdout
    assert path.exists()
    assert same(science(results), before) == []


def test_the_store_is_verified_and_healed(finished: Path) -> None:
    results, address = finished / "results", finished / "results" / "runs" / "small"
    shutil.rmtree(results / "damaged", ignore_errors=True)
    before = science(results)
    whole = run("store", "verify", address)
    assert whole.returncode == 0 and "are whole" in whole.stdout, whole.stdout + whole.stderr
    (state, *_) = flip_bits(results, "store/trajectories/*/*/e00002.safetensors", random.Random(3))[:1]
    (inputs, *_) = sorted(results.glob("store/trajectories/*/*/inputs.json"))[-1:]
    inputs.write_text(inputs.read_text().replace("cosine", "cosinf"))
    broken = run("store", "verify", address)
    assert broken.returncode == 1 and "run `raylth sweep`" in broken.stdout, broken.stdout + broken.stderr
    assert not state.exists() and not inputs.exists()
    healed = run("sweep", finished / "small.yaml")
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert state.exists() and inputs.exists()
    assert run("store", "verify", address).returncode == 0
    assert same(science(results), before) == []
    assert "damaged" in run("store", "du", address).stdout


def same(found: dict[str, pa.Table], expected: dict[str, pa.Table]) -> list[str]:
    """The tables that differ."""
    return [name for name, table in expected.items() if not found[name].equals(table)]
