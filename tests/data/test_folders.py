"""Folders of images: decoding, classes, splits, and the cache of decoded images."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from data_trees import pixels, write_folder, write_image, write_tinyimagenet
from PIL import Image
from torchvision.datasets import ImageFolder

from raylth.data import Dataset, check_dataset, folders, load_dataset
from raylth.errors import BadInput, DataCorrupt, DataMissing
from raylth.spec.schema import DataSpec

TINY, EUROSAT = DataSpec(name="tinyimagenet"), DataSpec(name="eurosat")


def same(a: Dataset, b: Dataset) -> bool:
    tensors = [(split.images, split.labels) for data in (a, b) for split in (data.train, data.test)]
    equal = all(torch.equal(x, y) for x, y in zip(tensors[0] + tensors[1], tensors[2] + tensors[3], strict=True))
    return equal and (a.name, a.classes, a.fingerprint, a.may_flip) == (b.name, b.classes, b.fingerprint, b.may_flip)


def contents(data: Dataset) -> list[tuple[int, bytes]]:
    splits = (data.train, data.test)
    return sorted(
        (int(y), x.numpy().tobytes()) for split in splits for x, y in zip(split.images, split.labels, strict=True)
    )


@pytest.fixture
def own(tmp_path: Path) -> DataSpec:
    """A folder data set of two classes of ten 4x4 images."""
    write_folder(tmp_path / "own")
    return DataSpec(name="folder", path=str(tmp_path / "own"))


def no_decoding(*_: object) -> torch.Tensor:
    raise AssertionError("decoded again")


def test_folder_against_torchvision(tmp_path: Path, own: DataSpec) -> None:
    data = load_dataset(own, tmp_path)
    theirs = ImageFolder(str(own.path))
    expected = sorted((label, np.asarray(image).transpose(2, 0, 1).tobytes()) for image, label in theirs)
    assert contents(data) == expected
    assert (len(data.train.labels), data.test.labels.tolist(), data.classes) == (16, [0, 0, 1, 1], 2)
    assert (data.train.images.shape, data.may_flip) == ((16, 3, 4, 4), True)


def test_eurosat_in_torchvision_layout(tmp_path: Path) -> None:
    write_folder(tmp_path / "eurosat" / "2750", ("AnnualCrop", "Forest", "River"), each=5, side=64)
    data = load_dataset(EUROSAT, tmp_path)
    assert (data.name, data.classes, data.test.labels.tolist()) == ("eurosat", 3, [0, 1, 2])
    with pytest.raises(DataCorrupt, match=r"officially 27000"):
        check_dataset(EUROSAT, tmp_path)


def test_tinyimagenet_tests_on_its_val_folder(tmp_path: Path) -> None:
    write_tinyimagenet(tmp_path / "tiny-imagenet-200")
    data = load_dataset(TINY, tmp_path)
    assert data.train.labels.tolist() == [0, 0, 0, 1, 1, 1] and data.test.labels.tolist() == [1, 0, 1]
    np.testing.assert_array_equal(data.test.images[2].numpy(), pixels(102, 64, 64, 3).transpose(2, 0, 1))
    np.testing.assert_array_equal(data.train.images[0].numpy(), pixels(10, 64, 64, 3).transpose(2, 0, 1))
    grey = pixels(0, 64, 64)
    np.testing.assert_array_equal(data.train.images[3].numpy(), np.stack([grey] * 3))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("val_0.png\tn001\n", "do not name the same images"),
        ("val_0.png\tn001\nval_1.png\tn009\nval_2.png\tn001\n", "names class n009, which has no training images"),
        ("../../x\tn001\n", "do not name the same images"),
        ("\xff", "do not name the same images"),
    ],
)
def test_tinyimagenet_annotations_must_fit(tmp_path: Path, lines: str, said: str) -> None:
    write_tinyimagenet(tmp_path / "tiny-imagenet-200")
    (tmp_path / "tiny-imagenet-200" / "val" / "val_annotations.txt").write_text(lines)
    with pytest.raises(DataCorrupt, match=said):
        load_dataset(TINY, tmp_path)


def test_tinyimagenet_annotations_are_missing(tmp_path: Path) -> None:
    write_tinyimagenet(tmp_path / "tiny-imagenet-200")
    (tmp_path / "tiny-imagenet-200" / "val" / "val_annotations.txt").unlink()
    with pytest.raises(DataCorrupt, match=r"val_annotations.txt cannot be read"):
        load_dataset(TINY, tmp_path)


def test_the_first_image_of_another_size_is_named(tmp_path: Path, own: DataSpec) -> None:
    write_image(tmp_path / "own" / "bee" / "004.png", pixels(0, 5, 4, 3))
    write_image(tmp_path / "own" / "bee" / "005.png", pixels(0, 6, 4, 3))
    with pytest.raises(DataCorrupt) as error:
        load_dataset(own, tmp_path)
    bee, ant = tmp_path / "own" / "bee" / "004.png", tmp_path / "own" / "ant" / "000.png"
    assert str(error.value) == f"{bee} is 4x5 pixels, but {ant} is 4x4; all images of a data set must share one size"


@pytest.mark.parametrize("name", ["ant/000.png", "bee/007.png"])
@pytest.mark.parametrize("keep", [0, 20, 60])
def test_a_damaged_image_is_named(tmp_path: Path, own: DataSpec, name: str, keep: int) -> None:
    path = tmp_path / "own" / name
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataCorrupt) as error:
        load_dataset(own, tmp_path)
    assert str(error.value).startswith(f"{path} cannot be decoded: ")


def test_deep_images_are_refused_not_clipped(tmp_path: Path, own: DataSpec) -> None:
    path = tmp_path / "own" / "bee" / "003.png"
    Image.fromarray(np.full((4, 4), 3000, dtype=np.uint16)).save(path)
    with pytest.raises(DataCorrupt, match=r"003.png is not an image of 8 bits per channel"):
        load_dataset(own, tmp_path)


def test_images_too_large_for_memory(tmp_path: Path, own: DataSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("raylth.data.images._LARGEST", 20 * 3 * 16 - 1)
    monkeypatch.setattr("raylth.data.images._decode", no_decoding)
    with pytest.raises(DataCorrupt, match=r"20 images like .*000.png \(4x4\) would take .* make them smaller first"):
        load_dataset(own, tmp_path)


def test_hidden_and_foreign_files_are_left_out(tmp_path: Path, own: DataSpec) -> None:
    before = load_dataset(own, tmp_path)
    write_folder(tmp_path / "own" / ".checkpoints")
    write_folder(tmp_path / "own" / "ant" / ".checkpoints")
    write_image(tmp_path / "own" / "ant" / ".hidden.png", pixels(0, 4, 4, 3))
    (tmp_path / "own" / "ant" / "README.txt").write_text("ants")
    (tmp_path / "own" / "README.txt").write_text("insects")
    assert same(before, load_dataset(own, tmp_path))


def test_folders_without_images(tmp_path: Path) -> None:
    (tmp_path / "own" / "ant").mkdir(parents=True)
    with pytest.raises(DataCorrupt, match=r"ant holds no images"):
        load_dataset(DataSpec(name="folder", path=str(tmp_path / "own")), tmp_path)
    with pytest.raises(DataCorrupt, match=r"there must be one per class"):
        load_dataset(DataSpec(name="folder", path=str(tmp_path / "own" / "ant")), tmp_path)
    with pytest.raises(DataMissing, match=r"data.path: .*nowhere is not a folder on this machine"):
        load_dataset(DataSpec(name="folder", path=str(tmp_path / "nowhere")), tmp_path)
    with pytest.raises(BadInput, match=r"data.name: folder needs data.path"):
        load_dataset(DataSpec(name="folder"), tmp_path)


def test_fingerprint_is_of_content_not_of_place(tmp_path: Path, own: DataSpec) -> None:
    write_folder(tmp_path / "elsewhere")
    other = load_dataset(DataSpec(name="folder", path=str(tmp_path / "elsewhere")), tmp_path)
    assert other.fingerprint == load_dataset(own, tmp_path).fingerprint


def test_second_load_decodes_nothing(tmp_path: Path, own: DataSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tinyimagenet(tmp_path / "tiny-imagenet-200")
    first = [load_dataset(spec, tmp_path) for spec in (own, TINY)]
    monkeypatch.setattr(folders, "decode_images", no_decoding)
    assert all(same(data, load_dataset(spec, tmp_path)) for data, spec in zip(first, (own, TINY), strict=True))
    assert len(list((tmp_path / ".decoded").iterdir())) == 2
    assert check_dataset(own, tmp_path).fingerprint == first[0].fingerprint


def test_a_changed_folder_is_decoded_again(tmp_path: Path, own: DataSpec) -> None:
    first = load_dataset(own, tmp_path)
    write_image(tmp_path / "own" / "ant" / "000.png", pixels(77, 4, 4, 3))
    os.utime(tmp_path / "own" / "ant" / "000.png", (1, 1))
    second = load_dataset(own, tmp_path)
    assert second.fingerprint != first.fingerprint
    # The last ant becomes the first bee, so that sizes and times stay in their order and the name alone tells.
    (tmp_path / "own" / "ant" / "009.png").rename(tmp_path / "own" / "bee" / "0.png")
    third = load_dataset(own, tmp_path)
    assert third.train.labels.bincount().tolist() == [7, 9]
    assert len(list((tmp_path / ".decoded").iterdir())) == 1


def test_changed_annotations_count_as_a_change(tmp_path: Path) -> None:
    write_tinyimagenet(tmp_path / "tiny-imagenet-200")
    load_dataset(TINY, tmp_path)
    path = tmp_path / "tiny-imagenet-200" / "val" / "val_annotations.txt"
    path.write_text(path.read_text().replace("val_0.png\tn002", "val_0.png\tn001"))
    os.utime(path, (1, 1))
    assert load_dataset(TINY, tmp_path).test.labels.tolist() == [0, 0, 1]


@pytest.mark.parametrize("keep", [0, 5, 400])
def test_a_broken_cache_is_replaced(tmp_path: Path, own: DataSpec, keep: int, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_dataset(own, tmp_path)
    (cache,) = (tmp_path / ".decoded").iterdir()
    cache.write_bytes(cache.read_bytes()[:keep])
    assert same(first, load_dataset(own, tmp_path))
    monkeypatch.setattr(folders, "decode_images", no_decoding)
    assert same(first, load_dataset(own, tmp_path))


def test_check_finds_a_changed_byte_in_the_cache(tmp_path: Path, own: DataSpec) -> None:
    load_dataset(own, tmp_path)
    (cache,) = (tmp_path / ".decoded").iterdir()
    content = bytearray(cache.read_bytes())
    content[-1] ^= 1
    cache.write_bytes(content)
    with pytest.raises(DataCorrupt, match=r"decoded images of folder changed on disk; remove .*\.decoded"):
        check_dataset(own, tmp_path)


def test_a_cache_that_cannot_be_written_is_a_warning(tmp_path: Path, own: DataSpec) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / ".decoded").write_text("a file in the way")
    with pytest.warns(UserWarning, match=r"decoded images cannot be kept in"):
        data = load_dataset(own, tmp_path / "root")
    assert same(data, load_dataset(own, tmp_path))


def test_a_failed_write_leaves_nothing(tmp_path: Path, own: DataSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("raylth.data.decoded.save_file", full_disk)
    with pytest.warns(UserWarning, match=r"No space left"):
        load_dataset(own, tmp_path)
    assert list((tmp_path / ".decoded").iterdir()) == []
