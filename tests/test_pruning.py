"""Pruning against an independent slow implementation, hand-computed values and the traps of public code."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from raylth.pruning import magnitude_prune, mask_at, permuted, record_level, sparsity, sparsity_at


def dense(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: torch.ones_like(weight, dtype=torch.bool) for name, weight in weights.items()}


def kept(mask: dict[str, Tensor]) -> int:
    return sum(int(layer.sum()) for layer in mask.values())


def lists(mask: dict[str, Tensor]) -> dict[str, list[bool]]:
    return {name: layer.flatten().tolist() for name, layer in mask.items()}


def slow_prune(weights: dict[str, Tensor], mask: dict[str, Tensor], fraction: str) -> dict[str, list[bool]]:
    alive = [
        (abs(value), layer, index)
        for layer, name in enumerate(mask)
        for index, value in enumerate(weights[name].flatten().tolist())
        if mask[name].flatten()[index]
    ]
    gone = {(layer, index) for _, layer, index in sorted(alive)[: math.floor(Fraction(fraction) * len(alive))]}
    return {
        name: [bool(m) and (layer, index) not in gone for index, m in enumerate(mask[name].flatten())]
        for layer, name in enumerate(mask)
    }


@st.composite
def networks(draw: st.DrawFn) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    weights, mask = {}, {}
    for name in draw(st.permutations(["conv", "alpha", "fc"])):
        shape = draw(st.sampled_from([(1,), (7,), (2, 3), (2, 1, 3, 2)]))
        size = math.prod(shape)
        values = draw(
            st.lists(st.sampled_from([-2.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 1.5]), min_size=size, max_size=size)
        )
        weights[name] = torch.tensor(values).reshape(shape)
        mask[name] = torch.tensor(draw(st.lists(st.booleans(), min_size=size, max_size=size))).reshape(shape)
    return weights, mask


@given(networks(), st.sampled_from(["0.0", "0.1", "0.2", "0.29", "0.5", "0.99"]))
@settings(max_examples=200, deadline=None)
def test_agrees_with_a_sort_of_python_tuples(
    network: tuple[dict[str, Tensor], dict[str, Tensor]], fraction: str
) -> None:
    weights, mask = network
    assert lists(magnitude_prune(weights, mask, float(fraction))) == slow_prune(weights, mask, fraction)


def test_of_ten_distinct_weights_eight_stay() -> None:
    weights = {"fc": torch.tensor([5.0, -1.0, 7.0, 2.0, -9.0, 3.0, 8.0, -4.0, 6.0, 10.0])}
    mask = magnitude_prune(weights, dense(weights))
    assert (~mask["fc"]).nonzero().flatten().tolist() == [1, 3]


@pytest.mark.parametrize(
    ("alive", "fraction", "gone"),
    [(10, 0.2, 2), (15, 0.2, 3), (4, 0.2, 0), (100, 0.29, 29), (1000, 0.007, 7), (9, 0.2, 1)],
)
def test_exactly_the_floor_goes(alive: int, fraction: float, gone: int) -> None:
    weights = {"fc": torch.arange(1.0, alive + 1)}
    assert kept(magnitude_prune(weights, dense(weights), fraction)) == alive - gone


def test_ties_do_not_all_go() -> None:
    weights = {"second": torch.ones(3, 2), "first": torch.ones(4)}
    mask = magnitude_prune(
        weights, {"first": torch.ones(4, dtype=torch.bool), "second": torch.ones(3, 2, dtype=torch.bool)}, 0.5
    )
    assert lists(mask) == {"first": [False] * 4, "second": [False, True, True, True, True, True]}


def test_magnitude_is_absolute_and_global() -> None:
    weights = {"small": torch.tensor([-0.3, 0.1, -0.2]), "large": torch.tensor([-9.0, 5.0])}
    mask = magnitude_prune(weights, dense(weights), 0.4)
    assert lists(mask) == {"small": [True, False, False], "large": [True, True]}


def test_pruned_weights_are_neither_counted_nor_revived() -> None:
    weights = {"fc": torch.tensor([100.0, 1.0, 2.0, 3.0, 4.0, 5.0])}
    before = {"fc": torch.tensor([False, True, True, True, True, True])}
    assert lists(magnitude_prune(weights, before, 0.2)) == {"fc": [False, False, True, True, True, True]}
    assert lists(before) == {"fc": [False, True, True, True, True, True]}


def test_memory_format_does_not_change_the_mask() -> None:
    weight = torch.ones(4, 3, 2, 2)
    last = {"conv": weight.to(memory_format=torch.channels_last)}
    assert lists(magnitude_prune(last, dense(last))) == {"conv": [False] * 9 + [True] * 39}


def test_parameters_and_weights_without_a_mask_are_fine() -> None:
    weights: dict[str, Tensor] = {"fc": torch.nn.Parameter(torch.arange(1.0, 6.0)), "bias": torch.zeros(3)}
    mask = magnitude_prune(weights, {"fc": torch.ones(5, dtype=torch.bool)})
    assert lists(mask) == {"fc": [False, True, True, True, True]}


def test_a_step_that_prunes_nothing_returns_a_new_mask() -> None:
    weights = {"fc": torch.ones(4)}
    before = dense(weights)
    after = magnitude_prune(weights, before)
    assert lists(after) == lists(before)
    assert after["fc"].data_ptr() != before["fc"].data_ptr()


BAD_STEPS = {
    "NaN": ({"fc": torch.tensor([1.0, float("nan")])}, {"fc": torch.ones(2, dtype=torch.bool)}, 0.2),
    "no weight of that name": ({"fc": torch.ones(2)}, {"conv": torch.ones(2, dtype=torch.bool)}, 0.2),
    "shape": ({"fc": torch.ones(2)}, {"fc": torch.ones(1, dtype=torch.bool)}, 0.2),
    "dtype": ({"fc": torch.ones(2)}, {"fc": torch.ones(2, dtype=torch.uint8)}, 0.2),
    "several dtypes": (
        {"a": torch.ones(1), "b": torch.ones(1).double()},
        {"a": torch.ones(1, dtype=torch.bool), "b": torch.ones(1, dtype=torch.bool)},
        0.2,
    ),
    "empty": ({"fc": torch.ones(2)}, {}, 0.2),
    "fraction to prune is 1.0": ({"fc": torch.ones(2)}, {"fc": torch.ones(2, dtype=torch.bool)}, 1.0),
    "fraction to prune is nan": ({"fc": torch.ones(2)}, {"fc": torch.ones(2, dtype=torch.bool)}, math.nan),
}


@pytest.mark.parametrize("message", BAD_STEPS)
def test_a_step_that_cannot_work_is_refused(message: str) -> None:
    weights, mask, fraction = BAD_STEPS[message]
    with pytest.raises(ValueError, match=message):
        magnitude_prune(weights, mask, fraction)


def test_sparsity_counts_what_is_gone() -> None:
    assert sparsity({"a": torch.tensor([True, False]), "b": torch.tensor([[False, False]])}) == 0.75
    assert sparsity({"a": torch.ones(3, dtype=torch.bool)}) == 0.0
    with pytest.raises(ValueError, match="no weights"):
        sparsity({})


@pytest.mark.parametrize(
    ("level", "label"), [(0, 0.0), (1, 20.0), (5, 67.232), (10, 89.263), (15, 96.482), (20, 98.847)]
)
def test_sparsity_labels_are_those_of_the_paper(level: int, label: float) -> None:
    assert 100 * sparsity_at(level) == pytest.approx(label, abs=5e-4)


def test_sparsity_of_a_lineage_follows_its_labels() -> None:
    weights = {"fc": torch.from_numpy(np.random.default_rng(0).normal(size=(500, 100)))}
    mask = dense(weights)
    for level in range(1, 21):
        mask = magnitude_prune(weights, mask)
        assert sparsity(mask) == pytest.approx(sparsity_at(level), abs=1e-4)


def test_a_lineage_in_one_tensor_gives_every_mask_back() -> None:
    generator = np.random.default_rng(1)
    shapes = {"conv": (4, 3, 3, 3), "fc": (10, 4)}
    mask = {name: torch.ones(shape, dtype=torch.bool) for name, shape in shapes.items()}
    record = {name: torch.zeros(shape, dtype=torch.uint8) for name, shape in shapes.items()}
    masks = [mask]
    for level in range(1, 30):
        weights = {name: torch.from_numpy(generator.normal(size=shape)) for name, shape in shapes.items()}
        mask = magnitude_prune(weights, mask)
        masks.append(mask)
        record = record_level(record, mask, level)
    assert all(layer.dtype == torch.uint8 for layer in record.values())
    assert [lists(mask_at(record, level)) for level in range(30)] == [lists(mask) for mask in masks]
    assert kept(masks[-1]) == kept(masks[-2]) == 4


def recorded() -> dict[str, Tensor]:
    return {"fc": torch.tensor([0, 0, 1, 2], dtype=torch.uint8)}


def test_recording_leaves_the_given_record_alone() -> None:
    record = recorded()
    after = record_level(record, {"fc": torch.tensor([True, False, False, False])}, 3)
    assert after["fc"].tolist() == [0, 3, 1, 2]
    assert record["fc"].tolist() == [0, 0, 1, 2]


def test_masks_that_are_not_nested_are_refused() -> None:
    with pytest.raises(ValueError, match="revives 1 weights of 'fc'"):
        record_level(recorded(), {"fc": torch.tensor([True, False, True, False])}, 3)


@pytest.mark.parametrize("level", [-1, 0, 1, 2, 4])
def test_a_level_out_of_order_is_refused(level: int) -> None:
    with pytest.raises(ValueError, match="out of order"):
        record_level(recorded(), {"fc": torch.tensor([True, False, False, False])}, level)


def test_a_level_that_prunes_nothing_may_come_late_but_not_early() -> None:
    mask = {"fc": torch.tensor([True, True, False, False])}
    assert record_level(recorded(), mask, 9)["fc"].tolist() == [0, 0, 1, 2]
    with pytest.raises(ValueError, match="out of order"):
        record_level(recorded(), mask, 2)
    with pytest.raises(ValueError, match="out of order"):
        record_level(recorded(), mask, 256)


def test_a_record_holds_at_most_255_levels() -> None:
    record = {"fc": torch.tensor([255, 0], dtype=torch.uint8)}
    with pytest.raises(ValueError, match="out of order"):
        record_level(record, {"fc": torch.tensor([False, False])}, 256)
    with pytest.raises(ValueError, match="outside"):
        mask_at(record, 256)
    with pytest.raises(ValueError, match="outside"):
        mask_at(record, -1)


def test_a_record_of_other_weights_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks 'fc'"):
        record_level({"a": torch.zeros(1, dtype=torch.uint8), **recorded()}, {"a": torch.tensor([True])}, 3)


def test_permuting_changes_the_mask_and_keeps_each_layer_as_sparse() -> None:
    mask = {"conv": torch.arange(72).reshape(4, 2, 3, 3) < 20, "fc": torch.arange(50) % 5 == 0}
    before = lists(mask)
    shuffled = permuted(mask, np.random.default_rng(0))
    assert lists(mask) == before
    for name, layer in mask.items():
        assert shuffled[name].shape == layer.shape and shuffled[name].dtype == torch.bool
        assert int(shuffled[name].sum()) == int(layer.sum())
        assert not torch.equal(shuffled[name], layer)
    assert lists(shuffled) == lists(permuted(mask, np.random.default_rng(0)))
    assert lists(shuffled) != lists(permuted(mask, np.random.default_rng(1)))
