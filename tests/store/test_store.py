"""The content-addressed store: what is published is found, and damage is explained."""

import ast
from pathlib import Path

import pytest
import torch
from tiny import assert_identical, make_lineage, make_store, tensors_of

from raylth.errors import ObjectDamaged, ObjectMissing
from raylth.state import State, Telemetry, pack_state
from raylth.store import Checkpoints, Start, Store, open_storage
from raylth.store import checkpoints as checkpoints_module
from raylth.store.storage import Storage
from raylth.tensorfile import unpack_tensors
from raylth.trajectory import StateRef, Trajectory

ROOT = Path(__file__).parents[2]
TRUNK = make_lineage().trunk


def make_state(epoch: int, value: float = 0.5) -> State:
    return State(epoch, {"w": torch.full((3,), value)}, {"w": torch.ones(3)}, Telemetry.empty(images=4))


def test_a_published_state_is_found_under_trajectory_and_epoch(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    for epoch in (12, 3):
        store.publish(TRUNK, make_state(epoch, value=epoch))
    assert store.epochs(TRUNK.key) == (3, 12)
    assert store.has_state(TRUNK.at(3)) and not store.has_state(TRUNK.at(4))
    assert_identical(tensors_of(store.state(TRUNK.at(12))), tensors_of(make_state(12, value=12)))


def test_the_inputs_of_every_published_trajectory_can_be_read_and_give_its_key(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    store.publish(TRUNK, make_state(1))
    assert Trajectory.model_validate(store.inputs(TRUNK.key)).key == TRUNK.key


def test_what_is_not_there_is_missing(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    assert store.epochs(TRUNK.key) == () and store.diverged_in(TRUNK.key) is None
    assert store.start(TRUNK.at(0)) is None and store.evaluation("ab" * 32) is None
    for missing in (lambda: store.state(TRUNK.at(0)), lambda: store.masks("ab" * 32), lambda: store.inputs(TRUNK.key)):
        with pytest.raises(ObjectMissing):
            missing()


def test_records_come_back(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    store.mark_diverged(TRUNK, 3)
    store.put_start(TRUNK.at(2), Start(0.1, 1 / 3, 2.5))
    assert store.diverged_in(TRUNK.key) == 3
    assert store.start(TRUNK.at(2)) == Start(0.1, 1 / 3, 2.5) and store.start(TRUNK.at(1)) is None


def test_masks_come_back_whatever_their_memory_format(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    record = {"conv": torch.arange(24, dtype=torch.uint8).view(2, 3, 2, 2).to(memory_format=torch.channels_last)}
    store.put_masks("ab" * 32, record, 7)
    found, levels = store.masks("ab" * 32)
    assert levels == 7 and torch.equal(found["conv"], record["conv"])


def test_masks_come_back_in_the_order_of_the_layers(tmp_path: Path) -> None:
    """Ties are broken by the order of the layers, which the file format does not keep."""
    store = make_store(tmp_path)
    names = [f"layer{(7 * i) % 30}" for i in range(30)]
    store.put_masks("ab" * 32, {name: torch.zeros(2, dtype=torch.uint8) for name in names}, 1)
    assert list(store.masks("ab" * 32)[0]) == names


def test_evaluations_come_back(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    store.put_evaluation("ab" * 32, {"x": torch.ones(2, dtype=torch.float64)}, {"note": "é"})
    tensors, metadata = store.evaluation("ab" * 32)
    assert store.has_evaluation("ab" * 32) and not store.has_evaluation("cd" * 32)
    assert tensors["x"].tolist() == [1, 1] and metadata == {"note": "é"}


def test_states_of_different_trajectories_do_not_meet(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    store.publish(TRUNK, make_state(1))
    assert not store.has_state(StateRef(trajectory=make_lineage(init=1).trunk.key, epoch=1))


def test_a_damaged_file_is_set_aside_and_then_missing(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    store.publish(TRUNK, make_state(1))
    store.put_masks("ab" * 32, {"w": torch.zeros(2, dtype=torch.uint8)}, 1)
    store.put_evaluation("ab" * 32, {"x": torch.ones(2)}, {})
    store.put_start(TRUNK.at(0), Start(0.1, 0.2, 0.3))
    store.mark_diverged(TRUNK, 3)
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "inputs.json"]
    for path in files:
        path.write_bytes(path.read_bytes()[:-3] + b"000")
    for read in (lambda: store.state(TRUNK.at(1)), lambda: store.masks("ab" * 32)):
        with pytest.raises(ObjectDamaged, match=r"was damaged .* and is now damaged/store/.*; the next sweep makes it"):
            read()
        with pytest.raises(ObjectMissing) as missing:
            read()
        assert not isinstance(missing.value, ObjectDamaged)
    assert store.evaluation("ab" * 32) is None
    assert store.start(TRUNK.at(0)) is None
    assert store.diverged_in(TRUNK.key) is None
    assert not any(path.exists() for path in files)
    kept = [path for path in (tmp_path / "damaged").rglob("*") if path.is_file()]
    assert sorted(path.name[:-9] for path in kept) == sorted(path.name for path in files)


def test_what_cannot_be_moved_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = make_store(tmp_path)
    store.put_evaluation("ab" * 32, {"x": torch.ones(2)}, {})
    path = next(tmp_path.rglob("*.safetensors"))
    path.write_bytes(b"nonsense")
    (tmp_path / "damaged").write_text("a file where a folder is needed")
    with pytest.raises(ObjectDamaged, match=r"could not be moved away; delete it\.$"):
        store.storage.read_whole(str(path.relative_to(tmp_path)), unpack_tensors)


def test_what_was_garbled_on_its_way_is_read_again(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    store.put_evaluation("ab" * 32, {"x": torch.ones(2)}, {})
    path, garbled = next(tmp_path.rglob("*.safetensors")), iter([True, False])
    found = store.storage.read_whole(
        str(path.relative_to(tmp_path)), lambda content: unpack_tensors(content[: -1 if next(garbled) else None])
    )
    assert found[0]["x"].tolist() == [1, 1] and path.exists()


def test_no_temporary_file_is_left(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    store.publish(TRUNK, make_state(1))
    store.put_start(TRUNK.at(0), Start(0, 0, 0))
    assert not list(tmp_path.rglob("*.tmp"))


class Remote(Storage):
    """A storage that is not on this machine, as far as raylth can tell."""

    @property
    def local_path(self) -> None:
        return None

    def _put(self, full: str, content: bytes) -> None:
        self._replace(full, content)


@pytest.fixture
def remote(tmp_path: Path) -> tuple[Checkpoints, Storage]:
    local = open_storage(str(tmp_path / "bucket"))
    bucket = Remote("s3://bucket", local.filesystem, local.root)
    return Checkpoints(Store(bucket), open_storage(str(tmp_path / "node"))), bucket


def test_local_checkpoints_are_one_file_that_holds_the_newest(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    checkpoints = Checkpoints(store, open_storage(str(tmp_path / "scratch")))
    assert checkpoints.load(TRUNK.key) is None
    checkpoints.save(TRUNK.key, make_state(1))
    checkpoints.save(TRUNK.key, make_state(2))
    assert checkpoints.load(TRUNK.key).epoch == 2
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["checkpoint.safetensors"]
    checkpoints.clear(TRUNK.key)
    assert checkpoints.load(TRUNK.key) is None


def test_remote_checkpoints_are_on_the_node_each_epoch_and_uploaded_now_and_then(
    remote: tuple[Checkpoints, Storage], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints, bucket = remote
    clock = {"now": 1000.0}
    monkeypatch.setattr(checkpoints_module.time, "monotonic", lambda: clock["now"])
    uploaded = []
    for epoch in range(1, 9):
        checkpoints.save(TRUNK.key, make_state(epoch))
        assert checkpoints.load(TRUNK.key).epoch == epoch
        uploaded.append(bucket.exists(f"{checkpoints.store.folder(TRUNK.key)}/checkpoint.safetensors"))
        clock["now"] += 100
    assert uploaded == [False, False, False, True, True, True, True, True]


def test_another_node_resumes_from_the_upload_and_the_newest_wins(
    remote: tuple[Checkpoints, Storage], tmp_path: Path
) -> None:
    checkpoints, bucket = remote
    other = Checkpoints(Store(bucket), open_storage(str(tmp_path / "other node")))
    checkpoints.save(TRUNK.key, make_state(3))
    assert other.load(TRUNK.key) is None
    bucket.write(f"{other.store.folder(TRUNK.key)}/checkpoint.safetensors", pack_state(make_state(2)))
    assert (checkpoints.load(TRUNK.key).epoch, other.load(TRUNK.key).epoch) == (3, 2)
    checkpoints.clear(TRUNK.key)
    assert checkpoints.load(TRUNK.key) is None and other.load(TRUNK.key) is None


def test_a_checkpoint_that_was_cut_short_counts_as_none(tmp_path: Path) -> None:
    checkpoints = Checkpoints(make_store(tmp_path), open_storage(str(tmp_path / "scratch")))
    checkpoints.save(TRUNK.key, make_state(1))
    for path in tmp_path.rglob("checkpoint.safetensors"):
        path.write_bytes(b"")
    assert checkpoints.load(TRUNK.key) is None


UNSAFE = ("pickle", "torch.load", "torch.save", "joblib", "shelve", "dill", "marshal", "allow_pickle=True")


def science_files() -> list[Path]:
    above = {"orchestration", "cli"}
    package = ROOT / "raylth"
    return sorted(path for path in package.rglob("*.py") if path.relative_to(package).parts[0] not in above)


def code_of(path: Path) -> str:
    """The source without its text: docstrings may name what the code may not."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.unparse(tree)


@pytest.mark.parametrize("path", science_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_science_reads_nothing_that_could_run_code(path: Path) -> None:
    assert [word for word in UNSAFE if word in code_of(path)] == []
