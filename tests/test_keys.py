"""Keys: what is in them, what is not, and that they do not change by accident."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tiny import make_lineage, make_spec, plan_of

from raylth.keys import canonical_json, content_key
from raylth.planning import Plan
from raylth.seeds import Noise
from raylth.spec.schema import AugmentSpec, TrainingSpec
from raylth.stability.line import Line
from raylth.trajectory import DataInputs, Initialisation, ModelInputs, RandomImages, StateRef, Trajectory

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)

TRAJECTORY = Trajectory(
    parent=Initialisation(seed=0, init=0),
    start=0,
    optimiser="fresh",
    mask=None,
    data=DataInputs(fingerprint="f" * 64, subset=None, pool=1),
    model=ModelInputs(name="resnet8", width=4, source=None),
    training=TrainingSpec(epochs=4, batch_size=32),
    noise=Noise(seed=0, init=0, sibling=0, level=0),
    precision="fp32",
)
LINE = Line(
    start=StateRef(trajectory="a" * 64, epoch=4),
    end=StateRef(trajectory="b" * 64, epoch=4),
    alphas=31,
    batchnorm="interpolated",
    train_images=5000,
    bootstrap=1000,
    precision="fp32",
)


LINEAGE = make_lineage(data=TRAJECTORY.data, training=TRAJECTORY.training)

CHANGED_KEY = (
    "a key has changed, so every stored result under it would be computed again. If that is meant, pin the new key here"
)
PINNED = {
    "trajectory": "9aa76905300f7e7ff191b296add4a957e5ee741ce39316a220f0701aeba939d8",
    "pruned trajectory": "4c8832b77cb218351b72ddee65fdffdbd08247cd28128e9bf8d5063cc0c1180a",
    "masks of a lineage": "91b3da5c9c081cb55d38ec98fa58831ae1dcf77d19e89ebc13cfbec3dc6a0530",
    "line": "71d4dff6c30f94e75afcb29fa4f9afcb08dd8b8046ba911865d346b7ff5b28d6",
    "content": "84afbf1d4853005f9dd0c81cb1819b53ce86978340764c062160f6e8356665de",
}


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("trajectory", TRAJECTORY.key),
        ("pruned trajectory", LINEAGE.level(1).key),
        ("masks of a lineage", LINEAGE.mask_key),
        ("line", LINE.key),
        ("content", content_key({"b": [1, 2.5, None], "a": "é"})),
    ],
)
def test_keys_stay_what_they_were(what: str, found: str) -> None:
    assert found == PINNED[what], CHANGED_KEY


def test_canonical_json_sorts_keys_and_has_no_blanks() -> None:
    assert canonical_json({"b": [1, 2.5, None], "a": {"d": True, "c": "é"}}) == (
        '{"a":{"c":"\\u00e9","d":true},"b":[1,2.5,null]}'
    )


@settings(deadline=None)
@given(st.dictionaries(st.text(), VALUES))
def test_the_order_of_keys_does_not_matter(inputs: dict[str, Any]) -> None:
    backwards = dict(reversed(inputs.items()))
    assert canonical_json(backwards) == canonical_json(inputs)
    assert content_key(backwards) == content_key(inputs)


@settings(deadline=None)
@given(VALUES)
def test_canonical_json_is_ascii_and_loses_nothing(inputs: Any) -> None:
    text = canonical_json(inputs)
    assert text.isascii() and json.loads(text) == inputs


@settings(deadline=None)
@given(VALUES, VALUES)
def test_different_text_is_a_different_key(one: Any, other: Any) -> None:
    assert (content_key(one) == content_key(other)) == (canonical_json(one) == canonical_json(other))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_has_no_key(value: float) -> None:
    with pytest.raises(ValueError):
        content_key({"lr": value})


def test_what_json_does_not_know_has_no_key() -> None:
    with pytest.raises(TypeError):
        content_key({"path": object()})


def training(**changes: Any) -> dict[str, Any]:
    return {"training": TRAJECTORY.training.model_copy(update=changes)}


def noise(**changes: Any) -> dict[str, Any]:
    return {"noise": TRAJECTORY.noise.model_copy(update=changes)}


TRAJECTORY_CHANGES: dict[str, dict[str, Any]] = {
    "version": {"version": 2},
    "parent.seed": {"parent": Initialisation(seed=1, init=0)},
    "parent.init": {"parent": Initialisation(seed=0, init=1)},
    "parent.redraw": {"parent": Initialisation(seed=0, init=0, redraw=1)},
    "parent": {"parent": StateRef(trajectory="a" * 64, epoch=0)},
    "parent.trajectory": {"parent": StateRef(trajectory="b" * 64, epoch=0)},
    "parent.epoch": {"parent": StateRef(trajectory="a" * 64, epoch=1)},
    "start": {"start": 1},
    "optimiser": {"optimiser": "inherited"},
    "mask": {"mask": {"lineage": "a" * 64, "level": 1}},
    "mask.lineage": {"mask": {"lineage": "b" * 64, "level": 1}},
    "mask.level": {"mask": {"lineage": "a" * 64, "level": 2}},
    "mask.shuffle": {
        "mask": {"lineage": "a" * 64, "level": 1, "shuffle": {"scope": "layer", "seed": 0, "init": 0, "level": 1}}
    },
    "mask.shuffle.scope": {
        "mask": {"lineage": "a" * 64, "level": 1, "shuffle": {"scope": "network", "seed": 0, "init": 0, "level": 1}}
    },
    "mask.classifier": {"mask": {"lineage": "a" * 64, "level": 1, "classifier": "dense"}},
    "classifier": {"classifier": {"seed": 0, "init": 0}},
    "data.fingerprint": {"data": TRAJECTORY.data.model_copy(update={"fingerprint": "e" * 64})},
    "data.subset": {"data": TRAJECTORY.data.model_copy(update={"subset": 100})},
    "data.classes": {"data": TRAJECTORY.data.model_copy(update={"classes": (0, 1)})},
    "data.image": {"data": TRAJECTORY.data.model_copy(update={"image": (3, 8, 8)})},
    "data.selection": {"data": TRAJECTORY.data.model_copy(update={"selection": RandomImages(images=9, seed=0)})},
    "data.selection.images": {"data": TRAJECTORY.data.model_copy(update={"selection": RandomImages(images=8, seed=0)})},
    "data.selection.seed": {"data": TRAJECTORY.data.model_copy(update={"selection": RandomImages(images=9, seed=1)})},
    "data.pool": {"data": TRAJECTORY.data.model_copy(update={"pool": 2})},
    "model.name": {"model": TRAJECTORY.model.model_copy(update={"name": "resnet20"})},
    "model.width": {"model": TRAJECTORY.model.model_copy(update={"width": None})},
    "model.source": {"model": TRAJECTORY.model.model_copy(update={"source": "a" * 64})},
    "training.epochs": training(epochs=5),
    "training.batch_size": training(batch_size=33),
    "training.lr": training(lr=0.2),
    "training.momentum": training(momentum=0.0),
    "training.weight_decay": training(weight_decay=0.0),
    "training.schedule": training(schedule="constant"),
    "training.augment.crop": training(augment=AugmentSpec(crop=1)),
    "training.augment.flip": training(augment=AugmentSpec(flip=True)),
    "noise.seed": noise(seed=1),
    "noise.init": noise(init=1),
    "noise.sibling": noise(sibling=1),
    "noise.level": noise(level=1),
    "noise.copy_index": noise(copy_index=1),
    "precision": {"precision": "bf16"},
}


def changed(change: dict[str, Any]) -> Trajectory:
    values = {name: getattr(value, "model_dump", lambda value=value: value)() for name, value in change.items()}
    return Trajectory.model_validate(TRAJECTORY.model_dump() | values)


def test_each_input_of_a_trajectory_has_a_key_of_its_own() -> None:
    keys = {name: changed(change).key for name, change in TRAJECTORY_CHANGES.items()}
    assert TRAJECTORY.key not in keys.values()
    assert len(set(keys.values())) == len(keys)


def test_no_input_of_a_trajectory_is_forgotten_above() -> None:
    assert {name.split(".")[0] for name in TRAJECTORY_CHANGES} == Trajectory.model_fields.keys() - {"kind"}
    for part, model in {"training": TrainingSpec, "noise": Noise, "data": DataInputs, "model": ModelInputs}.items():
        named = {name.split(".")[1] for name in TRAJECTORY_CHANGES if name.startswith(f"{part}.")}
        assert named == set(model.model_fields)


LINE_CHANGES: dict[str, Any] = {
    "version": 2,
    "start": LINE.end,
    "end": LINE.start,
    "alphas": 11,
    "batchnorm": "recomputed",
    "train_images": 100,
    "bootstrap": 100,
    "alignment": "weights",
    "precision": "bf16",
}


def test_each_input_of_a_line_has_a_key_of_its_own() -> None:
    assert LINE_CHANGES.keys() == Line.model_fields.keys() - {"kind"}
    keys = {LINE.model_copy(update={name: value}).key for name, value in LINE_CHANGES.items()}
    assert len(keys | {LINE.key}) == len(LINE_CHANGES) + 1


def test_a_trajectory_has_no_end_in_its_key() -> None:
    assert {ref.trajectory for ref in (TRAJECTORY.at(1), TRAJECTORY.at(3), TRAJECTORY.end)} == {TRAJECTORY.key}


def test_inputs_are_immutable_and_equal_by_content() -> None:
    twin = Trajectory.model_validate(TRAJECTORY.model_dump())
    assert twin.key == TRAJECTORY.key and twin == TRAJECTORY
    with pytest.raises(ValidationError):
        twin.start = 3


def test_a_changed_copy_does_not_keep_the_key_of_the_original() -> None:
    original = Trajectory.model_validate(TRAJECTORY.model_dump())
    keys = {original.key, original.model_copy(update={"precision": "bf16"}).key}
    assert len(keys) == 2 and original.model_copy().key == original.key


def test_a_trajectory_survives_json() -> None:
    text = json.dumps(TRAJECTORY.model_dump(mode="json"))
    assert Trajectory.model_validate_json(text).key == TRAJECTORY.key


def trained(plan: Plan) -> set[str]:
    return set(plan.trajectories)


OUTSIDE: dict[str, dict[str, Any]] = {
    "name": {"name": "another"},
    "description": {"description": "words"},
    "threads and devices": {"resources": {"cpu": 2, "gpu": 0.5, "evaluators": 3, "max_concurrent": 1, "retries": 0}},
    "storage": {"storage": "elsewhere"},
    "logging": {"logging": {"tensorboard": True, "dashboard": True}},
    "lines": {"lmc": {"kinds": (), "alphas": 11}},
    "forgetting": {"forgetting": {"levels": (0, 1)}},
    "precision by name": {"precision": "auto"},
}


@pytest.mark.parametrize("what", OUTSIDE)
def test_trainings_are_not_named_by(what: str) -> None:
    assert trained(plan_of(make_spec(**OUTSIDE[what]))) == trained(plan_of(make_spec()))


@pytest.mark.parametrize("change", [{"inits": 2}, {"siblings": 3}, {"grid": {"rewind": (0, 1, 2)}}])
def test_a_larger_sweep_names_all_trainings_of_a_smaller_one_as_it_did(change: dict[str, Any]) -> None:
    assert trained(plan_of(make_spec())) < trained(plan_of(make_spec(**change)))


@pytest.mark.parametrize(
    "change",
    [
        lambda: {"training": make_spec().training.model_copy(update={"momentum": 0.0})},
        lambda: {"seed": 1},
        lambda: {"data": {"name": "digits", "subset": 100, "pool": 1}, "model": {"name": "resnet8", "width": 5}},
    ],
)
def test_another_setting_shares_no_training(change: Callable[[], dict[str, Any]]) -> None:
    assert not trained(plan_of(make_spec(**change()))) & trained(plan_of(make_spec()))
