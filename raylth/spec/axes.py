"""Axes of a grid by name: which key of the spec a name means, and which names mean none."""

from collections.abc import Iterable, Iterator
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from raylth.errors import SpecError
from raylth.spec.problems import Problem
from raylth.spec.schema import DataSpec, LineageSpec, ModelSpec, SweepSpec, TrainingSpec
from raylth.spec.sentences import did_you_mean, joined, shown
from raylth.spec.tree import KeyPath

SECTIONS: dict[str, type[BaseModel]] = {
    "data": DataSpec,
    "model": ModelSpec,
    "training": TrainingSpec,
    "lineage": LineageSpec,
}


def axis_names(axis: str) -> tuple[str, ...]:
    """The names of the keys that an axis varies together: `momentum, lr` has two, most axes have one."""
    return tuple(name.strip() for name in axis.split(","))


def axis_path(name: str) -> tuple[str, str]:
    """The section and the key in it that an axis varies: `momentum` is `("training", "momentum")`.

    A name is a dotted key, such as `training.augment.crop`, or any end of one that no other key has, such as `crop`.

    Raises:
        SpecError: No key, or more than one, has this name.
    """
    complaint = _name_complaint(name)
    if complaint:
        raise SpecError(f"{shown(name)} {complaint}")
    section, _, key = _matches(name)[0].partition(".")
    return section, key


@cache
def axis_keys() -> tuple[str, ...]:
    """Every key that an axis may vary, dotted: those that hold one value and no list."""
    return tuple(f"{section}.{key}" for section, model in SECTIONS.items() for key in _leaves(model))


def _leaves(model: type[BaseModel]) -> Iterator[str]:
    for key, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from (f"{key}.{leaf}" for leaf in _leaves(field.annotation))
        elif not _is_list(field.annotation):
            yield key


def _is_list(annotation: Any) -> bool:
    """Whether a key holds several values, or may."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _is_list(get_args(annotation)[0])
    return origin is tuple or (origin in (Union, UnionType) and any(map(_is_list, get_args(annotation))))


def _matches(name: str) -> list[str]:
    return [key for key in axis_keys() if key == name or key.endswith("." + name)]


def _name_complaint(name: str) -> str | None:
    matches = _matches(name)
    if len(matches) > 1:
        return f"is the name of several keys; write {joined(matches)}"
    if matches:
        return None
    leaves = [key.rpartition(".")[2] for key in axis_keys()]
    short = [leaf for leaf in leaves if leaves.count(leaf) == 1]
    known = [*short, *axis_keys()] if "." in name else short
    return f"is not a key of {joined(tuple(SECTIONS))}; {did_you_mean(name, known, axis_keys())}"


def axis_name_problems(axes: Iterable[str]) -> list[Problem]:
    """Axes that name no key, several keys, or a key that another axis has named already."""
    problems: list[Problem] = []
    owners: dict[tuple[str, str], str] = {}
    for axis in axes:
        for name in axis_names(axis):
            complaint = _name_complaint(name)
            if complaint is None:
                owner = owners.setdefault(axis_path(name), f"{axis}/{name}")
                named_twice = owner != f"{axis}/{name}" or axis_names(axis).count(name) > 1
                first = owner.partition("/")[0]
                complaint = f"names the same key as grid.{first}; leave one of them out" if named_twice else None
            elif name != axis:
                complaint = f"names {shown(name)}, which {complaint}"
            if complaint:
                problems.append(Problem(("grid", axis), complaint))
    return list(dict.fromkeys(problems))


class AsWritten:
    """Where the user wrote a section's key: the axis that gives its values, or the key itself."""

    def __init__(self, spec: SweepSpec) -> None:
        self.axes: dict[tuple[str, str], KeyPath] = {
            axis_path(name): ("grid", axis) for axis in spec.grid for name in axis_names(axis)
        }

    def __call__(self, section: str, key: str) -> KeyPath:
        return self.axes.get((section, key), (section, key))
