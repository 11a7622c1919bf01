"""Safetensors files that know whether they are whole: a checksum in their metadata, verified whenever one is read."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

CHECKSUM = "sha256"
"""The metadata's key for the checksum, which covers everything else: names, shapes, metadata and values."""


def pack_tensors(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> bytes:
    """Contiguous tensors on the CPU as the bytes of one safetensors file with a checksum."""
    header, values = _split(save(dict(tensors), dict(metadata)))
    header.setdefault("__metadata__", {})[CHECKSUM] = _checksum(header, values)
    text = json.dumps(header, separators=(",", ":")).encode()
    # The values must begin at a multiple of 8 bytes.
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(8, "little"), text, values])


def unpack_tensors(content: bytes) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a safetensors file by name, sorted, and its metadata without the checksum.

    Files that were made elsewhere, or before there were checksums, have none to verify.

    Raises:
        ValueError: the bytes are no safetensors file, or not those that were written.
    """
    try:
        tensors = load(content)
        # The library gives tensors in another order each time, and metadata only from a path.
        header, values = _split(content)
    except (SafetensorError, KeyError, RuntimeError, RecursionError) as error:
        raise ValueError(f"not a safetensors file: {error}") from error
    metadata: dict[str, str] = header.get("__metadata__", {})
    expected = metadata.pop(CHECKSUM, None)
    if expected is not None and expected != _checksum(header, values):
        raise ValueError("its checksum is not that of its content")
    return dict(sorted(tensors.items())), metadata


def _split(content: bytes) -> tuple[dict[str, Any], memoryview]:
    """A file's header, which begins with its size as 8 bytes, and the values after it."""
    end = 8 + int.from_bytes(content[:8], "little")
    header: dict[str, Any] = json.loads(content[8:end])
    return header, memoryview(content)[end:]


def _checksum(header: Mapping[str, Any], values: memoryview) -> str:
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    digest.update(values)
    return digest.hexdigest()
