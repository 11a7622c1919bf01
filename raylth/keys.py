"""Content keys: the SHA-256 of the canonical JSON of the named inputs of a computation."""

import hashlib
import json
from typing import Any


def canonical_json(inputs: Any) -> str:
    """JSON with sorted keys, no blanks and no NaN, so that equal inputs are equal text on every machine."""
    return json.dumps(inputs, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=True)


def content_key(inputs: Any) -> str:
    """The key (64 hexadecimal digits) of whatever is determined by `inputs`."""
    return hashlib.sha256(canonical_json(inputs).encode()).hexdigest()
