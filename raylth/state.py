"""What a training is after some epochs: weights, optimiser state and everything observed on the way.

One state is one safetensors file, the same for a checkpoint and for a published state, so that a resumed training
starts from exactly what an uninterrupted one had. Wall-clock facts live in its metadata, apart from the science.
"""

import json
from dataclasses import asdict, dataclass, field

import torch
from torch import Tensor

from raylth.tensorfile import pack_tensors, unpack_tensors

FORMAT = "raylth-state-1"


@dataclass(frozen=True)
class Segment:
    """A stretch of epochs trained in one go by one process: the wall-clock provenance of a state."""

    run: str
    trial: str
    first_epoch: int
    last_epoch: int
    seconds: float
    core_seconds: float
    images: int
    device: str
    threads: int
    host: str
    torch: str
    finished_at: float


@dataclass(frozen=True)
class Telemetry:
    """What was observed in every epoch since the trajectory's start; row e is epoch start + e + 1.

    `train_loss`, `train_accuracy`, `test_loss`, `test_accuracy`: float64 [E]; the train side is the running mean over
    presentations. `correct`: uint8 [E, ceil(N / 8)], packed: whether right before each update (section 3.2).
    """

    train_loss: Tensor
    train_accuracy: Tensor
    test_loss: Tensor
    test_accuracy: Tensor
    correct: Tensor

    @staticmethod
    def empty(images: int) -> "Telemetry":
        """No epochs yet, for a training on `images` images."""
        none = torch.empty(0, dtype=torch.float64)
        return Telemetry(none, none, none, none, torch.empty((0, -(-images // 8)), dtype=torch.uint8))

    def extended(self, row: "Telemetry") -> "Telemetry":
        """These epochs and then those of `row`."""
        return Telemetry(**{name: torch.cat([ours, vars(row)[name]]) for name, ours in vars(self).items()})

    def __len__(self) -> int:
        return len(self.train_loss)


@dataclass(frozen=True)
class State:
    """A trajectory after `epoch` epochs, on the CPU.

    `weights` is the network's state dict (parameters and BatchNorm statistics); `momentum` has one buffer per
    parameter, or none at mu = 0 and at the end of the budget, where nobody goes on.
    """

    epoch: int
    weights: dict[str, Tensor]
    momentum: dict[str, Tensor]
    telemetry: Telemetry
    segments: tuple[Segment, ...] = field(default=())


def pack_state(state: State) -> bytes:
    """The state as the bytes of one safetensors file."""
    tensors = {
        **_prefixed("weights/", state.weights),
        **_prefixed("momentum/", state.momentum),
        **_prefixed("telemetry/", vars(state.telemetry)),
    }
    segments = json.dumps([asdict(segment) for segment in state.segments])
    return pack_tensors(tensors, {"format": FORMAT, "epoch": str(state.epoch), "segments": segments})


def unpack_state(content: bytes) -> State:
    """The inverse of `pack_state`.

    Raises:
        ValueError: the bytes are no state of this format.
    """
    tensors, metadata = unpack_tensors(content)
    if metadata.get("format") != FORMAT:
        raise ValueError(f"not a state of format {FORMAT}")
    try:
        return State(
            epoch=int(metadata["epoch"]),
            weights=_unprefixed("weights/", tensors),
            momentum=_unprefixed("momentum/", tensors),
            telemetry=Telemetry(**_unprefixed("telemetry/", tensors)),
            segments=tuple(Segment(**segment) for segment in json.loads(metadata["segments"])),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a whole state: {error}") from error


def _prefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {prefix + name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def _unprefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
