"""`raylth data`: what is listed, checked and fetched, and how it fails."""

import struct
from pathlib import Path

import numpy as np
import pytest
from command import assert_one_sentence, run
from PIL import Image
from typer.testing import CliRunner

import raylth.data
from raylth.cli.data import data_app
from raylth.data import DataFacts, known_datasets, load_dataset
from raylth.errors import BadInput, DataCorrupt, DataMissing
from raylth.spec.schema import DataSpec


def digits() -> DataFacts:
    return load_dataset(DataSpec(), Path("nowhere")).facts


def write_idx(path: Path, values: np.ndarray) -> None:
    header = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
    path.write_bytes(header + values.tobytes())


def write_tiny_mnist(folder: Path) -> None:
    folder.mkdir(parents=True)
    for side in ("train", "t10k"):
        write_idx(folder / f"{side}-images-idx3-ubyte", np.zeros((10, 28, 28), np.uint8))
        write_idx(folder / f"{side}-labels-idx1-ubyte", np.arange(10, dtype=np.uint8))


def test_list_is_whole_in_80_columns(tmp_path: Path) -> None:
    root = tmp_path / "a folder whose name is too long for any column of a table" / "in eighty columns"
    write_tiny_mnist(root / "mnist")
    ended = run("data", "list", "--data", root)
    assert ended.returncode == 0, ended.stderr
    table = ended.stdout.split("\n\n")[0].splitlines()
    assert max(map(len, table)) <= 80
    assert "…" not in ended.stdout
    assert [row.split()[0] for row in table[1:] if not row.startswith(" ")] == list(known_datasets())
    column = table[0].index("on this machine")
    assert str(root / "mnist").replace(" ", "") in "".join(row[column:] for row in table).replace(" ", "")
    assert next(row for row in table if row.startswith("tinyimagenet")).split()[1:4] == ["3x64x64", "200", "110,000"]
    assert "no: run `raylth data fetch cifar10`" in ended.stdout


def test_the_root_may_come_from_the_environment(tmp_path: Path) -> None:
    ended = CliRunner().invoke(data_app, ["list"], env={"RAYLTH_DATA": str(tmp_path)})
    assert f"Downloads go to {tmp_path}.\n" in ended.stdout


def test_check_prints_fingerprint_counts_and_shape() -> None:
    ended = CliRunner().invoke(data_app, ["check", "digits"])
    assert (ended.exit_code, ended.stderr) == (0, "")
    facts = digits()
    first, second = ended.stdout.splitlines()
    counts = f"{facts.train_images:,} training and {facts.test_images:,} test images"
    assert first == f"digits: {counts}, 10 classes, 1x8x8"
    assert second.split() == ["fingerprint", facts.fingerprint]


def test_check_of_a_missing_data_set_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"cifar10 is not on this machine.*raylth data fetch cifar10"):
        CliRunner().invoke(data_app, ["check", "cifar10", "--data", str(tmp_path)], catch_exceptions=False)


def test_check_of_a_data_set_of_the_wrong_size_is_one_sentence(tmp_path: Path) -> None:
    write_tiny_mnist(tmp_path / "mnist")
    ended = run("data", "check", "digits", "mnist", "--data", tmp_path)
    assert_one_sentence(ended, "mnist has 20 images", "officially 70000")
    assert ended.stdout.startswith("digits: ")


@pytest.mark.parametrize("command", ["check", "fetch"])
def test_an_unknown_name_is_guessed(command: str) -> None:
    with pytest.raises(BadInput, match=r"^there is no data set 'cifar1O'; did you mean `cifar10`\?$"):
        CliRunner().invoke(data_app, [command, "cifar1O"], catch_exceptions=False)


def test_a_folder_of_images_is_checked(tmp_path: Path) -> None:
    for name in ("cats", "dogs"):
        (tmp_path / "images" / name).mkdir(parents=True)
        for shade in range(10):
            Image.new("RGB", (6, 5), (shade, 0, len(name))).save(tmp_path / "images" / name / f"{shade}.png")
    words = ["check", "folder", "--path", str(tmp_path / "images"), "--data", str(tmp_path)]
    ended = CliRunner().invoke(data_app, words)
    assert ended.exit_code == 0
    assert ended.stdout.startswith("folder: 16 training and 4 test images, 2 classes, 3x5x6\n")


@pytest.mark.parametrize(
    ("words", "problem"), [(["folder"], "folder needs --path"), (["digits", "--path", "x"], "only for `folder`")]
)
def test_path_belongs_to_folder(words: list[str], problem: str) -> None:
    assert problem in str(CliRunner().invoke(data_app, ["check", *words]).exception)


def test_own_code_needs_permission() -> None:
    assert "--allow-import" in str(CliRunner().invoke(data_app, ["check", "json:loads"]).exception)


def test_fetch_of_what_is_here_says_so_and_checks_it(tmp_path: Path) -> None:
    ended = CliRunner().invoke(data_app, ["fetch", "digits", "--data", str(tmp_path)])
    assert ended.exit_code == 0
    assert "already" in ended.stdout
    assert digits().fingerprint in ended.stdout


def test_fetch_checks_what_it_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def download(name: str, root: Path) -> Path:
        write_tiny_mnist(root / name)
        return root / name

    monkeypatch.setattr(raylth.data, "fetch", download)
    ended = CliRunner().invoke(data_app, ["fetch", "mnist", "--data", str(tmp_path)])
    assert ended.stdout.startswith(f"Getting mnist for {tmp_path} ...\nChecking {tmp_path / 'mnist'} ...\n")
    assert isinstance(ended.exception, DataCorrupt)


def test_a_failed_download_is_no_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def download(name: str, root: Path) -> Path:
        raise DataMissing("no network")

    monkeypatch.setattr(raylth.data, "fetch", download)
    ended = CliRunner().invoke(data_app, ["fetch", "mnist", "--data", str(tmp_path)])
    assert isinstance(ended.exception, DataMissing)


def test_fetch_of_a_data_set_without_a_download_is_one_sentence(tmp_path: Path) -> None:
    assert_one_sentence(run("data", "fetch", "tinyimagenet", "--data", tmp_path), "tinyimagenet has no download")
