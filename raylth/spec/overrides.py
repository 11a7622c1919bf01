"""Changes to a spec from the command line: `--set training.epochs=20`."""

from collections.abc import Sequence
from functools import reduce

from raylth.errors import SpecError
from raylth.spec.reading import parse
from raylth.spec.sentences import cut, shown
from raylth.spec.tree import Located, merge

PREFIX = "--set "


def override(tree: Located, assignments: Sequence[str]) -> Located:
    """`tree` with each `dotted.key=value` laid over it in order. The value is YAML; mappings are merged.

    Everything after `grid.` is the name of one axis: `grid.lineage.rewind=[0, 2]`.

    Raises:
        SpecError: An assignment has no `=` or key, or its value is not YAML.
    """
    changed = reduce(merge, map(_as_tree, assignments), tree)
    return Located(changed.value, tree.place)


def _as_tree(assignment: str) -> Located:
    place = PREFIX + (cut(assignment) if assignment.isprintable() else shown(assignment))
    key, equals, text = assignment.partition("=")
    keys = _keys(key.strip())
    if not equals or not all(keys) or not key.isprintable():
        raise SpecError(f"{place}: must look like training.epochs=20")
    node = parse(text, lambda line: place)
    for part in reversed(keys):
        node = Located({part: node}, place)
    return node


def _keys(key: str) -> list[str]:
    return key.split(".", 1) if key.startswith("grid.") else key.split(".")
