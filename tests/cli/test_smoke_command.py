"""`raylth sweep --smoke` on the smallest sweep that ships: its whole grid, apart from real results, in well under 5
minutes. `make smoke` rehearses all the others."""

import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from command import ROOT, run

from raylth.spec import cells, load_sweep
from raylth.tables import STUDIES, TABLES

SPEC = ROOT / "sweeps" / "quickstart.yaml"


@pytest.mark.timeout(300)
def test_a_rehearsal_runs_the_whole_grid_of_the_smallest_sweep_apart_from_real_results(tmp_path: Path) -> None:
    began = time.monotonic()
    done = run("sweep", SPEC, "--smoke", "--storage", tmp_path / "results", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert time.monotonic() - began < 300
    assert [path.name for path in (tmp_path / "results").iterdir()] == ["smoke"]
    folder = tmp_path / "results" / "smoke" / "runs" / "quickstart-smoke" / "tables"
    tables = {name: pq.read_table(folder / f"{name}.parquet").to_pandas() for name in TABLES if name not in STUDIES}
    assert {path.stem for path in folder.iterdir()} == tables.keys()
    assert [name for name, table in tables.items() if table.empty] == []
    trials = tables["trials"]
    assert set(trials["status"]) == {"finished"}
    assert len(trials.groupby(["momentum", "batch_size", "rewind"])) == len(cells(load_sweep(SPEC)))
