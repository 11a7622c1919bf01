"""A whole tiny sweep on real Ray: every table filled, and nothing computed twice."""

import json
import time
from pathlib import Path

import pandas as pd
import pytest

from raylth.tables import SCIENCE
from sweeps import run, science, segments, write_spec


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sweep")
    done = run("sweep", write_spec(folder, folder / "results"))
    assert done.returncode == 0, done.stdout + done.stderr
    (folder / "screen.txt").write_text(done.stdout)
    (folder / "errors.txt").write_text(done.stderr)
    return folder


def test_every_table_of_the_science_is_filled(swept: Path) -> None:
    tables = science(swept / "results")
    assert set(tables) == set(SCIENCE)
    assert {name: len(table) for name, table in tables.items() if len(table) == 0} == {}


def test_the_tables_have_the_rows_that_the_grid_asks_for(swept: Path) -> None:
    tables = {name: table.to_pandas() for name, table in science(swept / "results").items()}
    # Per cell: two siblings, and a trial each for few-shot, other branches, transfer and subsets. One search.
    assert len(tables["trials"]) == 2 * (2 + 4) + 1
    assert set(tables["trials"]["status"]) == {"finished"}
    assert len(tables["levels"]) == 2 * (3 + 1)
    # Per cell: dense siblings, aligned, on a subset; ticket and within at two levels; one to dense. Each twice.
    assert len(tables["barriers"]) == 2 * (3 + 2 + 2 + 1) * 2
    assert len(tables["lmc"]) == len(tables["barriers"]) * 5
    assert len(tables["forgetting"]) == 4 * 200
    assert len(tables["forgetting_siblings"]) == 2 * 200


def test_a_rewound_lineage_counts_its_epochs_from_the_rewind_point(swept: Path) -> None:
    epochs = science(swept / "results")["epochs"].to_pandas()
    rewound = epochs[epochs["rewind"] == 1].groupby(["trial", "level"])["epoch"].apply(list)
    assert all(row == [1, 2, 3, 4] for row in rewound)


def test_the_dense_run_of_sibling_0_is_shared_by_both_rewind_points(swept: Path) -> None:
    levels = science(swept / "results")["levels"].to_pandas()
    dense = levels[(levels["level"] == 0) & (levels["sibling"] == 0)]
    assert dense["trajectory"].nunique() == 1
    rows = segments(swept / "results").to_pandas()
    assert rows[rows["key"] == dense["trajectory"].iloc[0]].groupby("trial")["computed"].all().sum() == 1


def test_nothing_is_trained_twice(swept: Path) -> None:
    rows = segments(swept / "results").to_pandas()
    trained = rows[(rows["kind"] == "train") & rows["computed"]]
    epochs = (trained["last_epoch"] - trained["first_epoch"]).sum()
    # Trunk 4, sibling 1 at rewind 0: 4, at rewind 1: 3; two levels and two copies each at 4 and at 3 epochs.
    lineages = 4 + 4 + 3 + 4 * 4 + 4 * 3
    studies = rows[rows["trial"].str.contains("_fewshot|_branches|_subsets|_transfer|_search", na=False)]
    own = studies[studies["computed"] & (studies["kind"] == "train")]
    assert epochs == lineages + (own["last_epoch"] - own["first_epoch"]).sum()
    assert not trained.duplicated(["key", "first_epoch"]).any()


def test_the_same_command_again_computes_nothing_and_ends_soon(swept: Path) -> None:
    before = science(swept / "results")
    began = time.monotonic()
    again = run("sweep", swept / "tiny.yaml")
    assert again.returncode == 0, again.stderr
    assert time.monotonic() - began < 20
    assert "nothing to compute" in again.stdout
    assert all(table.equals(before[name]) for name, table in science(swept / "results").items())


def test_the_summary_is_on_the_screen_and_ray_is_not(swept: Path) -> None:
    screen = (swept / "screen.txt").read_text()
    assert "Stability of dense training" in screen
    assert "Test accuracy of tickets by sparsity" in screen
    assert "One init" in screen
    for noise in ("ray::", "raylet", "Trial train_lineage", "WARNING", "INFO", "Traceback"):
        assert noise not in screen + (swept / "errors.txt").read_text()


def test_another_run_on_the_same_storage_shares_the_trainings(swept: Path) -> None:
    shared = run("sweep", swept / "tiny.yaml", "--set", "name=other")
    assert shared.returncode == 0, shared.stderr
    rows = segments(swept / "results", "other").to_pandas()
    assert not rows["computed"].any()
    ours, theirs = science(swept / "results"), science(swept / "results", "other")
    for name in ("levels", "barriers"):
        left, right = (table[name].to_pandas().drop(columns="run") for table in (ours, theirs))
        pd.testing.assert_frame_equal(left, right)


def test_no_temporary_file_and_no_lock_is_left(swept: Path) -> None:
    names = [path.name for path in (swept / "results").rglob("*")]
    assert [name for name in names if name.endswith(".tmp") or name in ("driver.json", "checkpoint.safetensors")] == []


def test_status_tells_that_the_run_is_finished(swept: Path) -> None:
    told = run("status", swept / "results" / "runs" / "tiny")
    assert told.returncode == 0, told.stderr
    assert told.stdout.count("finished") == 13


def test_a_second_sweep_on_the_same_run_is_refused_while_the_first_lives(swept: Path, tmp_path: Path) -> None:
    import psutil

    beat = {"host": __import__("platform").node(), "pid": psutil.Process().pid, "count": 1, "progress": {}}
    beat["started"] = psutil.Process().create_time()
    lock = swept / "results" / "runs" / "tiny" / "driver.json"
    lock.write_text(json.dumps(beat))
    try:
        refused = run("sweep", swept / "tiny.yaml")
    finally:
        lock.unlink(missing_ok=True)
    assert refused.returncode == 2
    assert "is being worked on by process" in refused.stderr
    assert "Traceback" not in refused.stderr
