"""The training loop: one epoch of SGD under a mask, with everything observed kept on the device until its end."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from raylth.data import DeviceSplit
from raylth.seeds import Presentations
from raylth.spec.schema import TrainingSpec
from raylth.training.precision import autocast
from raylth.trajectory import Precision


@dataclass(frozen=True)
class EpochResult:
    """`loss`: running mean over presentations, in nats; `correct`: bool [N] by image, predicted before the update."""

    loss: float
    correct: Tensor


def make_optimiser(network: nn.Module, training: TrainingSpec) -> torch.optim.SGD:
    """PyTorch's SGD. Its buffer is v of equation (1) divided by -lr: v = mu v + g, theta = theta - lr v."""
    return torch.optim.SGD(
        network.parameters(),
        lr=training.lr,
        momentum=training.momentum,
        weight_decay=training.weight_decay,
        fused=True,
    )


def learning_rate(training: TrainingSpec, step: int, total_steps: int) -> float:
    """The learning rate of update `step` (from 0) of `total_steps` over the whole budget T."""
    if training.schedule == "constant":
        return training.lr
    return training.lr * cosine(step, total_steps)


def cosine(step: int, total_steps: int) -> float:
    """The factor that a cosine schedule puts before the learning rate: 1 at step 0, towards 0 at the end."""
    return 0.5 * (1 + math.cos(math.pi * step / total_steps))


class Masking:
    """Keeps pruned weights at exactly 0 through any optimiser step, by masking gradients before it.

    A weight that starts at 0 with a momentum buffer of 0 then stays: weight decay of 0 is 0, and momentum of 0 is 0.
    """

    def __init__(self, network: nn.Module, masks: Mapping[str, Tensor]) -> None:
        named = dict(network.named_parameters())
        self._weights: list[Tensor] = [named[name] for name in masks]
        self._masks = [
            torch.empty_like(weight).copy_(mask) for weight, mask in zip(self._weights, masks.values(), strict=True)
        ]

    def apply_to_weights(self) -> None:
        """Set every pruned weight to 0."""
        self._mask([weight.detach() for weight in self._weights])

    def apply_to_momentum(self, optimiser: torch.optim.SGD) -> None:
        """Set the momentum buffer of every pruned weight to 0, where it was inherited."""
        buffers = [optimiser.state[weight].get("momentum_buffer") for weight in self._weights]
        # A training at mu = 0, or one that starts afresh, has no buffers at all.
        self._mask([buffer for buffer in buffers if buffer is not None])

    def apply_to_gradients(self) -> None:
        """Set the gradient of every pruned weight to 0."""
        self._mask([weight.grad for weight in self._weights if weight.grad is not None])

    def _mask(self, tensors: list[Tensor]) -> None:
        if tensors:
            torch._foreach_mul_(tensors, self._masks)


def train_epoch(
    network: nn.Module,
    optimiser: torch.optim.SGD,
    masking: Masking,
    split: DeviceSplit,
    noise: Presentations,
    training: TrainingSpec,
    epoch: int,
    precision: Precision,
) -> EpochResult:
    """Train for one epoch (`epoch` counted from 0 over the whole budget), the last partial batch included."""
    network.train()
    noise = noise.to(split.device)
    steps = -(-len(split) // training.batch_size)
    correct = torch.zeros(len(split), dtype=torch.bool, device=split.device)
    total_loss = torch.zeros((), dtype=torch.float64, device=split.device)
    for step, indices in enumerate(torch.split(noise.order, training.batch_size)):
        images, labels = split.batch(indices, noise)
        with autocast(split.device, precision):
            logits = network(images)
        loss = F.cross_entropy(logits.float(), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        masking.apply_to_gradients()
        optimiser.param_groups[0]["lr"] = learning_rate(training, epoch * steps + step, training.epochs * steps)
        optimiser.step()
        optimiser.zero_grad()
        correct[indices] = logits.detach().argmax(1) == labels
        total_loss += loss.detach() * len(indices)
    return EpochResult(float(total_loss) / len(split), correct)


@torch.no_grad()
def presentation_accuracy(
    network: nn.Module, split: DeviceSplit, noise: Presentations, batch_size: int, precision: Precision
) -> float:
    """Train accuracy of one epoch's presentations without updates: the train side's acc_0 (equation 3).

    BatchNorm normalises by the batch, as in training; its running statistics move, so hand in a network to throw away.
    """
    network.train()
    noise = noise.to(split.device)
    hits = torch.zeros((), dtype=torch.int64, device=split.device)
    for indices in torch.split(noise.order, batch_size):
        images, labels = split.batch(indices, noise)
        with autocast(split.device, precision):
            logits = network(images)
        hits += (logits.argmax(1) == labels).sum()
    return int(hits) / len(split)
