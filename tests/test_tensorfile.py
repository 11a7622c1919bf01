"""Files of tensors: what is read is what was written, or a refusal."""

import json

import pytest
import torch
from safetensors.torch import load, save

from raylth.tensorfile import pack_tensors, unpack_tensors

TENSORS = {
    "b": torch.arange(6.0).view(2, 3),
    "a": torch.tensor([True, False]),
    "none": torch.empty(0, 2, dtype=torch.float64),
    "scalar": torch.tensor(7),
}
METADATA = {"levels": "2", "order": '["b", "a"]'}
CONTENT = pack_tensors(TENSORS, METADATA)


def same(found: tuple[dict[str, torch.Tensor], dict[str, str]]) -> bool:
    tensors, metadata = found
    return METADATA.items() <= metadata.items() and all(
        tensors[name].dtype == each.dtype and torch.equal(tensors[name], each) for name, each in TENSORS.items()
    )


def test_unpacking_undoes_packing() -> None:
    found = unpack_tensors(CONTENT)
    assert same(found) and found[1] == METADATA
    assert list(found[0]) == sorted(TENSORS)
    assert int.from_bytes(CONTENT[:8], "little") % 8 == 0, "values are aligned"


def test_other_programs_read_the_file() -> None:
    assert torch.equal(load(CONTENT)["b"], TENSORS["b"])


def test_files_of_other_programs_have_no_checksum_to_verify() -> None:
    tensors, metadata = unpack_tensors(save({"a": torch.arange(3)}, {"levels": "2"}))
    assert (tensors["a"].tolist(), metadata) == ([0, 1, 2], {"levels": "2"})
    assert unpack_tensors(save({"a": torch.arange(3)}))[1] == {}


def test_the_checksum_survives_a_rewritten_header() -> None:
    size = int.from_bytes(CONTENT[:8], "little")
    header = json.dumps(json.loads(CONTENT[8 : 8 + size]), indent=1).encode()
    header += b" " * (-len(header) % 8)
    assert same(unpack_tensors(len(header).to_bytes(8, "little") + header + CONTENT[8 + size :]))


def test_no_flipped_bit_changes_what_is_read() -> None:
    refused = 0
    for place in range(8 * len(CONTENT)):
        flipped = bytearray(CONTENT)
        flipped[place // 8] ^= 1 << (place % 8)
        try:
            assert same(unpack_tensors(bytes(flipped))), f"bit {place}"
        except ValueError:
            refused += 1
    # What is left is padding, and the checksum's own name.
    assert refused > 0.95 * 8 * len(CONTENT)


@pytest.mark.parametrize("keep", [0, 4, 8, 60, len(CONTENT) - 1])
def test_half_a_file_is_refused(keep: int) -> None:
    with pytest.raises(ValueError):
        unpack_tensors(CONTENT[:keep])


def test_a_block_of_zeros_is_refused() -> None:
    for start in range(0, len(CONTENT) - 8, 8):
        if any(CONTENT[start : start + 8]):
            with pytest.raises(ValueError):
                unpack_tensors(CONTENT[:start] + bytes(8) + CONTENT[start + 8 :])
