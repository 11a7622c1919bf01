"""Iterative magnitude pruning with rewinding (algorithm 1): the levels of one lineage, on a workbench."""

from collections.abc import Collection, Sequence

import torch
from torch import Tensor

from raylth.errors import ObjectMissing
from raylth.lineage import Lineage
from raylth.models import prunable
from raylth.pruning import Mask, PrunedAt, magnitude_prune, mask_at, record_level
from raylth.state import State
from raylth.training.workbench import OnEpoch, Workbench


def train_level(
    bench: Workbench, lineage: Lineage, level: int, snapshots: Collection[int] = (), on_epoch: OnEpoch | None = None
) -> State:
    """Train one level of a lineage to the end of its budget: rewind, mask, train (algorithm 1, lines 5 and 8).

    Raises:
        Diverged: the loss was not finite.
        ObjectMissing: the rewind point or the level before has not been trained.
    """
    mask = find_mask(bench, lineage, level)
    trajectory = lineage.level(level)
    bench.start(trajectory, lineage.rewind, mask)
    return bench.advance(trajectory, trajectory.training.epochs, mask, snapshots, on_epoch)


def train_copy(
    bench: Workbench, lineage: Lineage, level: int, copy_index: int, on_epoch: OnEpoch | None = None
) -> State:
    """Train the ticket of `level` once more with other SGD noise, for a `ticket` line. Raises as `train_level`."""
    trajectory = lineage.ticket_copy(level, copy_index)
    return bench.advance(trajectory, trajectory.training.epochs, find_mask(bench, lineage, level), (), on_epoch)


def train_trunk(
    bench: Workbench, lineage: Lineage, until: int, snapshots: Collection[int] = (), on_epoch: OnEpoch | None = None
) -> State:
    """Pretrain to the rewind point and stop there (algorithm 1, line 3). Raises as `train_level`."""
    return bench.advance(lineage.trunk, until, {}, snapshots, on_epoch)


def find_mask(bench: Workbench, lineage: Lineage, level: int) -> Mask:
    """The mask in force at `level`, read from the store, or pruned from the level before and stored.

    Empty at level 0.

    Raises:
        ObjectMissing: the level before has not been trained to its end.
    """
    if level == 0:
        return {}
    pruned_at, levels = _stored_masks(bench, lineage)
    for next_level in range(levels + 1, level + 1):
        pruned_at = _prune_once(bench, lineage, pruned_at, next_level)
        bench.store.put_masks(lineage.mask_key, pruned_at, next_level)
    return mask_at(pruned_at, level)


def rewind_weights(bench: Workbench, lineage: Lineage) -> dict[str, Tensor]:
    """theta_p: the state dict at the rewind point, unmasked. Raises ObjectMissing if the trunk is not there yet."""
    return bench.weights_of(lineage.rewind_point)


def _prune_once(bench: Workbench, lineage: Lineage, pruned_at: PrunedAt, level: int) -> PrunedAt:
    trained = bench.store.state(lineage.level(level - 1).end).weights
    survivors = mask_at(pruned_at, level - 1)
    weights = {name: trained[name] for name in survivors}
    return record_level(pruned_at, magnitude_prune(weights, survivors, lineage.fraction), level)


def _stored_masks(bench: Workbench, lineage: Lineage) -> tuple[PrunedAt, int]:
    try:
        return bench.store.masks(lineage.mask_key)
    except ObjectMissing:
        return _nothing_pruned(bench, lineage.exclude), 0


def _nothing_pruned(bench: Workbench, exclude: Sequence[str]) -> PrunedAt:
    parameters = dict(bench.network.named_parameters())
    return {name: torch.zeros(parameters[name].shape, dtype=torch.uint8) for name in prunable(bench.network, exclude)}
