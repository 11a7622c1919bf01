"""Which training images a selection keeps (paper section 5.2 and appendix D)."""

from dataclasses import replace

import torch
from torch import Tensor

from raylth.data.subset import class_balanced
from raylth.stability.forgetting import Forgetting, forgetting, hardness_ranking, unpack_correct
from raylth.store import Store
from raylth.training.workbench import Workbench
from raylth.trajectory import DataInputs, RandomImages, RankedImages, StateRef


def bench_for(bench: Workbench, data: DataInputs) -> Workbench:
    """The same workbench with the selected training images only; itself where nothing is selected.

    Raises:
        BadInput: a class has too few images.
        ObjectMissing: a training whose forgetting ranks the images is not in the store yet.
    """
    if data.selection is None:
        return bench
    chosen = selected(data.selection, bench.splits.train.labels.cpu(), bench.store)
    return replace(bench, splits=replace(bench.splits, train=bench.splits.train.take(chosen)))


def selected(selection: RandomImages | RankedImages, labels: Tensor, store: Store) -> Tensor:
    """Indices of the training images that are kept, int64, ascending. Raises as `bench_for` does."""
    if isinstance(selection, RandomImages):
        classes = int(labels.max()) + 1
        return class_balanced(labels, selection.images, classes, purpose=f"selection/{selection.seed}")
    ranking = hardness_ranking(*(_record(store, ref, selection.since, len(labels)) for ref in selection.records))
    kept = len(labels) - selection.removed_images
    order = ranking[-kept:] if selection.removed == "easiest" else ranking[:kept]
    return torch.sort(order).values


def _record(store: Store, ref: StateRef, since: int, images: int) -> Forgetting:
    telemetry = store.state(ref).telemetry
    # The record ends where the training does, and starts `since` epochs after initialisation.
    epochs = ref.epoch - since
    return forgetting(unpack_correct(telemetry.correct[-epochs:], images))
