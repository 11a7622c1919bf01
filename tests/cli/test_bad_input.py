"""Bad input is refused before any compute: exit code 2, one clear message, no traceback, nothing written."""

import sys
from pathlib import Path

import pytest

from raylth.cli import main

GOOD = "name: s\ntraining: {epochs: 3}\nlineage: {levels: 1}\n"
BOMB = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def refusal(
    text: str | bytes, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str
) -> str:
    """What `raylth sweep` says of a spec, having checked that it ends with 2 and leaves nothing behind."""
    path = folder.parent / "spec.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    monkeypatch.setattr(sys, "argv", ["raylth", "sweep", str(path), *words])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert "Traceback" not in said.err + said.out
    assert list(folder.iterdir()) == []
    return said.err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: s\ntrainig: {}\n", ["spec.yaml:2", "trainig", "did you mean `training`"]),
        ("name: s\ntraining: {momentun: 0.5}\n", ["spec.yaml:2", "training.momentun", "`momentum`"]),
        ("name: s\ntraining:\n  epochs: many\n", ["spec.yaml:3", "training.epochs", "many"]),
        ("name: s\ntraining:\n  epochs: 2.5\n", ["spec.yaml:3", "training.epochs", "2.5"]),
        ("name: s\ntraining:\n  momentum: 1.0\n", ["spec.yaml:3", "training.momentum", "1.0", "less than 1"]),
        ("name: s\ntraining:\n  momentum: -0.1\n", ["training.momentum", "at least 0"]),
        ("name: s\ntraining: {epochs: 2}\nlineage:\n  rewind: 2\n", ["spec.yaml:4", "lineage.rewind", "less than"]),
        ("name: s\nsiblings: 1\n", ["spec.yaml:2", "siblings", "at least 2"]),
        ("name: s\nresources:\n  gpu: 1.5\n", ["spec.yaml:3", "resources.gpu", "1.5"]),
        ("name: s\ngrid:\n  momentum: []\n", ["spec.yaml:3", "grid.momentum"]),
        ("name: s\ngrid:\n  momentum: [0, 0.0]\n", ["spec.yaml:3", "grid.momentum"]),
        ("name: s\nlmc: {alphas: 30}\n", ["lmc.alphas", "30", "odd"]),
        ("name: ../../etc\n", ["spec.yaml:1", "name"]),
        ("name: a/b\n", ["spec.yaml:1", "name"]),
        ("training: {epochs: 3}\n", ["name", "missing"]),
        ("just words\n", ["spec.yaml"]),
        (b"\x89PNG\r\n\x1a\n\x00\x00", ["spec.yaml"]),
        ("", ["spec.yaml"]),
        (BOMB, ["spec.yaml"]),
        ("name: !!python/object/apply:os.system [ls]\n", ["spec.yaml"]),
    ],
)
def test_a_spec_that_cannot_work_is_refused(
    text: str | bytes,
    expected: list[str],
    empty_folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = refusal(text, empty_folder, capsys, monkeypatch)
    assert [words for words in expected if words not in said] == []


def test_an_override_that_cannot_work_is_refused(
    empty_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "did you mean `epochs`" in refusal(GOOD, empty_folder, capsys, monkeypatch, "--set", "training.epoch=3")


def test_a_batch_larger_than_the_data_is_refused(
    empty_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = refusal(GOOD, empty_folder, capsys, monkeypatch, "--set", "training.batch_size=4096")
    assert "training.batch_size is 4096" in said


def test_data_that_are_not_here_are_refused_with_the_way_to_get_them(
    empty_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    words = ("--set", "data.name=cifar10", "--data", str(tmp_path / "nowhere"))
    assert "raylth data fetch cifar10" in refusal(GOOD, empty_folder, capsys, monkeypatch, *words)


def test_more_cores_than_there_are_are_refused(
    empty_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "resources.cpu is 4096" in refusal(GOOD, empty_folder, capsys, monkeypatch, "--set", "resources.cpu=4096")


def test_a_storage_that_is_a_file_is_refused(
    empty_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    said = refusal(GOOD, empty_folder, capsys, monkeypatch, "--storage", str(tmp_path / "file"))
    assert "is a file, not a folder" in said


def test_a_storage_that_cannot_be_written_is_refused(
    empty_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Even root cannot make a folder in /proc.
    said = refusal(GOOD, empty_folder, capsys, monkeypatch, "--storage", "/proc/raylth")
    assert "cannot be written" in said


def test_a_cluster_that_does_not_answer_is_refused(
    empty_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    words = ("--address", "127.0.0.1:1", "--storage", str(tmp_path / "results"))
    assert "no Ray cluster answers at 127.0.0.1:1" in refusal(GOOD, empty_folder, capsys, monkeypatch, *words)


def test_a_spec_that_is_not_there_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["raylth", "sweep", "nowhere.yaml"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "nowhere.yaml" in capsys.readouterr().err
