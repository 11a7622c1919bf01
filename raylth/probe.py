"""Linear probes: a linear layer on the pooled features of a frozen network (paper section 5.1; Alain & Bengio 2017)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from raylth.data import DeviceSplit
from raylth.errors import BadInput
from raylth.evaluation import Measured, Outcome, Passes, measure
from raylth.frozen import Frozen, load_frozen
from raylth.models.classifier import Classifier, pool, with_blocks
from raylth.seeds import stream
from raylth.spec.studies import LinearSpec
from raylth.training.evaluate import EVALUATION_BATCH
from raylth.training.loop import cosine
from raylth.training.precision import autocast
from raylth.training.workbench import Workbench
from raylth.trajectory import DataInputs, Inputs, ModelInputs, Precision

PROBE_VERSION = 1
"""Raise by hand when the same frozen network would give other numbers."""


LAST = -1
"""The last block, whichever number it has."""


class Probe(Inputs):
    """Linear probes after some blocks of one frozen network, on one data set.

    `blocks` None is after all, and -1 is the last.
    """

    kind: Literal["probe"] = "probe"
    version: int = PROBE_VERSION
    network: Frozen
    model: ModelInputs
    data: DataInputs
    blocks: tuple[int, ...] | None = None
    linear: LinearSpec
    seed: int


@dataclass(frozen=True)
class Curves:
    """Accuracy and loss (nats) of one linear layer after each epoch, float64 [E]."""

    train_accuracy: Tensor
    test_accuracy: Tensor
    test_loss: Tensor


@dataclass(frozen=True)
class Features:
    """Pooled features after one block, float32 [N, F], with their labels, int64 [N]."""

    values: Tensor
    labels: Tensor


def measure_probe(bench: Workbench, probe: Probe, run: str) -> Measured:
    """Train the probes of a frozen network, or read them if they are in the store.

    Tensors are named `BLOCK/CURVE`. The numbers are `sparsity`, `blocks` of the network in all, `train_images`, and
    `zero_shot`, the
    test accuracy of the frozen network with its own classifier, which nothing has trained (Zhou et al. 2019).

    Raises:
        BadInput: the network has no blocks, or not those.
        ObjectMissing: the network is not in the store yet.
    """

    def work() -> Outcome:
        network = with_blocks(bench.network)
        sparsity = load_frozen(bench, probe.network)
        blocks = blocks_probed(probe, len(network.blocks))
        check_blocks(network, blocks)
        train, _ = block_features(network, bench.splits.train, blocks, probe.network.precision)
        test, zero_shot = block_features(network, bench.splits.test, blocks, probe.network.precision)
        tensors: dict[str, Tensor] = {}
        for block in blocks:
            curves = train_linear(train[block], test[block], probe.linear, probe.seed)
            tensors |= {f"{block}/{name}": curve for name, curve in vars(curves).items()}
        return tensors, {
            "sparsity": sparsity,
            "zero_shot": zero_shot if probe.network.classifier is None else float("nan"),
            "blocks": len(network.blocks),
            "train_images": len(bench.splits.train),
        }

    splits = bench.splits
    passes = probe_passes(probe, len(splits.train), len(splits.test))
    return measure(bench.store, probe.key, work, passes.total, splits.device, run)


def probe_passes(probe: Probe, train_images: int, test_images: int) -> Passes:
    """Every image once through the network, for all blocks together; the linear layers are not counted."""
    recomputed = min(probe.network.clean_images, train_images) if probe.network.batchnorm == "recomputed" else 0
    return Passes(train_images + test_images, recomputed)


def blocks_probed(probe: Probe, total: int) -> tuple[int, ...]:
    """The blocks of a network of `total` blocks that a probe is about."""
    if probe.blocks is None:
        return tuple(range(1, total + 1))
    return tuple(total if block == LAST else block for block in probe.blocks)


def blocks_of(measured: Measured) -> list[int]:
    """The blocks that were probed."""
    return sorted({int(name.partition("/")[0]) for name in measured.tensors})


def check_blocks(network: Classifier, blocks: Sequence[int]) -> None:
    """Raises BadInput for blocks that the network does not have."""
    last = len(network.blocks)
    if max(blocks) > last:
        raise BadInput(
            f"studies.probes.blocks names {max(blocks)}, but this network's blocks are numbered 1 to {last}."
        )


@torch.inference_mode()
def block_features(
    network: Classifier, split: DeviceSplit, blocks: Sequence[int], precision: Precision
) -> tuple[dict[int, Features], float]:
    """Pooled features of clean images after each block, in one pass, and the network's own accuracy on them."""
    parts: dict[int, list[Tensor]] = {block: [] for block in blocks}
    hits = 0
    for first in range(0, len(split), EVALUATION_BATCH):
        images, labels = split.clean(slice(first, first + EVALUATION_BATCH))
        with autocast(split.device, precision):
            for block, features in network.outputs(images):
                if block in parts:
                    parts[block].append(pool(features).float())
            hits += int((network.classifier(pool(features)).argmax(1) == labels).sum())
    found = {block: Features(torch.cat(values).clone(), split.labels) for block, values in parts.items()}
    return found, hits / len(split)


def train_linear(train: Features, test: Features, linear: LinearSpec, seed: int) -> Curves:
    """Train a linear layer from zero on frozen features, standardised by those of the training images.

    The images come in the order of a stream of their own, the same for every network.
    """
    mean, scale = _standardisation(train.values)
    inputs, test_inputs = (train.values - mean) * scale, (test.values - mean) * scale
    classes = int(max(train.labels.max(), test.labels.max())) + 1
    layer = nn.Linear(inputs.shape[1], classes, device=inputs.device)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    optimiser = torch.optim.SGD(
        layer.parameters(), lr=linear.lr, momentum=linear.momentum, weight_decay=linear.weight_decay, fused=True
    )
    rows = []
    for epoch in range(linear.epochs):
        _linear_epoch(layer, optimiser, inputs, train.labels, linear, epoch, seed)
        rows.append((*_score(layer, inputs, train.labels)[:1], *_score(layer, test_inputs, test.labels)))
    columns = torch.tensor(rows, dtype=torch.float64).T.contiguous()
    return Curves(*columns)


def _linear_epoch(
    layer: nn.Linear,
    optimiser: torch.optim.SGD,
    inputs: Tensor,
    labels: Tensor,
    linear: LinearSpec,
    epoch: int,
    seed: int,
) -> None:
    steps = -(-len(inputs) // linear.batch_size)
    order = torch.from_numpy(stream("probe order", seed=seed, epoch=epoch).permutation(len(inputs)))
    for step, indices in enumerate(torch.split(order.to(inputs.device), linear.batch_size)):
        optimiser.param_groups[0]["lr"] = linear.lr * cosine(epoch * steps + step, linear.epochs * steps)
        F.cross_entropy(layer(inputs[indices]), labels[indices]).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        optimiser.zero_grad()


@torch.no_grad()
def _score(layer: nn.Linear, inputs: Tensor, labels: Tensor) -> tuple[float, float]:
    logits = layer(inputs)
    return float((logits.argmax(1) == labels).double().mean()), float(F.cross_entropy(logits, labels))


def _standardisation(values: Tensor) -> tuple[Tensor, Tensor]:
    std, mean = torch.std_mean(values.double(), dim=0, correction=0)
    # A feature that never varies says nothing, and stays at 0.
    scale = torch.where(std > 0, 1 / std.clamp_min(torch.finfo(torch.float64).tiny), 0.0)
    return mean.float(), scale.float()
