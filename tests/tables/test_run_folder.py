"""The folder of a run: parts replaced whole, tables in a fixed order."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tiny import make_store

from raylth.errors import BadInput, ObjectMissing
from raylth.tables import TABLES, RunFolder
from raylth.tables.run import open_run
from raylth.tables.schema import arrow_schema


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(make_store(tmp_path).storage, "my run")


def levels_in(folder: RunFolder) -> list[int]:
    return folder.read_table("levels").column("level").to_pylist()


def test_a_table_holds_its_parts_in_the_order_that_was_asked_for(folder: RunFolder) -> None:
    for part, level in (("a", 1), ("b", 2), ("c", 3)):
        folder.write_part("levels", part, [{"level": level}, {"level": 10 * level}])
    folder.compact("levels", ["c", "missing", "a"])
    assert levels_in(folder) == [3, 30, 1, 10]


def test_columns_that_a_row_lacks_are_null(folder: RunFolder) -> None:
    folder.write_part("levels", "a", [{"level": 1, "test_accuracy": 0.5}, {"level": 2}])
    folder.compact("levels", ["a"])
    assert folder.read_table("levels").column("test_accuracy").to_pylist() == [0.5, None]


def test_a_part_is_replaced_whole_and_no_temporary_file_is_left(folder: RunFolder, tmp_path: Path) -> None:
    folder.write_part("levels", "a", [{"level": 1}, {"level": 2}])
    folder.write_part("levels", "a", [{"level": 3}])
    folder.compact("levels", ["a"])
    folder.compact("levels", ["a"])
    assert levels_in(folder) == [3]
    names = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert names == ["runs/my run/parts/levels/a.parquet", "runs/my run/tables/levels.parquet"]


def test_a_table_without_parts_is_empty_and_has_its_columns(folder: RunFolder, tmp_path: Path) -> None:
    for table in TABLES:
        folder.compact(table, ["a"])
        found = pq.read_table(tmp_path / f"runs/my run/tables/{table}.parquet")
        assert found.num_rows == 0 and found.schema.equals(arrow_schema(table), check_metadata=True)


def test_a_value_of_the_wrong_kind_is_not_written(folder: RunFolder) -> None:
    with pytest.raises(pa.ArrowInvalid):
        folder.write_part("levels", "a", [{"level": "one"}])
    assert not folder.has_part("levels", "a")


def test_a_table_that_was_never_compacted_is_missing(folder: RunFolder) -> None:
    with pytest.raises(ObjectMissing):
        folder.read_table("levels")


def test_a_status_comes_back(folder: RunFolder) -> None:
    assert folder.read_status("t") is None
    folder.write_status("t", {"status": "finished", "levels_done": 2})
    assert folder.read_status("t") == {"status": "finished", "levels_done": 2}


def test_runs_do_not_meet(folder: RunFolder) -> None:
    folder.write_part("levels", "a", [{"level": 1}])
    assert not RunFolder(folder.storage, "another").has_part("levels", "a")
    assert folder.address.endswith("/runs/my run")


def test_all_statuses_are_found_by_trial(folder: RunFolder) -> None:
    assert folder.statuses() == {}
    for trial in ("b.1", "a"):
        folder.write_status(trial, {"status": trial})
    assert folder.statuses() == {"a": {"status": "a"}, "b.1": {"status": "b.1"}}


def test_a_run_is_opened_by_the_address_that_it_shows(folder: RunFolder) -> None:
    folder.write_status("t", {"status": "finished"})
    for address in (folder.address, f"{folder.address}/"):
        again = open_run(address)
        assert (again.name, again.statuses()) == ("my run", folder.statuses())


@pytest.mark.parametrize("address", ["results", "results/quickstart", "runs", "runs/", ""])
def test_what_is_no_run_is_bad_input(address: str) -> None:
    with pytest.raises(BadInput, match="should end in runs/NAME"):
        open_run(address)
