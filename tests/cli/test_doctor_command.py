"""`raylth doctor`: one real run on this machine, and what the exit code depends on."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import typer
from command import run
from typer.testing import CliRunner

import raylth.doctor
import raylth.orchestration.nodes
from raylth.cli.doctor import doctor
from raylth.doctor import Check
from raylth.errors import BadInput, StorageError
from raylth.orchestration.nodes import NodeReport

app = typer.Typer(pretty_exceptions_enable=False)
app.command()(doctor)

PASSED, WARNED = Check("versions", "pass", "raylth 1"), Check("speed", "warn", "slow")
FAILED, SKIPPED = Check("storage", "fail", "gone"), Check("GPUs", "skip", "none")


def examiner(seen: dict[str, Any], checks: Sequence[Check]) -> Any:
    def examine(root: Path, packed_share: Any, storage: str | None, shared: str | None = None) -> Iterator[Check]:
        seen.update(root=root, storage=storage, shared=shared)
        yield from checks

    return examine


def test_a_real_run_looks_at_everything(tmp_path: Path) -> None:
    ended = run("doctor", "--storage", tmp_path, "--data", tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    lines = [line for line in ended.stdout.splitlines() if line[:4] in ("pass", "warn", "fail", "skip")]
    found = {line[6:31].strip(): line[:4] for line in lines}
    expected = "versions, processor, cores, GPUs, data sets, storage, repeats in fp32 on cpu, repeats in bf16 on cpu"
    assert list(found)[:8] == expected.split(", ")
    assert {"accuracy in bf16 on cpu", "speed on cpu", "packing on cpu"} <= set(found)
    assert found["repeats in fp32 on cpu"] == found["storage"] == found["versions"] == "pass"
    assert "images/s" in ended.stdout
    assert max(map(len, ended.stdout.replace(str(tmp_path), "").splitlines())) <= 80
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("checks", "code", "verdict"),
    [([PASSED, WARNED, SKIPPED], 0, "Nothing failed."), ([PASSED, FAILED, WARNED], 1, "1 failed: storage.")],
)
def test_only_a_failed_check_is_a_failure(
    checks: list[Check], code: int, verdict: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: dict[str, Any] = {}
    monkeypatch.setattr(raylth.doctor, "examine", examiner(seen, checks))
    ended = CliRunner().invoke(app, ["--data", str(tmp_path)])
    assert ended.exit_code == code
    assert ended.stdout.rstrip().endswith(verdict)
    assert [line.split()[:2] for line in ended.stdout.splitlines()[1 : 1 + len(checks)]] == [
        [check.outcome, check.name] for check in checks
    ]
    assert seen == {"root": tmp_path, "storage": str(Path.cwd()), "shared": None}


def test_a_cluster_is_examined_node_by_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: dict[str, Any] = {}
    other = Check("versions", "pass", "raylth 2")

    def nodes(address: str, examination: partial[Any]) -> Iterator[NodeReport]:
        seen.update(address=address, checks=list(examination()), kept=(tmp_path / str(seen["shared"])).read_bytes())
        yield NodeReport("first", (PASSED,))
        yield NodeReport("second", (other, FAILED))

    monkeypatch.setattr(raylth.doctor, "examine", examiner(seen, [PASSED]))
    monkeypatch.setattr(raylth.orchestration.nodes, "examine_nodes", nodes)
    ended = CliRunner().invoke(app, ["--address", "host:1", "--storage", str(tmp_path)])
    assert ended.exit_code == 1
    assert (seen["address"], seen["storage"], seen["kept"]) == ("host:1", str(tmp_path), b"raylth")
    blocks = ended.stdout.split("\n\n")
    assert [block.splitlines()[0] for block in blocks[1:]] == ["first", "second", "All nodes", "1 failed: storage."]
    assert "warn  nodes agree" in blocks[3]
    assert list(tmp_path.iterdir()) == []


def test_a_storage_that_cannot_be_written_fails_before_a_cluster_is_sought(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = CliRunner().invoke(app, ["--address", "127.0.0.1:9", "--storage", str(tmp_path / "file" / "below")])
    assert isinstance(ended.exception, StorageError)


def test_no_cluster_is_one_sentence() -> None:
    ended = CliRunner().invoke(app, ["--address", "127.0.0.1:9"])
    assert isinstance(ended.exception, BadInput)
    assert str(ended.exception).startswith("no Ray cluster answers at 127.0.0.1:9")
