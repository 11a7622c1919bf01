"""Looking after a store: what it holds, how much room that takes, and whether it is whole."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from raylth.errors import ObjectDamaged, ObjectMissing
from raylth.keys import content_key
from raylth.record import unpack_record
from raylth.state import unpack_state
from raylth.store.storage import DAMAGED, Storage
from raylth.tensorfile import unpack_tensors

Kind = Literal["states", "checkpoints", "masks", "evaluations", "records", "unfinished writes", "damaged", "unknown"]

KINDS: tuple[tuple[Kind, str], ...] = (
    ("states", r"store/trajectories/../(?P<key>[0-9a-f]{64})/e\d+\.safetensors"),
    ("checkpoints", r"store/trajectories/../(?P<key>[0-9a-f]{64})/checkpoint\.safetensors"),
    ("records", r"store/trajectories/../(?P<key>[0-9a-f]{64})/(inputs|diverged|start-e\d+)\.json"),
    ("masks", r"store/lineages/../(?P<key>[0-9a-f]{64})/mask\.safetensors"),
    ("evaluations", r"store/evaluations/../(?P<key>[0-9a-f]{64})\.safetensors"),
    ("unfinished writes", r".*\.[0-9a-f]{8}\.tmp"),
    ("damaged", rf"{DAMAGED}/.*"),
)


@dataclass(frozen=True)
class Stored:
    """A file of a store. `key` is that of the trajectory, lineage or evaluation that it belongs to."""

    path: str
    kind: Kind
    key: str | None
    bytes: int


def stored_files(storage: Storage) -> Iterator[Stored]:
    """Everything in a store, and what was set aside, in the order of its paths."""
    for folder in (DAMAGED, "store"):
        for path, size in storage.sizes(folder):
            yield _stored(path, size)


def damage(storage: Storage, stored: Stored) -> str | None:
    """What is wrong with a file, in a sentence, or None; a damaged one is set aside."""
    unpack = _unpacker(stored)
    if unpack is None:
        return None
    try:
        storage.read_whole(stored.path, unpack)
    except ObjectDamaged as error:
        return str(error)
    except ObjectMissing:
        # A sweep that is under way has finished with it.
        return None
    return None


def _stored(path: str, size: int) -> Stored:
    for kind, pattern in KINDS:
        if (match := re.fullmatch(pattern, path)) is not None:
            return Stored(path, kind, match.groupdict().get("key"), size)
    return Stored(path, "unknown", None, size)


def _unpacker(stored: Stored) -> Callable[[bytes], Any] | None:
    if stored.path.endswith("/inputs.json"):
        return lambda content: _named(content, stored.key)
    by_kind: dict[Kind, Callable[[bytes], Any]] = {
        "states": unpack_state,
        "checkpoints": unpack_state,
        "records": unpack_record,
        "masks": unpack_tensors,
        "evaluations": unpack_tensors,
    }
    return by_kind.get(stored.kind)


def _named(content: bytes, key: str | None) -> None:
    # Inputs need no checksum: their key is one.
    if content_key(json.loads(content)) != key:
        raise ValueError("its key is not that of its content")
