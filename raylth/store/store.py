"""The trajectory store: states, masks and evaluations, each under the key of what determines it.

    store/trajectories/KK/KEY/inputs.json, e00020.safetensors, start-e00002.json, diverged.json
    store/lineages/KK/KEY/mask.safetensors
    store/evaluations/KK/KEY.safetensors

Everything here is finished and never changes, except that a lineage's mask gains levels and a trajectory gains states.
"""

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor

from raylth.errors import ObjectMissing
from raylth.record import pack_record, unpack_record
from raylth.state import State, pack_state, unpack_state
from raylth.store.storage import Storage
from raylth.tensorfile import pack_tensors, unpack_tensors
from raylth.trajectory import StateRef, Trajectory


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
        self.describe(trajectory)
        self.storage.write(f"{folder}/{_epoch_name(state.epoch)}", pack_state(state))

    def describe(self, trajectory: Trajectory) -> None:
        """Make sure that the inputs of a trajectory, where its key comes from, can be read."""
        path = f"{self.folder(trajectory.key)}/inputs.json"
        if not self.storage.exists(path):
            self.storage.write_json(path, trajectory.as_json())

    def has_state(self, ref: StateRef) -> bool:
        """Whether the state has been published."""
        return self.storage.exists(f"{self.folder(ref.trajectory)}/{_epoch_name(ref.epoch)}")

    def state(self, ref: StateRef) -> State:
        """Read a published state.

        Raises:
            ObjectMissing: it has not been published, or was damaged.
        """
        return self.storage.read_whole(f"{self.folder(ref.trajectory)}/{_epoch_name(ref.epoch)}", unpack_state)

    def epochs(self, key: str) -> tuple[int, ...]:
        """The epochs of a trajectory's published states, ascending."""
        names = (path.rsplit("/", 1)[1] for path in self.storage.list(self.folder(key)))
        matches = (re.fullmatch(r"e(\d+)\.safetensors", name) for name in names)
        return tuple(sorted(int(match[1]) for match in matches if match))

    def mark_diverged(self, trajectory: Trajectory, epoch: int) -> None:
        """Record that the loss was not finite in epoch `epoch` (counted from 1)."""
        self.storage.write(f"{self.folder(trajectory.key)}/diverged.json", pack_record({"epoch": epoch}))

    def diverged_in(self, key: str) -> int | None:
        """The epoch in which a trajectory diverged, or None."""
        try:
            return int(self.storage.read_whole(f"{self.folder(key)}/diverged.json", unpack_record)["epoch"])
        except ObjectMissing:
            return None

    def put_start(self, ref: StateRef, start: Start) -> None:
        """Record the accuracy of trajectory `ref` before its first update after epoch `ref.epoch`."""
        self.storage.write(self._start_path(ref), pack_record(asdict(start)))

    def start(self, ref: StateRef) -> Start | None:
        """What `put_start` recorded, or None."""
        try:
            return Start(**self.storage.read_whole(self._start_path(ref), unpack_record))
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
            ObjectMissing: nothing has been pruned yet, or the file was damaged.
        """
        tensors, metadata = self.storage.read_whole(self._mask_path(lineage), unpack_tensors)
        return {name: tensors[name] for name in json.loads(metadata["order"])}, int(metadata["levels"])

    def has_masks(self, lineage: str) -> bool:
        """Whether a lineage has pruned."""
        return self.storage.exists(self._mask_path(lineage))

    def put_evaluation(self, key: str, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
        """Write the result of an evaluation under the key of its inputs."""
        self.storage.write(self._evaluation_path(key), pack_tensors(tensors, metadata))

    def evaluation(self, key: str) -> tuple[dict[str, Tensor], dict[str, str]] | None:
        """The tensors and metadata of an evaluation, or None if it has not been made, or was damaged."""
        try:
            return self.storage.read_whole(self._evaluation_path(key), unpack_tensors)
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

    def _start_path(self, ref: StateRef) -> str:
        return f"{self.folder(ref.trajectory)}/start-e{ref.epoch:05d}.json"

    def _mask_path(self, lineage: str) -> str:
        return f"store/lineages/{lineage[:2]}/{lineage}/mask.safetensors"

    def _evaluation_path(self, key: str) -> str:
        return f"store/evaluations/{key[:2]}/{key}.safetensors"


def _epoch_name(epoch: int) -> str:
    return f"e{epoch:05d}.safetensors"
