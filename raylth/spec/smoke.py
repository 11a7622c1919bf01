"""A rehearsal of a sweep: as many cells and the same kinds of work, on tiny embedded data, in minutes."""

from collections.abc import Callable, Iterable, Mapping
from math import prod
from typing import Any, TypeAlias

from raylth.spec.axes import axis_names, axis_path
from raylth.spec.check import check
from raylth.spec.part import Scalar
from raylth.spec.schema import SweepSpec
from raylth.spec.studies import StudiesSpec

IMAGES = 100
LEVELS = 2
EPOCHS = 3
SUFFIX = "-smoke"

Values: TypeAlias = tuple[Scalar, ...]


def smoke(spec: SweepSpec) -> SweepSpec:
    """A spec with as many distinct cells that runs in minutes, in a storage of its own.

    Digits instead of the data, a ResNet-8 of width 4 instead of the model, at most 2 levels and about 3 epochs.
    The grid keeps its axes, with values brought into reach: rewind points, epochs and levels become the smallest that
    keep their order (0 stays 0), batches are clipped to the data. Axes over the data become one over `data.subset`,
    axes over the model one over `model.width`, because there is only one tiny data set and one tiny model.

    Raises:
        SpecError: The spec itself breaks a rule.
    """
    check(spec)
    grid = _grid(spec)
    rewind = _ranks((spec.lineage.rewind,))[0]
    latest = max(_axis(grid, "lineage.rewind") or (rewind,))
    levels = min(spec.lineage.levels, LEVELS)
    deepest = max(_axis(grid, "lineage.levels") or (levels,))
    changes: dict[str, Any] = {
        "name": spec.name[: 64 - len(SUFFIX)] + SUFFIX,
        "storage": spec.storage.rstrip("/") + "/smoke",
        "data": {"name": "digits", "subset": IMAGES},
        "model": {"name": "resnet8", "width": 4},
        "training": _training(spec, latest),
        "lineage": {"levels": levels, "fraction": spec.lineage.fraction, "rewind": rewind},
        "grid": grid,
        "inits": 1,
        "siblings": min(spec.siblings, 2),
        "lmc": _lmc(spec, deepest),
        "studies": _studies(spec.studies, deepest),
        "forgetting": {"levels": tuple(level for level in spec.forgetting.levels if level <= deepest)},
    }
    rehearsal = SweepSpec.model_validate(spec.model_dump() | changes)
    check(rehearsal)
    return rehearsal


def _training(spec: SweepSpec, latest: int) -> dict[str, Any]:
    return spec.training.model_dump() | {
        "epochs": min(spec.training.epochs, max(EPOCHS, latest + 1)),
        "batch_size": min(spec.training.batch_size, IMAGES),
        # A mirrored digit is no digit.
        "augment": {"crop": min(spec.training.augment.crop, 1), "flip": False},
    }


def _lmc(spec: SweepSpec, deepest: int) -> dict[str, Any]:
    levels = range(1, min(deepest, LEVELS) + 1) if spec.lmc.levels else ()
    few = {"alphas": min(spec.lmc.alphas, 5), "train_images": IMAGES, "bootstrap": 100}
    return spec.lmc.model_dump() | {"levels": tuple(levels)} | few


def _studies(studies: StudiesSpec, deepest: int) -> dict[str, Any]:
    """The same studies, at levels and budgets in reach."""
    levels = tuple(range(1, min(deepest, LEVELS) + 1))
    changed = studies.model_dump()
    if studies.probes is not None:
        changed["probes"] |= {"levels": levels, "blocks": None, "linear": {"epochs": EPOCHS}}
    if studies.fewshot is not None:
        changed["fewshot"] |= {"levels": levels}
    if studies.branches is not None:
        # Budgets and batches were chosen for other data.
        retrain = {
            name: {key: value for key, value in changes.items() if key not in ("epochs", "batch_size")}
            for name, changes in studies.branches.retrain.items()
        }
        changed["branches"] |= {"levels": levels, "finetune": {"epochs": 1}, "retrain": retrain}
    if studies.transfer is not None:
        targets = [{"name": "digits", "subset": IMAGES + 10 * (i + 1)} for i in range(len(studies.transfer.targets))]
        changed["transfer"] |= {"levels": levels, "targets": tuple(targets), "linear": {"epochs": EPOCHS}}
    if studies.connectivity is not None:
        plane = (0, 1, 2) if studies.connectivity.plane and len(levels) > 1 else None
        to_dense = levels if studies.connectivity.to_dense else ()
        changed["connectivity"] |= {"to_dense": to_dense, "alphas": 3, "plane": plane, "plane_points": 3}
    return changed


def _grid(spec: SweepSpec) -> dict[str, Any]:
    latest = max(_ranks(_axis(spec.grid, "lineage.rewind") or (spec.lineage.rewind,)))
    fit: dict[str, Callable[[Values], Values]] = {
        "training.batch_size": _clipped,
        "training.epochs": lambda values: tuple(latest + rank for rank in _ranks(values)),
        "training.augment.crop": _ranks,
        "lineage.rewind": _ranks,
        "lineage.levels": _ranks,
    }
    grid: dict[str, Any] = {}
    for axis in spec.grid:
        columns = _columns(spec.grid, axis)
        section = _stood_in(columns)
        if section is not None:
            grid |= _stand_in(spec, section)
            continue
        fitted = [fit.get(key, tuple)(values) for key, values in columns.items()]
        grid[axis] = fitted[0] if len(fitted) == 1 else tuple(zip(*fitted, strict=True))
    return grid


def _columns(grid: Mapping[str, Any], axis: str) -> dict[str, Values]:
    """The values of each key of an axis, by its whole name."""
    keys = [".".join(axis_path(name)) for name in axis_names(axis)]
    points = grid[axis] if len(keys) > 1 else [(value,) for value in grid[axis]]
    return dict(zip(keys, zip(*points, strict=True), strict=True))


def _stood_in(columns: Iterable[str]) -> str | None:
    """The section of an axis that the tiny data or model cannot have."""
    return next((section for section in ("data", "model") for key in columns if key.startswith(section + ".")), None)


def _stand_in(spec: SweepSpec, section: str) -> dict[str, Values]:
    """One axis for all those of a section, with as many values as they have combinations."""
    axes = [axis for axis in spec.grid if _stood_in(_columns(spec.grid, axis)) == section]
    count = prod(len(spec.grid[axis]) for axis in axes)
    leaf, first, stride = ("subset", IMAGES, 10) if section == "data" else ("width", 4, 1)
    name = next((axis for axis in axes if [f"{section}.{leaf}"] == [*_columns(spec.grid, axis)]), f"{section}.{leaf}")
    return {name: tuple(first + stride * i for i in range(count))}


def _axis(grid: Mapping[str, Any], key: str) -> Any:
    """The values that some axis gives a key, or none."""
    columns = (_columns(grid, axis) for axis in grid)
    return next((values[key] for values in columns if key in values), ())


def _ranks(values: Any) -> tuple[int, ...]:
    """The smallest whole numbers in the same order, of which only a 0 becomes 0."""
    above = sorted(set(values) - {0})
    return tuple(above.index(value) + 1 if value else 0 for value in values)


def _clipped(values: Any) -> tuple[int, ...]:
    """Each at most the tiny data's size, and still different from one another."""
    largest_first = sorted(values, reverse=True)
    limit = max(IMAGES, len(values))
    return tuple(min(value, limit - largest_first.index(value)) for value in values)
