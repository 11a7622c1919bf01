"""A sweep whose storage is a bucket on a real S3 server: the same science, resumed and reported from there."""

from pathlib import Path

import pytest

import analysis
from sweeps import run, write_small_spec
from tests.s3_server import make_bucket, options

TABLES = ("trials", "levels", "epochs", "barriers", "lmc", "forgetting", "forgetting_siblings")


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bucket")
    return write_small_spec(folder, folder / "results")


@pytest.fixture(scope="module")
def run_address(s3: str, spec: Path) -> str:
    make_bucket(s3, "lab")
    swept = run("sweep", spec, "--storage", f"s3://lab/sweeps{options(s3)}")
    assert swept.returncode == 0, swept.stderr
    assert "Tables: s3://lab/sweeps/runs/small/tables/*.parquet\n" in swept.stdout
    return f"s3://lab/sweeps/runs/small{options(s3)}"


def test_the_science_is_that_of_a_local_sweep(run_address: str, small: Path) -> None:
    here, there = analysis.load_run(small / "runs" / "small"), analysis.load_run(run_address)
    for name in TABLES:
        assert len(here[name]) > 0 and here[name].equals(there[name]), name


def test_the_same_command_again_computes_nothing(run_address: str, s3: str, spec: Path) -> None:
    again = run("sweep", spec, "--storage", f"s3://lab/sweeps{options(s3)}")
    assert again.returncode == 0, again.stderr
    assert "nothing to compute" in again.stdout


def test_status_and_tickets_are_read_from_the_bucket(run_address: str) -> None:
    told = run("status", run_address)
    assert told.returncode == 0 and told.stdout.count("finished") == 2, told.stderr
    listed = run("ticket", "list", run_address)
    assert listed.returncode == 0 and "20.00" in listed.stdout, listed.stderr


def test_a_server_named_in_the_environment_needs_no_options(
    run_address: str, s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{s3}")
    told = run("status", "s3://lab/sweeps/runs/small")
    assert told.returncode == 0 and told.stdout.count("finished") == 2, told.stderr


def test_a_bucket_that_is_not_there_is_one_sentence(s3: str, spec: Path) -> None:
    refused = run("sweep", spec, "--storage", f"s3://nowhere/x{options(s3)}")
    assert refused.returncode == 2
    assert refused.stderr.startswith("raylth: ") and refused.stderr.count("\n") == 1
    assert "nowhere" in refused.stderr
