"""From a YAML file to a checked sweep spec, and back: see `load_sweep`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml
from pydantic import ValidationError

from raylth.spec.axes import axis_name_problems, axis_names, axis_path
from raylth.spec.check import problems_of
from raylth.spec.files import read_file
from raylth.spec.overrides import PREFIX, override
from raylth.spec.problems import Problem, spec_error, validation_problems
from raylth.spec.schema import SweepSpec
from raylth.spec.tree import Located, find, plain
from raylth.spec.yaml_core import core_tag


def load_sweep(path: str | Path, overrides: Sequence[str] = ()) -> SweepSpec:
    """Read and check a sweep spec.

    Args:
        path: A YAML file, which may build on another by `base: other.yaml` (see `read_file`).
        overrides: `dotted.key=value` each, laid over the file in order; the value is YAML.

    In the merged spec, `grid: {momentum: null}` removes an axis.

    Raises:
        SpecError: Something is wrong; the message has a line for each problem (ten at most), with the file and line,
            or the override, that it came from.
    """
    tree = _without_removed_axes(override(read_file(Path(path)), overrides))
    data = plain(tree)
    try:
        spec = SweepSpec.model_validate(data)
    except ValidationError as error:
        found = validation_problems(SweepSpec, error, data)
        raise spec_error([*found, *_axis_names(tree)], tree) from None
    problems = [*problems_of(spec), *_overruled(spec, tree)]
    if problems:
        raise spec_error(problems, tree)
    return spec


def _without_removed_axes(tree: Located) -> Located:
    grid = find(tree, ("grid",))
    if grid is None or not isinstance(grid.value, dict):
        return tree
    assert isinstance(tree.value, dict)
    kept = {axis: values for axis, values in grid.value.items() if values.value is not None}
    return Located(tree.value | {"grid": Located(kept, grid.place)}, tree.place)


def _axis_names(tree: Located) -> list[Problem]:
    grid = find(tree, ("grid",))
    return axis_name_problems(grid.value) if grid and isinstance(grid.value, dict) else []


def _overruled(spec: SweepSpec, tree: Located) -> Iterator[Problem]:
    """Overrides that would be lost in silence, because an axis gives the values of their key."""
    if axis_name_problems(spec.grid):
        return
    for axis, name in [(each, name) for each in spec.grid for name in axis_names(each)]:
        section, key = axis_path(name)
        path = (section, *key.split("."))
        node = find(tree, path)
        if node and node.place.startswith(PREFIX):
            yield Problem(path, f"would have no effect, because grid.{axis} gives its values; set grid.{axis} instead")


class _Dumper(yaml.SafeDumper):
    """Quotes each text that `load_sweep` would otherwise read as a number, such as the name `1e3`."""

    resolve = staticmethod(core_tag)


def dump_sweep(spec: SweepSpec) -> str:
    """The whole spec as YAML, defaults included and `base` resolved. `load_sweep` reads the same spec back."""
    data = spec.model_dump(mode="json")
    return str(yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))
