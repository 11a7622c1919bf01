"""A ticket as one file: mask, rewind weights and provenance, for whoever wants to train it elsewhere (section 3.1)."""

import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from raylth.errors import BadInput, ObjectMissing
from raylth.frozen import stored_mask
from raylth.pruning import Mask, sparsity
from raylth.store import Store
from raylth.tensorfile import pack_tensors, unpack_tensors
from raylth.trajectory import MaskRef, StateRef

FORMAT = "raylth-ticket-1"


@dataclass(frozen=True)
class Ticket:
    """A sparse network before its training: `weights` x `mask`.

    `weights` is the state dict at the rewind point, unmasked, with BatchNorm statistics; `mask` has a bool tensor for
    every prunable weight, True where it survives. `provenance` says in JSON where both come from.
    """

    weights: dict[str, Tensor]
    mask: Mask
    provenance: Mapping[str, Any]

    @property
    def sparsity(self) -> float:
        """The share of prunable weights that are pruned."""
        return sparsity(self.mask)

    def masked_weights(self) -> dict[str, Tensor]:
        """The state dict to load and train: pruned weights are 0."""
        return {name: each * self.mask[name] if name in self.mask else each for name, each in self.weights.items()}

    def save(self, path: str | Path) -> None:
        """Write one safetensors file, whole or not at all.

        Raises:
            BadInput: the file cannot be written.
        """
        tensors = {f"weights/{name}": tensor.contiguous() for name, tensor in self.weights.items()}
        tensors |= {f"mask/{name}": layer.contiguous() for name, layer in self.mask.items()}
        metadata = {"format": FORMAT, "order": json.dumps(list(self.mask)), "provenance": json.dumps(self.provenance)}
        _write(Path(path), pack_tensors(tensors, metadata))

    @staticmethod
    def load(path: str | Path) -> "Ticket":
        """Read what `save` wrote. No code is run, whatever the file holds.

        Raises:
            BadInput: there is no such file, or it is no ticket.
        """
        try:
            tensors, metadata = unpack_tensors(Path(path).read_bytes())
        except (OSError, ValueError) as error:
            raise BadInput(f"{path} cannot be read as a ticket: {error}.") from error
        if metadata.get("format") != FORMAT:
            raise BadInput(f"{path} is no ticket; make one with `raylth ticket export RUN`.")
        try:
            weights = {name.removeprefix("weights/"): t for name, t in tensors.items() if name.startswith("weights/")}
            mask = {name: tensors[f"mask/{name}"] for name in json.loads(metadata["order"])}
            return Ticket(weights, mask, json.loads(metadata["provenance"]))
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(f"{path} is a damaged ticket ({type(error).__name__}: {error}).") from error


def stored_ticket(store: Store, dense: str, trajectory: str, facts: Mapping[str, Any]) -> Ticket:
    """The ticket that a training started from.

    Args:
        store: where it is.
        dense: key of the same trial's dense training, which holds the initialisation.
        trajectory: key of the ticket's own training.
        facts: further provenance, such as the ticket's accuracy.

    Raises:
        ObjectMissing: one of its parts is not in the store.
    """
    inputs = store.inputs(trajectory)
    if inputs.get("mask") is None:
        raise ObjectMissing(f"training {trajectory[:12]} has no mask, so it is no ticket.")
    mask = stored_mask(store, MaskRef.model_validate(inputs["mask"]))
    parent = inputs["parent"]
    point = StateRef.model_validate(parent) if parent["kind"] == "state" else StateRef(trajectory=dense, epoch=0)
    return Ticket(store.state(point).weights, mask, {**facts, "trajectory": trajectory, "inputs": inputs})


def _write(path: Path, content: bytes) -> None:
    beside = path.with_name(f"{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        try:
            beside.write_bytes(content)
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror or error}.") from error
