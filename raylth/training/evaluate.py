"""Accuracy and loss of a network on a split, without touching the network."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from raylth.data import DeviceSplit
from raylth.training.precision import autocast
from raylth.trajectory import Precision

EVALUATION_BATCH = 1000


@dataclass(frozen=True)
class Evaluation:
    """`correct`: bool [N], on the split's device; `loss`: mean cross-entropy in nats."""

    correct: Tensor
    loss: float

    @property
    def accuracy(self) -> float:
        """Share of images classified correctly, in [0, 1]."""
        return int(self.correct.sum()) / len(self.correct)


@torch.inference_mode()
def evaluate(network: nn.Module, split: DeviceSplit, precision: Precision) -> Evaluation:
    """Evaluate in eval mode on the clean images of a split; the network's mode is restored."""
    was_training = network.training
    network.eval()
    correct, losses = [], []
    for first in range(0, len(split), EVALUATION_BATCH):
        images, labels = split.clean(slice(first, first + EVALUATION_BATCH))
        with autocast(split.device, precision):
            logits = network(images)
        losses.append(F.cross_entropy(logits.float(), labels, reduction="sum").double())
        correct.append(logits.argmax(1) == labels)
    network.train(was_training)
    return Evaluation(torch.cat(correct), float(torch.stack(losses).sum()) / len(split))


@torch.no_grad()
def recompute_batchnorm(network: nn.Module, split: DeviceSplit, precision: Precision) -> None:
    """Replace BatchNorm statistics by the cumulative average over one pass of clean images, in place.

    The network's mode is restored. A network without BatchNorm is left alone, for free.
    """
    layers = [module for module in network.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    if not layers:
        return
    was_training, momenta = network.training, [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None
    network.train()
    # Equal parts, so that the cumulative average weighs every image alike.
    parts = -(-len(split) // EVALUATION_BATCH)
    bounds = [len(split) * part // parts for part in range(parts + 1)]
    for first, last in pairwise(bounds):
        images, _ = split.clean(slice(first, last))
        with autocast(split.device, precision):
            network(images)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
    network.train(was_training)
