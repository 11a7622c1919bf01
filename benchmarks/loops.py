"""The two contenders: raylth's training, and the loop that a careful user of PyTorch and torchvision writes."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from raylth.data import Split, normalisation, to_device
from raylth.models import build, initialise
from raylth.seeds import Noise, presentations, stream
from raylth.spec.schema import AugmentSpec, ModelSpec, TrainingSpec
from raylth.training.loop import Masking, make_optimiser, train_epoch
from raylth.training.memory import keep_freed_memory
from raylth.training.precision import supports_bf16
from raylth.trajectory import Precision

CROP = 4
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Images:
    """A data set as torchvision's CIFAR10 holds it.

    pixels: uint8 [N, H, W, 3]. labels: N integers in 0..classes-1.
    """

    pixels: NDArray[np.uint8]
    labels: list[int]
    classes: int


@dataclass(frozen=True)
class Epoch:
    """What a loop observes in one epoch: mean loss over presentations in nats, and share of them classified right."""

    loss: float
    accuracy: float


TrainEpoch = Callable[[], Epoch]
"""Trains for one more epoch."""

MakeLoop = Callable[[str, Images, TrainingSpec], TrainEpoch]
"""Sets up the training of an architecture by name."""


def random_images(number: int) -> Images:
    """Noise of CIFAR-10's shape, type and number of classes, which costs what CIFAR-10 costs."""
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (number, 32, 32, 3), dtype=np.uint8)
    return Images(pixels, generator.integers(0, 10, number).tolist(), classes=10)


def best_precision() -> Precision:
    """What raylth trains in: bf16 if this CPU has instructions for it."""
    return "bf16" if supports_bf16(CPU) else "fp32"


def raylth_loop(model: str, images: Images, training: TrainingSpec) -> TrainEpoch:
    """A dense training as raylth's workbench runs it, the draw of each epoch's SGD noise included."""
    keep_freed_memory()
    data = Split(torch.from_numpy(images.pixels).permute(0, 3, 1, 2).contiguous(), torch.tensor(images.labels))
    split = to_device(data, CPU, *normalisation(data.images), training.augment.crop)
    network = _network(model, images).to(memory_format=torch.channels_last)
    optimiser, masking = make_optimiser(network, training), Masking(network, {})
    noise, precision, epochs = Noise(seed=0, init=0, sibling=0, level=0), best_precision(), count()

    def train() -> Epoch:
        epoch = next(epochs)
        presented = presentations(noise, epoch, len(split), training.augment)
        result = train_epoch(network, optimiser, masking, split, presented, training, epoch, precision)
        return Epoch(result.loss, int(result.correct.sum()) / len(split))

    return train


def plain_loop(model: str, images: Images, training: TrainingSpec) -> TrainEpoch:
    """The same network and the same training in fp32, written as tutorials do; the loader works in this process."""
    network = _network(model, images)
    loader = DataLoader(_ImageDataset(images), training.batch_size, shuffle=True, num_workers=0)
    optimiser = torch.optim.SGD(
        network.parameters(), training.lr, momentum=training.momentum, weight_decay=training.weight_decay
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=training.epochs)
    criterion = nn.CrossEntropyLoss()

    def train() -> Epoch:
        network.train()
        total_loss, correct = 0.0, 0
        for inputs, labels in loader:
            optimiser.zero_grad()
            logits = network(inputs)
            loss = criterion(logits, labels)
            loss.backward()
            optimiser.step()
            total_loss += loss.item() * len(labels)
            correct += (logits.argmax(1) == labels).sum().item()
        schedule.step()
        return Epoch(total_loss / len(images.labels), correct / len(images.labels))

    return train


def cifar_training(batch_size: int) -> TrainingSpec:
    """The usual training on CIFAR-10: lr 0.1, momentum 0.9, weight decay 5e-4, cosine, crop and flip."""
    return TrainingSpec(batch_size=batch_size, augment=AugmentSpec(crop=CROP, flip=True))


class _ImageDataset(Dataset[tuple[Tensor, int]]):
    """torchvision's CIFAR10 without the download."""

    def __init__(self, images: Images) -> None:
        self.images = images
        channels = images.pixels.reshape(-1, 3) / 255
        self.transform = transforms.Compose(
            [
                transforms.RandomCrop(images.pixels.shape[1:3], padding=CROP),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize(channels.mean(0).tolist(), channels.std(0).tolist()),
            ]
        )

    def __len__(self) -> int:
        return len(self.images.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.images.pixels[index])), self.images.labels[index]


def _network(model: str, images: Images) -> nn.Module:
    height, width, channels = images.pixels.shape[1:]
    network = build(ModelSpec(name=model), (channels, height, width), images.classes)
    initialise(network, stream("initialisation", seed=0))
    return network
