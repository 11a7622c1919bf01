"""Masks: global magnitude pruning, sparsity, and the record of a whole lineage (paper section 3.1, algorithm 1)."""

from fractions import Fraction
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

Mask: TypeAlias = dict[str, Tensor]
"""Every prunable weight by name: a bool tensor of the weight's shape, True where the weight is still there."""

PrunedAt: TypeAlias = dict[str, Tensor]
"""All masks of one lineage, which are nested: a uint8 tensor per weight, the level that pruned it, 0 if none did."""

DEEPEST_LEVEL = 255
"""The last level that fits into the record of a lineage."""


def magnitude_prune(weights: dict[str, Tensor], mask: Mask, fraction: float = 0.2) -> Mask:
    """One pruning step: line 6 of algorithm 1, globally over all layers.

    Exactly floor(fraction x surviving weights) go, lowest magnitude first. Of equal magnitudes those go first whose
    layer comes first in `mask`, then those with the lower flat index (row-major, whatever the memory format).

    `weights` holds the tensors named in `mask`, of the same shapes; others are not prunable and are ignored. The mask
    that comes back is new, and never revives a weight.

    Raises ValueError for a fraction outside [0, 1), NaN weights, missing weights, and shapes or dtypes that differ.
    """
    _check_fit(weights, mask)
    _check_magnitudes({name: weights[name] for name in mask})
    magnitudes = torch.cat([weights[name].detach()[layer].abs() for name, layer in mask.items()])
    count = _floor_of_product(fraction, magnitudes.numel())
    if count == 0:
        return {name: layer.clone() for name, layer in mask.items()}
    # On the CPU, because CUDA's kthvalue refuses to run under torch.use_deterministic_algorithms.
    threshold = magnitudes.cpu().kthvalue(count).values.item()
    ties = count - int((magnitudes < threshold).sum())
    pruned: Mask = {}
    for name, layer in mask.items():
        pruned[name], ties = _prune_layer(weights[name].detach().abs(), layer, threshold, ties)
    return pruned


def sparsity(mask: Mask) -> float:
    """The share of prunable weights that are pruned, in [0, 1]. Raises ValueError for a mask of no weights."""
    total = sum(layer.numel() for layer in mask.values())
    if total == 0:
        raise ValueError("The mask holds no weights, so it has no sparsity.")
    return 1 - sum(int(layer.count_nonzero()) for layer in mask.values()) / total


def sparsity_at(level: int, fraction: float = 0.2) -> float:
    """The sparsity label of a level, 1 - (1 - fraction)^level: 0.6723 at level 5 (paper table 2)."""
    return float(1 - (1 - fraction) ** level)


def mask_at(pruned_at: PrunedAt, level: int) -> Mask:
    """The mask in force at `level`: True where a weight survives that level's pruning; level 0 is dense.

    A level deeper than the record gives the deepest mask that was recorded. Raises ValueError outside 0..255.
    """
    if not 0 <= level <= DEEPEST_LEVEL:
        raise ValueError(f"Level {level} is outside 0..{DEEPEST_LEVEL}.")
    return {name: (record == 0) | (record > level) for name, record in pruned_at.items()}


def record_level(pruned_at: PrunedAt, mask: Mask, level: int) -> PrunedAt:
    """The lineage's record with one more level; the record given is left as it is. It starts as zeros.

    A level that prunes must directly follow the last one that did; one that prunes nothing may also come later, as
    happens once so few weights survive that the fraction rounds down to none.

    Raises ValueError if the mask names other weights, revives a pruned weight (masks not nested), or is out of order.
    """
    _check_fit(pruned_at, mask)
    if missing := pruned_at.keys() - mask.keys():
        raise ValueError(f"The mask lacks {min(missing)!r}, which the lineage records.")
    for name, record in pruned_at.items():
        if revived := int((mask[name] & (record > 0)).sum()):
            raise ValueError(f"Masks of a lineage are nested, but level {level} revives {revived} weights of {name!r}.")
    newly = {name: ~mask[name] & (record == 0) for name, record in pruned_at.items()}
    last = max(int(record.max()) for record in pruned_at.values())
    prunes = any(bool(layer.any()) for layer in newly.values())
    if not last < level <= (min(last + 1, DEEPEST_LEVEL) if prunes else DEEPEST_LEVEL):
        raise ValueError(f"Level {level} is out of order: the lineage is recorded up to level {last}.")
    return {name: record.masked_fill(newly[name], level) for name, record in pruned_at.items()}


def permuted(mask: Mask, generator: np.random.Generator) -> Mask:
    """The permuted baseline (paper section 5.1): each layer's mask shuffled, with the same layer-wise sparsity."""
    return {name: _shuffled(layer, generator) for name, layer in mask.items()}


def permuted_globally(mask: Mask, generator: np.random.Generator) -> Mask:
    """The mask shuffled over the whole network: the sparsity of the whole is kept, that of each layer is not."""
    flat = torch.cat([layer.flatten() for layer in mask.values()])
    parts = torch.split(_shuffled(flat, generator), [layer.numel() for layer in mask.values()])
    return {name: part.view(layer.shape) for (name, layer), part in zip(mask.items(), parts, strict=True)}


def _prune_layer(magnitude: Tensor, mask: Tensor, threshold: float, ties: int) -> tuple[Tensor, int]:
    # `ties` is how many weights at the threshold must still go, in this layer and those after it.
    tied = mask & (magnitude == threshold)
    first = tied & (tied.flatten().cumsum(0).view(tied.shape) <= ties)
    return mask & (magnitude >= threshold) & ~first, ties - int(first.sum())


def _floor_of_product(fraction: float, count: int) -> int:
    # In decimal, as people write fractions: 0.29 x 100 is 29, where binary floats make it 28.999... and so 28.
    if not 0 <= fraction < 1:
        raise ValueError(f"The fraction to prune is {fraction}; it must be at least 0 and below 1.")
    return int(Fraction(repr(float(fraction))) * count)


def _shuffled(layer: Tensor, generator: np.random.Generator) -> Tensor:
    values = torch.from_numpy(generator.permutation(layer.flatten().cpu().numpy()))
    return values.view(layer.shape).to(layer.device)


def _check_fit(tensors: dict[str, Tensor], mask: Mask) -> None:
    if not mask:
        raise ValueError("The mask is empty: it names no prunable weight.")
    for name, layer in mask.items():
        if name not in tensors:
            raise ValueError(f"The mask names {name!r}, but there is no weight of that name.")
        if layer.dtype != torch.bool:
            raise ValueError(f"The mask of {name!r} has dtype {layer.dtype}; it must be torch.bool.")
        if layer.shape != tensors[name].shape:
            shapes = f"{tuple(layer.shape)}, but its weight has {tuple(tensors[name].shape)}"
            raise ValueError(f"The mask of {name!r} has shape {shapes}; they must be equal.")


def _check_magnitudes(weights: dict[str, Tensor]) -> None:
    for name, weight in weights.items():
        if bool(weight.isnan().any()):
            raise ValueError(f"The weights {name!r} hold NaN, which has no magnitude; the training has diverged.")
    if len(dtypes := {str(weight.dtype) for weight in weights.values()}) > 1:
        raise ValueError(f"The weights have several dtypes ({', '.join(sorted(dtypes))}); they must be of one.")
