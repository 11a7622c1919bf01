"""A frozen network: weights that no training moves, whose features probes and transfer look at (paper section 5)."""

from typing import Literal

import torch
from torch import Tensor

from raylth.errors import ObjectMissing
from raylth.models.classifier import is_classifier
from raylth.pruning import Mask, mask_at, permuted, permuted_globally, sparsity
from raylth.seeds import stream
from raylth.store import Store
from raylth.training.evaluate import recompute_batchnorm
from raylth.training.workbench import Workbench
from raylth.trajectory import Initialisation, Inputs, MaskRef, Precision, Shuffle, StateRef


class Frozen(Inputs):
    """A network by name: its weights before any training of the ticket, under a mask.

    `batchnorm` is "recomputed" for the masked network on `clean_images` clean training images of the data that the
    classifier sees, or "rewound": whatever the weights came with (0 and 1 at an initialisation). With `classifier`
    "none" the network's own is left out, because it is for other classes.
    """

    weights: Initialisation | StateRef
    classifier: Literal["none"] | None = None
    mask: MaskRef | None = None
    batchnorm: Literal["recomputed", "rewound"]
    clean_images: int
    precision: Precision


def stored_mask(store: Store, ref: MaskRef | None) -> Mask:
    """The mask of that name; empty for None, which is dense.

    Raises:
        ObjectMissing: the lineage has not pruned to that level yet.
    """
    if ref is None:
        return {}
    pruned_at, levels = store.masks(ref.lineage)
    if levels < ref.level:
        raise ObjectMissing(f"lineage {ref.lineage[:12]} has pruned {levels} times, not {ref.level} yet")
    mask = mask_at(pruned_at, ref.level)
    if ref.shuffle is not None:
        mask = _shuffled(mask, ref.shuffle)
    return mask if ref.classifier is None else {name: mask[name] for name in mask if not is_classifier(name)}


def load_frozen(bench: Workbench, frozen: Frozen) -> float:
    """Put a frozen network onto a bench, in eval mode, and return its sparsity.

    Raises:
        ObjectMissing: its weights or its mask are not in the store yet.
    """
    mask = stored_mask(bench.store, frozen.mask)
    bench.load(_weights(bench, frozen), mask)
    if frozen.batchnorm == "recomputed":
        recompute_batchnorm(bench.network, bench.splits.clean, frozen.precision)
    bench.network.eval()
    return sparsity(mask) if mask else 0.0


def _shuffled(mask: Mask, shuffle: Shuffle) -> Mask:
    generator = stream("mask permutation", **shuffle.model_dump(exclude={"scope"}))
    return permuted(mask, generator) if shuffle.scope == "layer" else permuted_globally(mask, generator)


def _weights(bench: Workbench, frozen: Frozen) -> dict[str, Tensor]:
    weights = bench.weights_of(frozen.weights)
    if frozen.classifier is None:
        return weights
    blank = {name: torch.zeros_like(each) for name, each in bench.network.state_dict().items() if is_classifier(name)}
    return {**weights, **blank}
