"""Tickets as files: what is in them is what training starts from, and nothing in them is believed."""

import pickle
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tiny import assert_identical, make_bench, make_lineage, run_levels

from raylth import Ticket
from raylth.errors import BadInput, ObjectMissing
from raylth.frozen import load_frozen
from raylth.lineage import Lineage
from raylth.studies.probes import frozen
from raylth.ticket import stored_ticket
from raylth.training.workbench import Workbench


@pytest.fixture(params=[0, 2], ids=["initialisation", "rewound"])
def lineage(request: pytest.FixtureRequest) -> Lineage:
    return make_lineage(rewind=request.param)


@pytest.fixture
def bench(tmp_path: Path, lineage: Lineage) -> Workbench:
    bench = make_bench(tmp_path)
    run_levels(bench, lineage, 2)
    return bench


def ticket_of(bench: Workbench, lineage: Lineage, level: int = 2) -> Ticket:
    dense, trained = lineage.level(0).key, lineage.level(level).key
    return stored_ticket(bench.store, dense, trained, {"level": level})


def test_a_ticket_is_what_the_level_starts_from(bench: Workbench, lineage: Lineage) -> None:
    ticket = ticket_of(bench, lineage)
    load_frozen(bench, frozen(lineage, 2, "ticket", "rewound", clean_images=50))
    assert_identical(ticket.masked_weights(), dict(bench.network.state_dict()))
    assert ticket.sparsity == pytest.approx(0.36, abs=1e-3)


def test_a_ticket_comes_back_as_it_was_saved(bench: Workbench, lineage: Lineage, tmp_path: Path) -> None:
    ticket = ticket_of(bench, lineage)
    ticket.save(tmp_path / "t.safetensors")
    again = Ticket.load(tmp_path / "t.safetensors")
    assert_identical(again.weights, ticket.weights)
    assert_identical(again.mask, ticket.mask)
    assert list(again.mask) == list(ticket.mask) and again.provenance == ticket.provenance
    assert again.provenance["trajectory"] == lineage.level(2).key
    assert [path.name for path in tmp_path.glob("t.safetensors*")] == ["t.safetensors"]


def test_plain_pytorch_loads_it_as_the_readme_shows(
    bench: Workbench, lineage: Lineage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = ticket_of(bench, lineage)
    ticket.save(tmp_path / "ticket.safetensors")
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    (shown,) = (block for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if "load_file" in block)
    assert "raylth" not in shown
    monkeypatch.chdir(tmp_path)
    exec(shown, {"model": bench.network})
    assert_identical(dict(bench.network.state_dict()), ticket.masked_weights())


def test_the_dense_network_is_no_ticket(bench: Workbench, lineage: Lineage) -> None:
    with pytest.raises(ObjectMissing, match="has no mask"):
        ticket_of(bench, lineage, level=0)


def test_what_is_no_ticket_is_refused_and_no_code_is_run(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "exploded",))  # type: ignore[return-value]

    (tmp_path / "pickle.safetensors").write_bytes(pickle.dumps(Bomb()))
    torch.save({"w": torch.zeros(1)}, tmp_path / "torch.safetensors")
    save_file({"w": torch.zeros(1)}, tmp_path / "other.safetensors")
    save_file({"w": torch.zeros(1)}, tmp_path / "half.safetensors", {"format": "raylth-ticket-1", "order": '["w"]'})
    for name in ("pickle", "torch", "other", "half", "missing"):
        with pytest.raises(BadInput, match=rf"{name}\.safetensors"):
            Ticket.load(tmp_path / f"{name}.safetensors")
    assert not (tmp_path / "exploded").exists()


def test_a_place_that_cannot_be_written_is_said(bench: Workbench, lineage: Lineage, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be written: No such file or directory"):
        ticket_of(bench, lineage).save(tmp_path / "nowhere" / "t.safetensors")
