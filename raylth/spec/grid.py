"""The grid of a sweep: its axes, and the cells that are their product."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from raylth.spec.axes import AsWritten, axis_name_problems, axis_names, axis_path
from raylth.spec.part import Scalar
from raylth.spec.problems import Problem, spec_error, validation_problems
from raylth.spec.rules import cell_rules
from raylth.spec.schema import SweepSpec
from raylth.spec.sentences import joined, shown

M = TypeVar("M", bound=BaseModel)

MAX_CELLS = 100_000


@dataclass(frozen=True)
class Cell:
    """One point of the grid. `values` has every key of an axis, named as written; `spec` has them in place, no grid."""

    values: dict[str, Scalar]
    spec: SweepSpec


@dataclass(frozen=True)
class Axis:
    """One axis: its name as written, the keys that it varies together by their names, and its points, checked.

    A point has a value for each key.
    """

    name: str
    keys: Mapping[str, tuple[str, ...]]
    points: tuple[tuple[Scalar, ...], ...]


def cells(spec: SweepSpec) -> tuple[Cell, ...]:
    """All cells, the last axis varying fastest; a spec without a grid is one cell.

    Raises:
        SpecError: An axis names no key, a value does not fit its key or is listed twice, there are more than 100,000
            cells, or a cell breaks a rule such as `lineage.rewind < training.epochs`.
    """
    found, problems = expand(spec)
    if problems:
        raise spec_error(problems)
    return found


def expand(spec: SweepSpec) -> tuple[tuple[Cell, ...], list[Problem]]:
    """All cells, or what is wrong with the grid."""
    axes, problems = _axes(spec)
    count = prod(len(axis.points) for axis in axes)
    if count > MAX_CELLS:
        problems.append(Problem(("grid",), f"has {count:,} cells, but must have at most {MAX_CELLS:,}"))
    if problems:
        return (), problems
    found, written = _product(spec, axes), AsWritten(spec)
    return found, list(dict.fromkeys(problem for cell in found for problem in cell_rules(cell.spec, written)))


def _axes(spec: SweepSpec) -> tuple[list[Axis], list[Problem]]:
    problems = axis_name_problems(spec.grid)
    if problems:
        return [], problems
    axes: list[Axis] = []
    for axis in spec.grid:
        keys = {name: _key_path(name) for name in axis_names(axis)}
        checked = [_checked_point(spec, axis, i, keys) for i in range(len(spec.grid[axis]))]
        wrong = [problem for _, found in checked for problem in found]
        made = Axis(axis, keys, tuple(point for point, _ in checked))
        problems += wrong or _repeats(made)
        axes.append(made)
    return axes, problems


def _key_path(name: str) -> tuple[str, ...]:
    section, key = axis_path(name)
    return (section, *key.split("."))


def _checked_point(
    spec: SweepSpec, axis: str, position: int, keys: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[Any, ...], list[Problem]]:
    """A point of an axis as its keys' types hold it (0 as 0.0), or why it does not fit."""
    written = spec.grid[axis][position]
    values = written if isinstance(written, tuple) else (written,)
    if len(values) != len(keys) or isinstance(written, tuple) != (len(keys) > 1):
        wanted = f"a list of {len(keys)} values, for {joined(tuple(keys), 'and')}" if len(keys) > 1 else "one value"
        return (), [Problem(("grid", axis, position), f"is {shown(written)}, but must be {wanted}")]
    checked = [_checked(spec, value, path) for value, path in zip(values, keys.values(), strict=True)]
    complaints = [complaint for _, found in checked for complaint in found]
    return tuple(value for value, _ in checked), [Problem(("grid", axis, position), said) for said in complaints]


def _checked(spec: SweepSpec, value: Scalar, path: tuple[str, ...]) -> tuple[Any, list[str]]:
    section: Any = spec
    *outer, leaf = path
    for key in outer:
        section = getattr(section, key)
    data: Any = section.model_dump() | {leaf: value}
    try:
        return getattr(type(section).model_validate(data), leaf), []
    except ValidationError as error:
        return None, [problem.complaint for problem in validation_problems(type(section), error, data)]


def _repeats(axis: Axis) -> list[Problem]:
    first = {point: i for i, point in reversed(list(enumerate(axis.points)))}
    again = [(i, point) for i, point in enumerate(axis.points) if first[point] != i]
    return [
        Problem(("grid", axis.name, i), f"is {shown(point[0] if len(point) == 1 else point)} again; leave it out")
        for i, point in again
    ]


def _product(spec: SweepSpec, axes: list[Axis]) -> tuple[Cell, ...]:
    found: tuple[Cell, ...] = (Cell({}, spec.model_copy(update={"grid": {}})),)
    for axis in axes:
        found = tuple(_at(cell, axis, point) for cell in found for point in axis.points)
    return found


def _at(cell: Cell, axis: Axis, point: tuple[Scalar, ...]) -> Cell:
    spec = cell.spec
    for path, value in zip(axis.keys.values(), point, strict=True):
        spec = _replaced(spec, path, value)
    return Cell(cell.values | dict(zip(axis.keys, point, strict=True)), spec)


def _replaced(model: M, path: tuple[str, ...], value: Scalar) -> M:
    key, *inner = path
    new = _replaced(getattr(model, key), tuple(inner), value) if inner else value
    return model.model_copy(update={key: new})
