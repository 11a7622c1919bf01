"""Which plain YAML words are numbers, booleans or null: YAML 1.2's rules, where PyYAML follows those of YAML 1.1.

So `5e-4` is a number, and `on`, `no`, `1_000`, `0o17`, `1:30` and `2024-01-01` are text.
"""

import re
from typing import Any

import yaml

PREFIX = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"[-+]?[0-9]{1,100}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,100}|[0-9]{1,100}(\.[0-9]{0,100})?)([eE][-+]?[0-9]{1,100})?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = {"", "~", "null", "Null", "NULL"}


def core_tag(kind: type[yaml.Node], value: Any, implicit: Any) -> str:
    """The tag of a node that carries none: what PyYAML asks of its resolver."""
    if kind is yaml.MappingNode:
        return PREFIX + "map"
    if kind is yaml.SequenceNode:
        return PREFIX + "seq"
    return PREFIX + (_plain_kind(value) if implicit[0] else "str")


def _plain_kind(word: str) -> str:
    if word in _NULLS:
        return "null"
    if word in _BOOLEANS:
        return "bool"
    if _INTEGER.fullmatch(word):
        return "int"
    if _FLOAT.fullmatch(word) or _NOT_FINITE.fullmatch(word):
        return "float"
    return "str"


def scalar(node: yaml.Node) -> str | int | float | bool | None:
    """The value of a scalar node. Raises ValueError if its tag does not fit its word, or it is no scalar."""
    tag, word = node.tag, node.value
    if not isinstance(node, yaml.ScalarNode) or not tag.startswith(PREFIX):
        raise ValueError(tag)
    wanted, kind = tag.removeprefix(PREFIX), _plain_kind(word)
    if wanted == "str":
        return str(word)
    if wanted == "float" and kind in ("float", "int"):
        return float(word.replace(".", "", 1)) if _NOT_FINITE.fullmatch(word) else float(word)
    if wanted != kind:
        raise ValueError(tag)
    return int(word) if kind == "int" else _BOOLEANS.get(word)
