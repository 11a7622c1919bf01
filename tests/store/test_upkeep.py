"""What a store holds, and whether it is whole."""

from pathlib import Path

import torch
from tiny import make_lineage, make_store

from raylth.state import State, Telemetry
from raylth.store import Checkpoints, Start, Store, open_storage
from raylth.store.upkeep import damage, stored_files

TRUNK = make_lineage().trunk


def filled(root: Path) -> Store:
    store = make_store(root)
    state = State(2, {"w": torch.ones(3)}, {}, Telemetry.empty(images=4))
    store.publish(TRUNK, state)
    Checkpoints(store, open_storage(str(root / "scratch"))).save(TRUNK.key, state)
    store.put_start(TRUNK.at(0), Start(0.1, 0.2, 0.3))
    store.mark_diverged(TRUNK, 3)
    store.put_masks("ab" * 32, {"w": torch.zeros(2, dtype=torch.uint8)}, 1)
    store.put_evaluation("cd" * 32, {"x": torch.ones(2)}, {})
    return store


def test_every_file_has_its_kind_and_key(tmp_path: Path) -> None:
    store = filled(tmp_path)
    (tmp_path / "store" / "a.1234abcd.tmp").write_bytes(b"half")
    (tmp_path / "store" / "stray.txt").write_bytes(b"?")
    found = list(stored_files(store.storage))
    assert sorted((each.kind, each.key) for each in found if each.key) == [
        ("checkpoints", TRUNK.key),
        ("evaluations", "cd" * 32),
        ("masks", "ab" * 32),
        ("records", TRUNK.key),
        ("records", TRUNK.key),
        ("records", TRUNK.key),
        ("states", TRUNK.key),
    ]
    assert {each.kind for each in found if each.key is None} == {"unfinished writes", "unknown"}
    assert all(each.bytes == (tmp_path / each.path).stat().st_size for each in found)


def test_a_whole_store_has_no_damage(tmp_path: Path) -> None:
    store = filled(tmp_path)
    assert [damage(store.storage, each) for each in stored_files(store.storage)] == [None] * 7


def test_every_kind_of_damage_is_found_once_and_then_apart(tmp_path: Path) -> None:
    store = filled(tmp_path)
    files = list(stored_files(store.storage))
    for each in files:
        content = bytearray((tmp_path / each.path).read_bytes())
        content[len(content) // 2] ^= 1
        (tmp_path / each.path).write_bytes(content)
    assert all("was damaged" in (damage(store.storage, each) or "") for each in files)
    left = list(stored_files(store.storage))
    assert [each.kind for each in left] == ["damaged"] * len(files)
    assert [damage(store.storage, each) for each in left] == [None] * len(files)


def test_a_file_that_goes_away_meanwhile_is_no_damage(tmp_path: Path) -> None:
    store = filled(tmp_path)
    files = list(stored_files(store.storage))
    for each in files:
        store.storage.delete(each.path)
    assert [damage(store.storage, each) for each in files] == [None] * len(files)
