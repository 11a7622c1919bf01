"""What was run, as a person would tell it, from the spec of a run."""

from collections.abc import Container, Iterator, Mapping
from typing import Any

from analysis.cells import DATA_TITLES, axis_title
from analysis.run import Origin
from analysis.words import count, listed

Facts = Mapping[str, str]
"""What a thing is called, and what it is."""

TRAINING = {
    "epochs": "epochs",
    "batch_size": "batch",
    "lr": "lr",
    "momentum": "μ",
    "weight_decay": "decay",
    "schedule": "",
}
"""What of the training is shown, and what people call it."""


def setting(origin: Origin) -> Facts:
    """The run's data, model, training, grid and number of trainings; only what its spec says."""
    return {label: text for label, text in _facts(origin.spec) if text}


def _facts(spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Data", _data(_part(spec, "data"))
    yield "Model", _model(_part(spec, "model"))
    yield "Training", _training(_part(spec, "training"), _varied(spec))
    yield "Grid", _grid(_part(spec, "grid"))
    yield "Initialisations", _number(spec.get("inits"))
    yield "Siblings", _siblings(spec)
    yield "Pruning", _pruning(_part(spec, "lineage"))
    yield "Studies", listed(str(name).replace("_", " ") for name, study in _part(spec, "studies").items() if study)
    yield "Precision", _number(spec.get("precision"))
    yield "Seed", _number(spec.get("seed"))


def _part(spec: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = spec.get(name)
    return part if isinstance(part, Mapping) else {}


def _number(value: Any) -> str:
    return "" if value is None else str(value)


def _data(data: Mapping[str, Any]) -> str:
    name = str(data.get("name") or "")
    words = [DATA_TITLES.get(name, name)]
    if data.get("subset"):
        words.append(f"{count(float(data['subset']), 'training image')}")
    if data.get("classes"):
        words.append(f"classes {data['classes']}")
    if (data.get("pool") or 1) != 1:
        words.append(f"pooled by {data['pool']}")
    if data.get("image"):
        words.append(f"resized to {data['image']}")
    return ", ".join(words)


def _model(model: Mapping[str, Any]) -> str:
    name, width = str(model.get("name") or ""), model.get("width")
    return f"{name}, width {width}" if width else name


def _varied(spec: Mapping[str, Any]) -> set[str]:
    """The keys that the grid sets, for which the rest of the spec only has what would hold without it."""
    return {_key(name) for names in _part(spec, "grid") for name in str(names).split(",")}


def _key(name: str) -> str:
    return name.strip().rpartition(".")[2]


def _training(training: Mapping[str, Any], varied: Container[str]) -> str:
    shown = [key for key in TRAINING if key in training and key not in varied]
    return ", ".join(f"{TRAINING[key]} {training[key]}".strip() for key in shown)


def _grid(grid: Mapping[str, Any]) -> str:
    axes = (f"{_axes(names)} {_values(values)}" for names, values in grid.items())
    return " x ".join(axes)


def _axes(names: str) -> str:
    return "/".join(axis_title(_key(name)) for name in str(names).split(","))


def _values(values: Any) -> str:
    return f"{{{', '.join(map(str, values))}}}" if isinstance(values, list) else str(values)


def _siblings(spec: Mapping[str, Any]) -> str:
    siblings = spec.get("siblings")
    if siblings is None or siblings == 1:
        return _number(siblings)
    return f"{siblings}, {'each' if spec.get('lineages') == 'all' else 'one'} of which prunes"


def _pruning(lineage: Mapping[str, Any]) -> str:
    levels, fraction = lineage.get("levels"), lineage.get("fraction")
    if levels is None:
        return ""
    if levels == 0:
        return "none"
    if fraction is None:
        return count(levels, "level")
    return f"{count(levels, 'level')} of {100 * fraction:g}%, down to {100 * (1 - fraction) ** levels:.3g}% of weights"
