"""The JSON schema of a sweep file, for editors that complete keys and underline mistakes."""

from typing import Any

from raylth.spec.axes import axis_keys
from raylth.spec.schema import SweepSpec


def json_schema() -> dict[str, Any]:
    """The schema of a file as written: `base` may stand in it, and give what is required."""
    schema = SweepSpec.model_json_schema()
    properties = schema["properties"]
    base = {"type": "string", "description": "A YAML file, relative to this one, that this one is laid over."}
    grid = properties["grid"]
    values = {"anyOf": [grid["additionalProperties"], {"type": "null", "description": "Removes an axis of the base."}]}
    grid = grid | {"additionalProperties": values, "propertyNames": {"enum": _axis_names()}}
    optional = {key: value for key, value in schema.items() if key != "required"}
    return optional | {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "properties": {"base": base, **properties, "grid": grid},
    }


def _axis_names() -> list[str]:
    ends = [end for key in axis_keys() for end in _ends(key)]
    return [end for end in ends if ends.count(end) == 1]


def _ends(key: str) -> list[str]:
    parts = key.split(".")
    return [".".join(parts[i:]) for i in range(len(parts))]
