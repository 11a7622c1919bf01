"""SGD under a mask, spelled out: plain NCHW tensors, one image and one weight at a time where that can be."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from raylth.data import Dataset
from raylth.seeds import Presentations
from raylth.spec.schema import TrainingSpec


@dataclass(frozen=True)
class Moment:
    """A training between two updates; `velocity` is empty before the first."""

    weights: dict[str, Tensor]
    velocity: dict[str, Tensor]


def plain_image(dataset: Dataset, index: int, noise: Presentations, crop: int) -> Tensor:
    """Image `index` as an epoch presents it: float32 [C, H, W]."""
    image = dataset.train.images[index]
    _, height, width = image.shape
    if noise.rows is not None and noise.cols is not None:
        row, column = int(noise.rows[index]), int(noise.cols[index])
        image = F.pad(image, (crop, crop, crop, crop))[:, row : row + height, column : column + width]
    if noise.mirrored is not None and noise.mirrored[index]:
        image = torch.stack([image[:, :, width - 1 - column] for column in range(width)], dim=2)
    whole = dataset.train.images.double() / 255
    mean, std = whole.mean((0, 2, 3)), whole.std((0, 2, 3), correction=0)
    return ((image.double() / 255 - mean[:, None, None]) / std[:, None, None]).float()


def plain_batches(
    dataset: Dataset, noise: Presentations, training: TrainingSpec
) -> Iterator[tuple[Tensor, Tensor, list[int]]]:
    """Images, labels and indices of each batch of an epoch, the last one shorter."""
    order = noise.order.tolist()
    for first in range(0, len(order), training.batch_size):
        indices = order[first : first + training.batch_size]
        images = [plain_image(dataset, index, noise, training.augment.crop) for index in indices]
        yield torch.stack(images), dataset.train.labels[indices], indices


def cosine(training: TrainingSpec, update: int, updates: int) -> float:
    """The learning rate of update `update` of `updates` in the whole budget."""
    return training.lr * (1 + math.cos(math.pi * update / updates)) / 2


def plain_step(
    network: nn.Module,
    before: Moment,
    images: Tensor,
    labels: Tensor,
    masks: Mapping[str, Tensor],
    training: TrainingSpec,
    lr: float,
) -> tuple[Moment, float, Tensor]:
    """One update by equations (1) and (2), the velocity being PyTorch's: v = mu v + g, theta = theta - lr v.

    Returns the training after it, and the loss and logits before it.
    """
    network.load_state_dict({name: tensor.contiguous() for name, tensor in before.weights.items()})
    network.train()
    logits = network(images)
    loss = F.cross_entropy(logits, labels)
    names = [name for name, _ in network.named_parameters()]
    gradients = torch.autograd.grad(loss, list(network.parameters()))
    after = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    velocity = {}
    for name, gradient in zip(names, gradients, strict=True):
        kept = masks[name].float() if name in masks else torch.ones_like(gradient)
        weight = before.weights[name] * kept
        slope = gradient * kept + training.weight_decay * weight
        velocity[name] = training.momentum * before.velocity[name] + slope if before.velocity else slope
        after[name] = weight - lr * velocity[name]
    return Moment(after, velocity), float(loss.detach()), logits.detach()
