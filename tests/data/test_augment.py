"""Batches on the device against torchvision, one image at a time."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor
from torchvision.transforms import functional as F

from raylth.data import DeviceSplit, Split, normalisation, present, to_device
from raylth.seeds import Noise, Presentations, presentations
from raylth.spec.schema import AugmentSpec

COUNT = 40


def make(channels: int, height: int = 6, width: int = 8) -> Split:
    generator = torch.Generator().manual_seed(channels)
    images = torch.randint(0, 256, (COUNT, channels, height, width), dtype=torch.uint8, generator=generator)
    return Split(images, torch.randint(0, 10, (COUNT,), generator=generator))


def oracle(image: Tensor, mean: Tensor, std: Tensor, crop: int, row: int, column: int, mirrored: bool) -> Tensor:
    height, width = image.shape[1:]
    changed = F.crop(F.pad(image, [crop]), row, column, height, width)
    changed = F.hflip(changed) if mirrored else changed
    return F.normalize(changed.float() / 255, mean.tolist(), std.tolist())


def draws(crop: int, seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    indices, rows, cols = (
        torch.randint(0, high, (50,), generator=generator) for high in (COUNT, 2 * crop + 1, 2 * crop + 1)
    )
    return indices, rows, cols, torch.rand(50, generator=generator) < 0.5


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("crop", [0, 1, 4])
def test_against_torchvision(channels: int, crop: int) -> None:
    split = make(channels)
    mean, std = normalisation(split.images)
    device_split = to_device(split, "cpu", mean, std, crop)
    indices, rows, cols, mirrored = draws(crop, seed=crop)
    found = present(device_split, indices, rows, cols, mirrored)
    assert found.dtype == torch.float32 and found.is_contiguous(memory_format=torch.channels_last)
    for place, values in enumerate(zip(indices, rows, cols, mirrored, strict=True)):
        index, row, column, mirror = (int(value) for value in values)
        expected = oracle(split.images[index], mean, std, crop, row, column, bool(mirror))
        torch.testing.assert_close(found[place], expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("crop", [0, 2])
def test_parts_can_be_left_out(crop: int) -> None:
    split = make(3)
    mean, std = normalisation(split.images)
    device_split = to_device(split, "cpu", mean, std, crop)
    indices, rows, cols, mirrored = draws(crop, seed=7)
    centre, straight = torch.full_like(rows, crop), torch.zeros_like(mirrored)
    none = present(device_split, indices, None, None, None)
    assert torch.equal(none, present(device_split, indices, centre, centre, straight))
    assert torch.equal(
        present(device_split, indices, rows, cols, None), present(device_split, indices, rows, cols, straight)
    )
    flipped = present(device_split, indices, None, None, mirrored)
    assert torch.equal(flipped, present(device_split, indices, centre, centre, mirrored))
    assert torch.equal(flipped[~mirrored], none[~mirrored]) and not torch.equal(flipped, none)
    assert torch.equal(flipped[mirrored], none[mirrored].flip(3))
    assert none.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("crop", [0, 3])
def test_clean_images(crop: int) -> None:
    split = make(3)
    mean, std = normalisation(split.images)
    images, labels = to_device(split, "cpu", mean, std, crop).clean(slice(7, 31))
    expected = torch.stack([oracle(image, mean, std, 0, 0, 0, False) for image in split.images[7:31]])
    torch.testing.assert_close(images, expected, rtol=0, atol=1e-6)
    assert images.is_contiguous(memory_format=torch.channels_last) and images.dtype == torch.float32
    assert torch.equal(labels, split.labels[7:31])


def padded_split(crop: int) -> DeviceSplit:
    split = make(3)
    return to_device(split, "cpu", *normalisation(split.images), crop)


def test_batch_takes_each_images_own_draw() -> None:
    split = padded_split(2)
    noise = presentations(Noise(seed=0, init=0, sibling=0, level=0), 3, COUNT, AugmentSpec(crop=2, flip=True))
    assert noise.rows is not None and noise.cols is not None and noise.mirrored is not None
    indices = noise.order[:16]
    images, labels = split.batch(indices, noise)
    assert torch.equal(labels, split.labels[indices])
    assert torch.equal(
        images, present(split, indices, noise.rows[indices], noise.cols[indices], noise.mirrored[indices])
    )
    by_place = present(split, indices, noise.rows[:16], noise.cols[:16], noise.mirrored[:16])
    assert not torch.equal(images, by_place)


def test_batch_without_changes_is_clean() -> None:
    split = padded_split(0)
    noise = Presentations(torch.arange(COUNT), None, None, None)
    images, labels = split.batch(noise.order[5:15], noise)
    clean, same_labels = split.clean(slice(5, 15))
    assert torch.equal(images, clean) and torch.equal(labels, same_labels)


def test_an_image_does_not_depend_on_its_batch() -> None:
    split = padded_split(1)
    everything = present(split, torch.arange(COUNT), None, None, None)
    one_by_one = torch.cat([present(split, torch.tensor([index]), None, None, None) for index in range(COUNT)])
    assert torch.equal(everything, one_by_one)


def test_offsets_beyond_the_padding_are_refused() -> None:
    split = padded_split(1)
    zero = torch.zeros(1, dtype=torch.int64)
    with pytest.raises(IndexError):
        present(split, zero, zero + 3, zero, None)


def test_device_memory_is_the_padded_bytes() -> None:
    split = padded_split(2)
    assert (len(split), split.crop, split.device.type) == (COUNT, 2, "cpu")
    assert split.windows.untyped_storage().nbytes() == COUNT * (6 + 4) * (8 + 4) * 3
    assert torch.equal(split.centres.permute(0, 3, 1, 2), make(3).images)


def test_normalisation_against_numpy() -> None:
    images = make(3).images
    mean, std = normalisation(images)
    values = images.numpy().astype(np.float64) / 255
    np.testing.assert_allclose(mean.numpy(), values.mean((0, 2, 3)), rtol=1e-6)
    np.testing.assert_allclose(std.numpy(), values.std((0, 2, 3)), rtol=1e-6)
    assert mean.dtype == std.dtype == torch.float32


def test_a_constant_channel_becomes_zero() -> None:
    split = replace(make(3))
    split.images[:, 1] = 93
    mean, std = normalisation(split.images)
    assert std[1].item() == pytest.approx(1 / 255)
    images, _ = to_device(split, "cpu", mean, std).clean(slice(None))
    assert images[:, 1].abs().max() < 1e-4 and images.isfinite().all()
