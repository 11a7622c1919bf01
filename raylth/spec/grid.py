"""The grid of a sweep: its axes, and the cells that are their product."""

from dataclasses import dataclass
from math import prod
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from raylth.spec.axes import AsWritten, axis_name_problems, axis_path
from raylth.spec.part import Scalar
from raylth.spec.problems import Problem, spec_error, validation_problems
from raylth.spec.rules import cell_rules
from raylth.spec.schema import SweepSpec
from raylth.spec.sentences import shown

M = TypeVar("M", bound=BaseModel)

MAX_CELLS = 100_000


@dataclass(frozen=True)
class Cell:
    """One point of the grid. `values` has every axis, named as written; `spec` has them in place and no grid."""

    values: dict[str, Scalar]
    spec: SweepSpec


@dataclass(frozen=True)
class Axis:
    """One axis: its name as written, the key that it varies, and the key's values, checked."""

    name: str
    key: tuple[str, ...]
    values: tuple[Scalar, ...]


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
    count = prod(len(axis.values) for axis in axes)
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
    for name, values in spec.grid.items():
        section, key = axis_path(name)
        path = (section, *key.split("."))
        checked = [_checked(spec, name, i, path) for i in range(len(values))]
        wrong = [problem for _, found in checked for problem in found]
        axis = Axis(name, path, tuple(value for value, _ in checked))
        problems += wrong or _repeats(axis)
        axes.append(axis)
    return axes, problems


def _checked(spec: SweepSpec, axis: str, position: int, path: tuple[str, ...]) -> tuple[Any, list[Problem]]:
    """A value of an axis as its key's type holds it (0 as 0.0), or why it does not fit."""
    section: Any = spec
    *outer, leaf = path
    for key in outer:
        section = getattr(section, key)
    data: Any = section.model_dump() | {leaf: spec.grid[axis][position]}
    try:
        return getattr(type(section).model_validate(data), leaf), []
    except ValidationError as error:
        found = validation_problems(type(section), error, data)
        return None, [Problem(("grid", axis, position), problem.complaint) for problem in found]


def _repeats(axis: Axis) -> list[Problem]:
    first = {value: i for i, value in reversed(list(enumerate(axis.values)))}
    again = [i for i, value in enumerate(axis.values) if first[value] != i]
    return [Problem(("grid", axis.name, i), f"is {shown(axis.values[i])} again; leave it out") for i in again]


def _product(spec: SweepSpec, axes: list[Axis]) -> tuple[Cell, ...]:
    found: tuple[Cell, ...] = (Cell({}, spec.model_copy(update={"grid": {}})),)
    for axis in axes:
        found = tuple(
            Cell(cell.values | {axis.name: value}, _replaced(cell.spec, axis.key, value))
            for cell in found
            for value in axis.values
        )
    return found


def _replaced(model: M, path: tuple[str, ...], value: Scalar) -> M:
    key, *inner = path
    new = _replaced(getattr(model, key), tuple(inner), value) if inner else value
    return model.model_copy(update={key: new})
