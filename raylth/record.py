"""Small JSON objects that know whether they are whole: a checksum among their entries, verified when one is read."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

CHECKSUM = "sha256"


def pack_record(value: Mapping[str, Any]) -> bytes:
    """An object as JSON, with a checksum beside its entries."""
    return json.dumps({**value, CHECKSUM: _checksum(value)}, indent=1, sort_keys=True).encode()


def unpack_record(content: bytes) -> dict[str, Any]:
    """What `pack_record` was given.

    Raises:
        ValueError: the bytes are no such record, or not the one that was written.
    """
    try:
        value = json.loads(content)
    except RecursionError as error:
        raise ValueError("not a record") from error
    if not isinstance(value, dict) or CHECKSUM not in value:
        raise ValueError("not a record with a checksum")
    if value.pop(CHECKSUM) != _checksum(value):
        raise ValueError("its checksum is not that of its content")
    return value


def _checksum(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
