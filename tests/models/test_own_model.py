"""A user's own class: imported only when allowed, hashed without being imported, made without a trace."""

import hashlib
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from raylth.errors import BadInput
from raylth.models import build, initialise, source_hash
from raylth.spec.schema import ModelSpec

SOURCE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, image_shape, classes):
        super().__init__()
        self.register_buffer("constant", torch.full((2,), 7.0))
        self.register_buffer("noise", torch.rand(3))
        self.head = nn.Linear(image_shape[0] * image_shape[1] * image_shape[2], classes)

    def forward(self, x):
        return self.head(x.flatten(1))

def not_a_network(image_shape, classes):
    return classes

SOMETHING = 3
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "own_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "nets.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("own_package", "own_package.nets"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return folder


def own(name: str = "own_package.nets:Net", width: int | None = None) -> ModelSpec:
    return ModelSpec(name=name, width=width)


@pytest.mark.usefixtures("package")
def test_it_is_built_and_initialised() -> None:
    network = build(own(), (1, 4, 4), 3, allow_import=True)
    initialise(network, np.random.default_rng(0))
    assert network(torch.zeros(2, 1, 4, 4)).shape == (2, 3)
    assert network.get_buffer("constant").tolist() == [7, 7]


@pytest.mark.usefixtures("package")
def test_its_random_numbers_are_fixed_and_disturb_nobody() -> None:
    # Off the state that a fixed seed leaves behind, so that a leak shows.
    torch.rand(1)
    before = torch.get_rng_state()
    one = build(own(), (1, 4, 4), 3, allow_import=True)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(1)
    assert torch.equal(build(own(), (1, 4, 4), 3, allow_import=True).get_buffer("noise"), one.get_buffer("noise"))


@pytest.mark.usefixtures("package")
def test_it_is_not_imported_unless_allowed() -> None:
    with pytest.raises(BadInput, match="--allow-import"):
        build(own(), (1, 4, 4), 3)
    assert "own_package" not in sys.modules


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("own_package.nets:Missing", "has no class `Missing`"),
        ("own_package.nets:SOMETHING", "has no class `SOMETHING`"),
        ("own_package.nothing:Net", "`own_package.nothing` cannot be imported"),
        ("own_package.nets:not_a_network", r"gave a int; it must be a torch\.nn\.Module"),
        ("own_package.nets:", "malformed"),
        (":Net", "malformed"),
        ("own-package:Net", "malformed"),
        ("own_package:nets:Net", "malformed"),
    ],
)
@pytest.mark.usefixtures("package")
def test_what_cannot_work_is_refused(name: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        build(own(name), (1, 4, 4), 3, allow_import=True)


@pytest.mark.usefixtures("package")
def test_it_takes_no_width() -> None:
    with pytest.raises(BadInput, match=r"model\.width has no meaning"):
        build(own(width=8), (1, 4, 4), 3, allow_import=True)


def test_the_hash_is_that_of_the_source_and_imports_nothing(package: Path) -> None:
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    assert source_hash(own()) == hashlib.sha256(SOURCE.encode()).hexdigest()
    assert "own_package" not in sys.modules


def test_the_hash_changes_with_the_source_but_not_with_the_class(package: Path) -> None:
    before = source_hash(own())
    assert source_hash(own("own_package.nets:Other")) == before
    (package / "nets.py").write_text(SOURCE + "\n# changed\n")
    assert source_hash(own()) != before


@pytest.mark.parametrize("name", ["own_package.nothing:Net", "nowhere:Net", "nowhere.nets:Net", "sys:Net"])
@pytest.mark.usefixtures("package")
def test_no_source_no_hash(name: str) -> None:
    with pytest.raises(BadInput, match="no Python source"):
        source_hash(own(name))


def test_a_folder_without_init_is_a_package_too(package: Path) -> None:
    (package / "__init__.py").unlink()
    assert source_hash(own()) == hashlib.sha256(SOURCE.encode()).hexdigest()
    assert isinstance(build(own(), (1, 2, 2), 2, allow_import=True), nn.Module)


def test_a_plain_module_has_no_modules_within(package: Path) -> None:
    (package.parent / "plain.py").write_text("")
    (package.parent / "nets.py").write_text(SOURCE)
    with pytest.raises(BadInput, match="no Python source"):
        source_hash(own("plain.nets:Net"))
