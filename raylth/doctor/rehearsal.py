"""Short trainings on which the doctor bases its findings. Each runs on one thread, as a trial with `cpu: 1` does."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn

from raylth.data import DeviceSplit, Split, normalisation, to_device
from raylth.lineage import Lineage
from raylth.models import build, initialise
from raylth.seeds import Noise, presentations, stream
from raylth.spec.schema import AugmentSpec, DataSpec, ModelSpec, TrainingSpec
from raylth.state import State
from raylth.store import Checkpoints, Store, open_storage
from raylth.training.loop import Masking, make_optimiser, train_epoch
from raylth.training.setup import make_workbench
from raylth.trajectory import DataInputs, ModelInputs, Precision, Trajectory

CIFAR_LIKE = TrainingSpec(augment=AugmentSpec(crop=4, flip=True))
SHAPE, CLASSES = (3, 32, 32), 10


def train_digits(device: torch.device, precision: Precision, width: int, epochs: int) -> State:
    """Train a ResNet-8 on the digits from the same initialisation with the same SGD noise each time, and store nothing.

    Raises:
        Diverged: the loss was not finite.
    """
    model, augment = ModelSpec(name="resnet8", width=width), AugmentSpec(crop=1)
    with tempfile.TemporaryDirectory(prefix="raylth-doctor-") as folder, one_thread():
        store = Store(open_storage(folder))
        bench = make_workbench(
            DataSpec(name="digits"), model, augment.crop, store, Checkpoints(store, store.storage), Path(folder), device
        )
        trajectory = _trunk(model, TrainingSpec(epochs=epochs, augment=augment), precision)
        return bench.advance(trajectory, epochs, {})


def random_images(images: int, device: torch.device) -> DeviceSplit:
    """Random images of CIFAR's size: speed and memory do not depend on what is to be seen."""
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (images, *SHAPE), dtype=torch.uint8, generator=generator)
    labels = torch.randint(0, CLASSES, (images,), generator=generator)
    return to_device(Split(pixels, labels), device, *normalisation(pixels), CIFAR_LIKE.augment.crop)


def fresh_network(name: str, device: torch.device) -> nn.Module:
    """An initialised network for images of CIFAR's size."""
    network = build(ModelSpec(name=name), SHAPE, CLASSES)
    initialise(network, stream("initialisation", seed=0, init=0))
    return network.to(device).to(memory_format=torch.channels_last)


def train_once(network: nn.Module, split: DeviceSplit, precision: Precision) -> None:
    """One epoch of the paper's training (batches of 128, crops and flips), with an optimiser of its own."""
    noise = presentations(Noise(seed=0, init=0, sibling=0, level=0), 0, len(split), CIFAR_LIKE.augment)
    optimiser, masking = make_optimiser(network, CIFAR_LIKE), Masking(network, {})
    train_epoch(network, optimiser, masking, split, noise, CIFAR_LIKE, 0, precision)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let PyTorch use one thread, and as many as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _trunk(model: ModelSpec, training: TrainingSpec, precision: Precision) -> Trajectory:
    lineage = Lineage(
        data=DataInputs(fingerprint="digits", subset=None, pool=1),
        model=ModelInputs(name=model.name, width=model.width, source=None),
        training=training,
        precision=precision,
        fraction=0.2,
        exclude=(),
        rewind=0,
        seed=0,
        init=0,
        sibling=0,
    )
    return lineage.trunk
