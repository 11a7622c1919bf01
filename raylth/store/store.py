"""The trajectory store: states, masks and evaluations, each under the key of what determines it.

    store/trajectories/KK/KEY/inputs.json, e00020.safetensors, start-e00002.json, diverged.json
    store/lineages/KK/KEY/mask.safetensors
    store/evaluations/KK/KEY.safetensors

Everything here is finished and never changes, except that a lineage's mask gains levels and a trajectory gains states.
"""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from torch import Tensor

from raylth.errors import ObjectMissing, StorageError
from raylth.state import State, pack_state, unpack_state
from raylth.store.storage import Storage
from raylth.tensorfile import pack_tensors, unpack_tensors
from raylth.trajectory import StateRef, Trajectory

T = TypeVar("T")


@dataclass(frozen=True)
class Start:
    """The masked network at the rewind point, before any update: acc_0 of equation (3), both sides in [0, 1]."""

    train_accuracy: float
    test_accuracy: float
    test_loss: float


@dataclass(frozen=True)
class Store:
    """The content-addressed store under a storage root, shared by all runs and searches."""

    storage: Storage

    def publish(self, trajectory: Trajectory, state: State) -> None:
        """Make a state of a trajectory findable by others."""
        folder = self.folder(trajectory.key)
        self.storage.write_json(f"{folder}/inputs.json", trajectory.as_json())
        self.storage.write(f"{folder}/{_epoch_name(state.epoch)}", pack_state(state))

    def has_state(self, ref: StateRef) -> bool:
        """Whether the state has been published."""
        return self.storage.exists(f"{self.folder(ref.trajectory)}/{_epoch_name(ref.epoch)}")

    def state(self, ref: StateRef) -> State:
        """Read a published state.

        Raises:
            ObjectMissing: it has not been published.
            StorageError: the file is damaged.
        """
        return self._read(f"{self.folder(ref.trajectory)}/{_epoch_name(ref.epoch)}", unpack_state)

    def epochs(self, key: str) -> tuple[int, ...]:
        """The epochs of a trajectory's published states, ascending."""
        names = (path.rsplit("/", 1)[1] for path in self.storage.list(self.folder(key)))
        matches = (re.fullmatch(r"e(\d+)\.safetensors", name) for name in names)
        return tuple(sorted(int(match[1]) for match in matches if match))

    def mark_diverged(self, trajectory: Trajectory, epoch: int) -> None:
        """Record that the loss was not finite in epoch `epoch` (counted from 1)."""
        self.storage.write_json(f"{self.folder(trajectory.key)}/diverged.json", {"epoch": epoch})

    def diverged_in(self, key: str) -> int | None:
        """The epoch in which a trajectory diverged, or None."""
        try:
            return int(self.storage.read_json(f"{self.folder(key)}/diverged.json")["epoch"])
        except ObjectMissing:
            return None

    def put_start(self, ref: StateRef, start: Start) -> None:
        """Record the accuracy of trajectory `ref` before its first update after epoch `ref.epoch`."""
        self.storage.write_json(self._start_path(ref), asdict(start))

    def start(self, ref: StateRef) -> Start | None:
        """What `put_start` recorded, or None."""
        try:
            return Start(**self.storage.read_json(self._start_path(ref)))
        except ObjectMissing:
            return None

    def put_masks(self, lineage: str, pruned_at: dict[str, Tensor], levels: int) -> None:
        """Write a lineage's masks up to `levels`: per weight, uint8, the level at which it was pruned (0: never)."""
        contiguous = {name: tensor.contiguous() for name, tensor in pruned_at.items()}
        # The file does not keep the order of its tensors, by which ties are broken and shuffles are drawn.
        metadata = {"levels": str(levels), "order": json.dumps(list(contiguous))}
        self.storage.write(self._mask_path(lineage), pack_tensors(contiguous, metadata))

    def masks(self, lineage: str) -> tuple[dict[str, Tensor], int]:
        """A lineage's masks as `put_masks` took them, in the order of the layers, and how many levels they hold.

        Raises:
            ObjectMissing: nothing has been pruned yet.
        """
        tensors, metadata = self._read(self._mask_path(lineage), unpack_tensors)
        return {name: tensors[name] for name in json.loads(metadata["order"])}, int(metadata["levels"])

    def put_evaluation(self, key: str, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
        """Write the result of an evaluation under the key of its inputs."""
        self.storage.write(self._evaluation_path(key), pack_tensors(tensors, metadata))

    def evaluation(self, key: str) -> tuple[dict[str, Tensor], dict[str, str]] | None:
        """The tensors and metadata of an evaluation, or None if it has not been made."""
        try:
            return self._read(self._evaluation_path(key), unpack_tensors)
        except ObjectMissing:
            return None

    def has_evaluation(self, key: str) -> bool:
        """Whether an evaluation has been made."""
        return self.storage.exists(self._evaluation_path(key))

    def inputs(self, key: str) -> dict[str, Any]:
        """The named inputs of a stored trajectory: where its key comes from."""
        value: dict[str, Any] = self.storage.read_json(f"{self.folder(key)}/inputs.json")
        return value

    def folder(self, key: str) -> str:
        """Where a trajectory's files are, relative to the storage root."""
        return f"store/trajectories/{key[:2]}/{key}"

    def _read(self, path: str, unpack: Callable[[bytes], T]) -> T:
        try:
            return unpack(self.storage.read(path))
        except ValueError as error:
            place = f"{path} in {self.storage.uri}"
            raise StorageError(f"{place} is damaged ({error}); delete it, and the next run makes it anew.") from error

    def _start_path(self, ref: StateRef) -> str:
        return f"{self.folder(ref.trajectory)}/start-e{ref.epoch:05d}.json"

    def _mask_path(self, lineage: str) -> str:
        return f"store/lineages/{lineage[:2]}/{lineage}/mask.safetensors"

    def _evaluation_path(self, key: str) -> str:
        return f"store/evaluations/{key[:2]}/{key}.safetensors"


def _epoch_name(epoch: int) -> str:
    return f"e{epoch:05d}.safetensors"
