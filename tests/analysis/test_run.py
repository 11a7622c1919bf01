"""Reading runs: what several share counts once, filters, and what cannot be read."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from run_folders import level, write_run

from analysis import AnalysisError, load_run


def test_a_run_is_its_tables_and_what_it_lacks_has_no_rows(tmp_path: Path) -> None:
    run = load_run(write_run(tmp_path, {"levels": [level(0, 0.9), level(1, 0.8)]}))
    assert (run.name, list(run["levels"]["test_accuracy"]), len(run["probes"])) == ("made", [0.9, 0.8], 0)
    assert {"run", "momentum", "init"} <= set(run["probes"].columns)


def test_what_two_runs_share_is_one_observation(tmp_path: Path) -> None:
    one = write_run(tmp_path, {"levels": [level(0, 0.9), level(1, 0.8)]}, "one")
    two = write_run(tmp_path, {"levels": [level(0, 0.9, trial="of another name"), level(0, 0.7, init=1)]}, "two")
    rows = load_run(one, two)["levels"]
    assert list(zip(rows["run"], rows["test_accuracy"], strict=True)) == [("one", 0.9), ("one", 0.8), ("two", 0.7)]


def test_rows_can_be_chosen_by_their_axes(tmp_path: Path) -> None:
    rows = [level(0, 0.1 * batch, batch_size=batch) for batch in (1, 2, 3)]
    address = write_run(tmp_path, {"levels": rows})
    assert list(load_run(address, batch_size=2)["levels"]["batch_size"]) == [2]
    assert list(load_run(address).where(batch_size=[1, 3], momentum=0.0)["levels"]["batch_size"]) == [1, 3]


@pytest.mark.parametrize(
    ("where", "words"), [({"bath_size": 1}, "'bath_size' is no column"), ({"batch_size": 99}, "batch_size = 99")]
)
def test_a_filter_that_leaves_nothing_is_refused(tmp_path: Path, where: dict[str, int], words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        load_run(write_run(tmp_path, {"levels": [level(0, 0.9)]}), **where)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match="holds no tables of a run"):
        load_run(tmp_path)
    with pytest.raises(AnalysisError, match="no run was named"):
        load_run()


def test_a_table_that_is_no_table_is_named(tmp_path: Path) -> None:
    address = write_run(tmp_path, {"levels": [level(0, 0.9)]})
    Path(address, "tables", "levels.parquet").write_bytes(b"PAR1 but nothing else PAR1")
    with pytest.raises(AnalysisError, match="the table levels cannot be read"):
        load_run(address)


def test_a_table_of_another_version_is_named(tmp_path: Path) -> None:
    path = Path(write_run(tmp_path, {"levels": [level(0, 0.9)]}), "tables", "levels.parquet")
    pq.write_table(pq.read_table(path).drop_columns(["momentum"]), path)
    with pytest.raises(AnalysisError, match="no column 'momentum'"):
        load_run(path.parents[1])


@pytest.mark.parametrize("text", ["a: [", "- no\n- mapping", "\udcff"])
def test_a_spec_that_is_no_spec_is_named(tmp_path: Path, text: str) -> None:
    address = write_run(tmp_path, {"levels": [level(0, 0.9)]})
    Path(address, "spec.yaml").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(AnalysisError, match=r"spec\.yaml"):
        load_run(address)


def test_a_run_says_where_it_came_from_and_what_it_took(tmp_path: Path) -> None:
    address = write_run(tmp_path, {"levels": [level(0, 0.9)]})
    Path(address, "spec.yaml").write_text("name: mine\nsiblings: 2\n")
    Path(address, "launches").mkdir()
    Path(address, "launches", "1.json").write_text('{"wall_seconds": 3.5, "cores": 2}')
    (origin,) = load_run(address).origins
    assert (origin.name, origin.spec["siblings"], origin.progress) == ("mine", 2, None)
    assert [launch["wall_seconds"] for launch in origin.launches] == [3.5]


def test_a_table_is_read_when_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = load_run(write_run(tmp_path, {"levels": [level(0, 0.9)], "forgetting": [level(0, None)]}))
    read, wanted = [], pq.read_table
    monkeypatch.setattr(pq, "read_table", lambda source: read.append(source) or wanted(source))
    assert len(run["levels"]) == len(run["levels"]) == 1
    assert len(read) == 1
