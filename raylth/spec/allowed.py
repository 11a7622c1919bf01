"""What a key of a spec may be, in words, read from the JSON schema of its model."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel

from raylth.spec.sentences import joined, shown

NOUNS = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "object": "a mapping of keys",
    "null": "null",
}
BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "greater than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
}


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def allowed(model: type[BaseModel], path: Sequence[str | int], *, noun: bool) -> str:
    """What the key at `path` may be, such as `a number, at least 0 and less than 1`; the noun can be left out."""
    return _describe(_schema(model), _at(_schema(model), path), noun)


def known_keys(model: type[BaseModel], path: Sequence[str | int]) -> tuple[list[str], list[str]]:
    """The keys that the mapping at `path` may hold, and all keys of the model that need a dot."""
    root = _schema(model)
    return list(_at(root, path).get("properties", {})), [key for key in _dotted_keys(root, root, "") if "." in key]


def is_container(model: type[BaseModel], path: Sequence[str | int]) -> bool:
    """Whether the value at `path` is a mapping or a list whose entries have rules of their own."""
    node = _at(_schema(model), path)
    return any(isinstance(node.get(key), dict) for key in ("properties", "additionalProperties", "items"))


def _dotted_keys(root: dict[str, Any], node: Mapping[str, Any], prefix: str) -> list[str]:
    keys: list[str] = []
    for key, child in node.get("properties", {}).items():
        keys += [prefix + key, *_dotted_keys(root, _resolved(root, child), f"{prefix}{key}.")]
    return keys


def _resolved(root: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref")
    return root["$defs"][reference.rpartition("/")[2]] if reference else node


def _at(root: dict[str, Any], path: Sequence[str | int]) -> dict[str, Any]:
    node = root
    for key in path:
        child = node.get("properties", {}).get(key) or node.get("additionalProperties") or node.get("items") or {}
        node = _resolved(root, child)
    return node


def _describe(root: dict[str, Any], node: dict[str, Any], noun: bool) -> str:
    if "anyOf" in node:
        return ", or ".join(_describe(root, _resolved(root, branch), noun) for branch in node["anyOf"])
    if "enum" in node or "const" in node:
        return joined([shown(value) for value in node.get("enum", [node.get("const")])])
    if node.get("type") == "array":
        return _describe_list(root, node)
    bounds = joined([f"{words} {node[bound]:,}" for bound, words in BOUNDS.items() if bound in node], "and")
    name = NOUNS[node["type"]]
    if not bounds:
        return name
    return f"{name}, {bounds}" if noun else bounds


def _describe_list(root: dict[str, Any], node: dict[str, Any]) -> str:
    if "minItems" in node:
        return "a list of at least one value"
    return f"a list, each entry {_describe(root, _resolved(root, node['items']), True)}"
