"""A user's own data set: imported only when allowed, checked like any other."""

import sys
from pathlib import Path

import pytest
import torch

from raylth.data import Split, load_dataset
from raylth.data.dataset import fingerprint
from raylth.errors import BadInput, DataCorrupt
from raylth.spec.schema import DataSpec

SOURCE = """
from types import SimpleNamespace
import torch

def Toy(root):
    (root / "called").touch()
    side = SimpleNamespace(images=torch.arange(16, dtype=torch.uint8).reshape(4, 1, 2, 2), labels=torch.arange(4) % 2)
    return SimpleNamespace(train=side, test=side, classes=2, may_flip=False, fingerprint="made up")

def Wrong(root):
    return [1, 2, 3]

def Floats(root):
    toy = Toy(root)
    toy.train.images = toy.train.images.float()
    return toy
"""


@pytest.fixture(autouse=True)
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "raylth_own_toy.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "raylth_own_toy", raising=False)


def spec(name: str) -> DataSpec:
    return DataSpec(name=name)


def test_allowed(tmp_path: Path) -> None:
    data = load_dataset(spec("raylth_own_toy:Toy"), tmp_path, allow_import=True)
    side = Split(torch.arange(16, dtype=torch.uint8).reshape(4, 1, 2, 2), torch.arange(4) % 2)
    assert (data.name, data.classes, data.may_flip) == ("raylth_own_toy:Toy", 2, False)
    assert data.fingerprint == fingerprint(side, side, 2)
    assert torch.equal(data.test.images, side.images)


def test_not_allowed_runs_nothing(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"--allow-import"):
        load_dataset(spec("raylth_own_toy:Toy"), tmp_path)
    assert "raylth_own_toy" not in sys.modules and not (tmp_path / "called").exists()


@pytest.mark.parametrize("name", ["no_such_module:Toy", "raylth_own_toy:Nothing", ":Toy", "raylth_own_toy:", "..x:Toy"])
def test_no_such_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match=r"cannot be imported"):
        load_dataset(spec(name), tmp_path, allow_import=True)


def test_results_that_are_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"must return a data set like raylth.data.Dataset"):
        load_dataset(spec("raylth_own_toy:Wrong"), tmp_path, allow_import=True)
    with pytest.raises(DataCorrupt, match=r"raylth_own_toy:Floats: the train images must be contiguous uint8"):
        load_dataset(spec("raylth_own_toy:Floats"), tmp_path, allow_import=True)
