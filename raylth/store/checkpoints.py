"""Checkpoints inside a trajectory: every epoch on the node's disk, and to remote storage now and then."""

import time
from dataclasses import dataclass, field

from raylth.errors import ObjectMissing
from raylth.state import State, pack_state, unpack_state
from raylth.store.storage import Storage
from raylth.store.store import Store

UPLOAD_SECONDS = 300.0
"""At most this much training is lost with a node: a ResNet-18 with momentum is 90 MB, too much for every epoch."""


@dataclass
class Checkpoints:
    """The newest unfinished state of each trajectory.

    `scratch` is a folder on the node's own disk. Where the store itself is on a local disk, both are one file there.
    """

    store: Store
    scratch: Storage
    _uploaded: dict[str, float] = field(default_factory=dict)

    def save(self, key: str, state: State) -> None:
        """Keep `state` as the place from which trajectory `key` is resumed."""
        content = pack_state(state)
        if self._is_remote:
            self.scratch.write(self._scratch_path(key), content)
            if time.monotonic() - self._uploaded.setdefault(key, time.monotonic()) < UPLOAD_SECONDS:
                return
            self._uploaded[key] = time.monotonic()
        self.store.storage.write(self._store_path(key), content)

    def load(self, key: str) -> State | None:
        """The newest checkpoint of a trajectory, from the node or the store, or None."""
        places = [(self.store.storage, self._store_path(key))]
        if self._is_remote:
            places.append((self.scratch, self._scratch_path(key)))
        states = [state for storage, path in places if (state := _read(storage, path)) is not None]
        return max(states, key=lambda state: state.epoch, default=None)

    def clear(self, key: str) -> None:
        """Drop a trajectory's checkpoint, once its final state is published."""
        self.store.storage.delete(self._store_path(key))
        if self._is_remote:
            self.scratch.delete(self._scratch_path(key))
            self._uploaded.pop(key, None)

    @property
    def _is_remote(self) -> bool:
        return self.store.storage.local_path is None

    def _store_path(self, key: str) -> str:
        return f"{self.store.folder(key)}/checkpoint.safetensors"

    def _scratch_path(self, key: str) -> str:
        return f"checkpoints/{key}.safetensors"


def _read(storage: Storage, path: str) -> State | None:
    # A file that a power failure cut short is no checkpoint: its epochs are trained again.
    try:
        return unpack_state(storage.read(path))
    except (ObjectMissing, ValueError):
        return None
