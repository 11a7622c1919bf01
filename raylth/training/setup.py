"""Setting up a workbench: images on the device, an empty network, and the store to work from."""

from pathlib import Path

import torch

from raylth.data import Dataset, Split, class_balanced, largest_balanced, load_dataset, normalisation, to_device
from raylth.models import build
from raylth.spec.schema import DataSpec, ModelSpec
from raylth.store import Checkpoints, Store
from raylth.training.memory import keep_freed_memory
from raylth.training.workbench import CLEAN_IMAGES, Splits, Workbench


def make_splits(dataset: Dataset, device: torch.device, crop: int, clean_images: int = CLEAN_IMAGES) -> Splits:
    """Put a data set on a device, with `crop` pixels around training images and at most `clean_images` clean ones."""
    mean, std = normalisation(dataset.train.images)
    count = min(clean_images, largest_balanced(dataset.train.labels, dataset.classes))
    kept = class_balanced(dataset.train.labels, count, dataset.classes, purpose="clean")
    clean = Split(dataset.train.images[kept], dataset.train.labels[kept])
    return Splits(
        train=to_device(dataset.train, device, mean, std, crop),
        test=to_device(dataset.test, device, mean, std),
        clean=to_device(clean, device, mean, std),
    )


def make_workbench(
    data: DataSpec,
    model: ModelSpec,
    crop: int,
    store: Store,
    checkpoints: Checkpoints,
    data_root: Path,
    device: torch.device,
    clean_images: int = CLEAN_IMAGES,
    allow_import: bool = False,
) -> Workbench:
    """A workbench for one data set and architecture. Raises as `load_dataset` and `build` do.

    On a CPU, the process keeps the memory that it frees from now on.
    """
    if device.type == "cpu":
        keep_freed_memory()
    dataset = load_dataset(data, data_root, allow_import)
    splits = make_splits(dataset, device, crop, clean_images)
    shape = tuple(dataset.train.images.shape[1:])
    network = build(model, (shape[0], shape[1], shape[2]), dataset.classes, allow_import)
    # channels_last is the layout in which convolutions are quickest, on CPUs with matrix units and on GPUs alike.
    network = network.to(device).to(memory_format=torch.channels_last)
    return Workbench(store, checkpoints, network, splits)
