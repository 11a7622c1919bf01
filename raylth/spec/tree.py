"""A spec before it is checked: plain values that remember the file and line, or the `--set`, that they came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]
"""The way to a value: mapping keys and list positions from the top."""


@dataclass(frozen=True)
class Located:
    """One value and the place where it was written, such as `sweeps/x.yaml:12`."""

    value: "dict[str, Located] | tuple[Located, ...] | str | int | float | bool | None"
    place: str


def plain(tree: Located) -> object:
    """The values alone: mappings as dict, lists as tuple."""
    if isinstance(tree.value, dict):
        return {key: plain(child) for key, child in tree.value.items()}
    if isinstance(tree.value, tuple):
        return tuple(plain(child) for child in tree.value)
    return tree.value


def merge(under: Located, over: Located) -> Located:
    """`over` on top of `under`: mappings are merged key by key, anything else (lists too) is replaced whole."""
    if not (isinstance(under.value, dict) and isinstance(over.value, dict)):
        return over
    merged = dict(under.value)
    for key, child in over.value.items():
        merged[key] = merge(merged[key], child) if key in merged else child
    return Located(merged, over.place)


def step(tree: Located, key: str | int) -> Located | None:
    """The child of a mapping or list, or None."""
    if isinstance(tree.value, dict) and isinstance(key, str):
        return tree.value.get(key)
    if isinstance(tree.value, tuple) and isinstance(key, int) and 0 <= key < len(tree.value):
        return tree.value[key]
    return None


def nearest_place(tree: Located, path: Sequence[str | int]) -> str:
    """The place of the value at `path`, or of the deepest mapping above it that was written."""
    for key in path:
        child = step(tree, key)
        if child is None:
            break
        tree = child
    return tree.place


def find(tree: Located, path: Sequence[str | int]) -> Located | None:
    """The value at `path`, or None where nothing was written."""
    node: Located | None = tree
    for key in path:
        node = step(node, key) if node else None
    return node
