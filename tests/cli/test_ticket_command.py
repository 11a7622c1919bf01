"""`raylth ticket` on a run: listed, exported, shown, and clear about what is not there."""

from pathlib import Path

import pytest
from command import assert_one_sentence, run

from raylth import Ticket

SPEC = """
name: tickets
data: {name: digits, subset: 100}
model: {name: lenet300100}
training: {epochs: 2, batch_size: 50}
lineage: {levels: 2}
grid: {rewind: [0, 1]}
siblings: 1
lmc: {kinds: []}
precision: fp32
"""
TRIAL = "rewind-1_init-0_sibling-0"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("tickets")
    (root / "spec.yaml").write_text(SPEC)
    done = run("sweep", root / "spec.yaml", "--storage", root / "results")
    assert done.returncode == 0, done.stderr
    return str(root / "results" / "runs" / "tickets")


def test_every_ticket_is_listed(folder: str) -> None:
    listed = run("ticket", "list", folder)
    assert listed.returncode == 0, listed.stderr
    assert listed.stdout.count(TRIAL) == 2 and "36.00" in listed.stdout


def test_a_ticket_is_exported_and_shown(folder: str, tmp_path: Path) -> None:
    path = tmp_path / "t.safetensors"
    exported = run("ticket", "export", folder, "--trial", TRIAL, "--level", "1", "-o", path)
    assert exported.returncode == 0, exported.stderr
    assert Ticket.load(path).provenance["level"] == 1
    shown = run("ticket", "show", path)
    assert shown.returncode == 0 and "rewind: 1" in shown.stdout and "300x64" in shown.stdout
    assert run("ticket", "show", folder, "--trial", TRIAL, "--level", "1").stdout == shown.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["export"], "has tickets of 2 trials; choose one with --trial"),
        (["export", "--trial", "another"], "has no tickets of a trial 'another'"),
        (["export", "--trial", TRIAL, "--level", "7"], "has no ticket of level 7; there are levels 1 to 2"),
        (["export", "--trial", TRIAL, "-o", "/proc/nowhere/t.safetensors"], "cannot be written"),
    ],
)
def test_what_is_not_there_is_said(folder: str, words: list[str], said: str) -> None:
    command, *others = words
    assert_one_sentence(run("ticket", command, folder, *others), said)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    assert_one_sentence(run("ticket", "list", tmp_path / "runs" / "x"), "holds no tables of a run")
