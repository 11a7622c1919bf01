"""The workbench: what one process needs to turn trajectories into states, and how it does that."""

import os
import platform
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from raylth.data import DeviceSplit
from raylth.errors import ObjectDamaged, RaylthError
from raylth.models import initialise
from raylth.models.classifier import is_classifier
from raylth.seeds import presentations, stream
from raylth.stability.forgetting import pack_correct
from raylth.state import Segment, State, Telemetry
from raylth.store import Checkpoints, Start, Store
from raylth.training.evaluate import evaluate, recompute_batchnorm
from raylth.training.loop import EpochResult, Masking, make_optimiser, presentation_accuracy, train_epoch
from raylth.trajectory import Initialisation, StateRef, Trajectory

CLEAN_IMAGES = 5000
"""Clean training images for BatchNorm statistics of acc_0; lines use the number that their spec gives."""


class Diverged(RaylthError):
    """The loss of a training was not finite; the lineage ends here, and the sweep goes on."""

    def __init__(self, trajectory: str, epoch: int) -> None:
        super().__init__(f"training {trajectory[:12]} diverged in epoch {epoch}")
        self.trajectory, self.epoch = trajectory, epoch


@dataclass(frozen=True)
class EpochReport:
    """One finished epoch, for whoever watches."""

    trajectory: str
    start: int
    epoch: int
    train_loss: float
    train_accuracy: float
    test_accuracy: float
    images_per_second: float


OnEpoch = Callable[[EpochReport], None]


@dataclass(frozen=True)
class Splits:
    """The images of one data set on one device; `clean` is the fixed class-balanced subset of training images."""

    train: DeviceSplit
    test: DeviceSplit
    clean: DeviceSplit

    @property
    def train_images(self) -> int:
        """Number of training images N."""
        return len(self.train)

    @property
    def device(self) -> torch.device:
        """Where the images are, and with them all the work."""
        return self.train.device


@dataclass(frozen=True)
class Workbench:
    """A network, images on a device and a store. Trains one trajectory at a time; holds no state between two.

    `run` and `trial` only label the segments that are trained here.
    """

    store: Store
    checkpoints: Checkpoints
    network: nn.Module
    splits: Splits
    run: str = ""
    trial: str = ""

    def advance(
        self,
        trajectory: Trajectory,
        until: int,
        masks: Mapping[str, Tensor],
        snapshots: Collection[int] = (),
        on_epoch: OnEpoch | None = None,
    ) -> State:
        """Bring a trajectory to epoch `until`, computing only what no stored state or checkpoint holds.

        Args:
            trajectory: what to train.
            until: number of epochs, counted from initialisation, of the state to return.
            masks: bool tensors by weight, True where the weight survives; empty when dense.
            snapshots: epochs whose states are published on the way, besides `until`.
            on_epoch: told of every epoch that is computed.

        Raises:
            Diverged: the loss was not finite, now or when this trajectory was first computed.
            ObjectMissing: the parent has not been published.
        """
        if (epoch := self.store.diverged_in(trajectory.key)) is not None and epoch <= until:
            raise Diverged(trajectory.key, epoch)
        state = self._nearest(trajectory, until)
        if state.epoch < until:
            return self._train(trajectory, state, until, masks, snapshots, on_epoch)
        self.store.describe(trajectory)
        return state

    def start(self, trajectory: Trajectory, epoch: int, masks: Mapping[str, Tensor]) -> Start:
        """Accuracy of the masked network at the rewind point (after `epoch` epochs), before any update; stored once.

        Validation uses BatchNorm statistics recomputed on clean training images, as for a frozen ticket; the train side
        is one pass over the presentations of the first epoch.
        """
        ref = trajectory.at(epoch)
        if (known := self.store.start(ref)) is not None:
            return known
        weights = self._weights_at(trajectory, epoch)
        self.load(weights, masks)
        recompute_batchnorm(self.network, self.splits.clean, trajectory.precision)
        test = evaluate(self.network, self.splits.test, trajectory.precision)
        noise = presentations(trajectory.noise, epoch, self.splits.train_images, trajectory.training.augment)
        self.load(weights, masks)
        train_accuracy = presentation_accuracy(
            self.network, self.splits.train, noise, trajectory.training.batch_size, trajectory.precision
        )
        start = Start(train_accuracy, test.accuracy, test.loss)
        self.store.put_start(ref, start)
        return start

    def initial_weights(self, initialisation: Initialisation) -> dict[str, Tensor]:
        """theta_0: the state dict of a freshly initialised network, on the CPU."""
        names = initialisation.model_dump(exclude={"kind"}, exclude_none=True)
        initialise(self.network, stream("initialisation", **names))
        return self._weights()

    def weights_of(self, name: Initialisation | StateRef) -> dict[str, Tensor]:
        """The state dict of a named state, on the CPU. Raises ObjectMissing if it has not been published."""
        return self.initial_weights(name) if isinstance(name, Initialisation) else self.store.state(name).weights

    def _nearest(self, trajectory: Trajectory, until: int) -> State:
        stored = [epoch for epoch in self.store.epochs(trajectory.key) if epoch <= until]
        checkpoint = self.checkpoints.load(trajectory.key)
        if checkpoint is not None and max(stored, default=-1) < checkpoint.epoch <= until:
            return checkpoint
        for epoch in reversed(stored):
            # One that turns out to be damaged is no longer there: what it held is trained again.
            with suppress(ObjectDamaged):
                return self.store.state(trajectory.at(epoch))
        return self._parent(trajectory)

    def _parent(self, trajectory: Trajectory) -> State:
        telemetry = Telemetry.empty(self.splits.train_images)
        if isinstance(trajectory.parent, Initialisation):
            return State(trajectory.start, self.initial_weights(trajectory.parent), {}, telemetry)
        parent = self.store.state(trajectory.parent)
        momentum = parent.momentum if trajectory.optimiser == "inherited" else {}
        return State(trajectory.start, self._with_classifier(parent.weights, trajectory), momentum, telemetry)

    def _with_classifier(self, weights: dict[str, Tensor], trajectory: Trajectory) -> dict[str, Tensor]:
        if trajectory.classifier is None:
            return weights
        new = self.initial_weights(trajectory.classifier)
        return {name: new[name] if is_classifier(name) else weights[name] for name in new}

    def _weights_at(self, trajectory: Trajectory, epoch: int) -> dict[str, Tensor]:
        if epoch == trajectory.start:
            return self._parent(trajectory).weights
        return self.store.state(trajectory.at(epoch)).weights

    def _train(
        self,
        trajectory: Trajectory,
        state: State,
        until: int,
        masks: Mapping[str, Tensor],
        snapshots: Collection[int],
        on_epoch: OnEpoch | None,
    ) -> State:
        masking = self.load(state.weights, masks)
        optimiser = make_optimiser(self.network, trajectory.training)
        self._load_momentum(optimiser, state.momentum)
        masking.apply_to_momentum(optimiser)
        if isinstance(trajectory.parent, Initialisation) and trajectory.mask is None and state.epoch == 0:
            # So that tickets can be exported, and outlive a change of the random number generator.
            self.store.publish(trajectory, state)
        first, earlier, clock = state.epoch, state.segments, _Clock()
        telemetry = state.telemetry
        for epoch in range(first, until):
            epoch_began = time.perf_counter()
            row = self._observe(self._train_epoch(trajectory, epoch, optimiser, masking), trajectory)
            telemetry = telemetry.extended(row)
            if not _is_finite(row):
                self.store.mark_diverged(trajectory, epoch + 1)
                self.checkpoints.clear(trajectory.key)
                raise Diverged(trajectory.key, epoch + 1)
            segment = self._segment(first, epoch + 1, clock)
            momentum = {} if epoch + 1 == trajectory.training.epochs else self._momentum(optimiser)
            state = State(epoch + 1, self._weights(), momentum, telemetry, (*earlier, segment))
            self._keep(trajectory, state, epoch + 1 in snapshots or epoch + 1 == until)
            if on_epoch is not None:
                on_epoch(self._report(trajectory, state, time.perf_counter() - epoch_began))
        return state

    def _train_epoch(
        self, trajectory: Trajectory, epoch: int, optimiser: torch.optim.SGD, masking: Masking
    ) -> EpochResult:
        training, split = trajectory.training, self.splits.train
        noise = presentations(trajectory.noise, epoch, len(split), training.augment)
        return train_epoch(self.network, optimiser, masking, split, noise, training, epoch, trajectory.precision)

    def _keep(self, trajectory: Trajectory, state: State, publish: bool) -> None:
        if publish:
            self.store.publish(trajectory, state)
            self.checkpoints.clear(trajectory.key)
        else:
            self.checkpoints.save(trajectory.key, state)

    def _observe(self, result: EpochResult, trajectory: Trajectory) -> Telemetry:
        test = evaluate(self.network, self.splits.test, trajectory.precision)
        accuracy = int(result.correct.sum()) / len(result.correct)
        return Telemetry(
            train_loss=_row(result.loss),
            train_accuracy=_row(accuracy),
            test_loss=_row(test.loss),
            test_accuracy=_row(test.accuracy),
            correct=pack_correct(result.correct.cpu())[None],
        )

    def _segment(self, first: int, last: int, clock: "_Clock") -> Segment:
        images = (last - first) * self.splits.train_images
        return Segment(
            run=self.run,
            trial=self.trial,
            first_epoch=first,
            last_epoch=last,
            seconds=clock.seconds(),
            core_seconds=clock.core_seconds(),
            images=images,
            device=device_name(self.splits.device),
            threads=torch.get_num_threads(),
            host=platform.node(),
            torch=str(torch.__version__),
            finished_at=time.time(),
        )

    def _report(self, trajectory: Trajectory, state: State, seconds: float) -> EpochReport:
        telemetry = state.telemetry
        return EpochReport(
            trajectory=trajectory.key,
            start=trajectory.start,
            epoch=state.epoch,
            train_loss=float(telemetry.train_loss[-1]),
            train_accuracy=float(telemetry.train_accuracy[-1]),
            test_accuracy=float(telemetry.test_accuracy[-1]),
            images_per_second=self.splits.train_images / seconds,
        )

    def load(self, weights: Mapping[str, Tensor], masks: Mapping[str, Tensor]) -> Masking:
        """Put weights under masks into the network: pruned ones are 0 from here on."""
        self.network.load_state_dict(weights)
        masking = Masking(self.network, masks)
        masking.apply_to_weights()
        return masking

    def _weights(self) -> dict[str, Tensor]:
        # A copy: on a CPU the state dict is the network's own memory, which the next epoch overwrites.
        return {name: tensor.detach().cpu().clone() for name, tensor in self.network.state_dict().items()}

    def _momentum(self, optimiser: torch.optim.SGD) -> dict[str, Tensor]:
        buffers = {}
        for name, parameter in self.network.named_parameters():
            buffer = optimiser.state[parameter].get("momentum_buffer")
            if buffer is not None:
                buffers[name] = buffer.detach().cpu().clone()
        return buffers

    def _load_momentum(self, optimiser: torch.optim.SGD, momentum: Mapping[str, Tensor]) -> None:
        for name, parameter in self.network.named_parameters():
            if name in momentum:
                # The fused step walks memory in order, so the buffer must be laid out as its parameter is.
                optimiser.state[parameter]["momentum_buffer"] = torch.empty_like(parameter).copy_(momentum[name])


def _row(value: float) -> Tensor:
    return torch.tensor([value], dtype=torch.float64)


def _is_finite(row: Telemetry) -> bool:
    return bool(torch.isfinite(torch.cat([row.train_loss, row.test_loss])).all())


class _Clock:
    """Wall-clock and processor time since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def seconds(self) -> float:
        return time.perf_counter() - self._wall

    def core_seconds(self) -> float:
        return time.process_time() - self._cpu


def device_name(device: torch.device) -> str:
    """What bit-exactness depends on: the model of GPU, or of CPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return _cpu_model()


def _cpu_model() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
            return next(names, platform.processor())
    except OSError:
        return platform.processor() or os.uname().machine
