"""Averages and layer-wise lines: identical networks stay what they are, and one layer moves alone."""

from pathlib import Path

import pytest
import torch
from tiny import assert_identical, make_bench, make_lineage, run_levels

from raylth.lineage import Lineage
from raylth.models import prunable
from raylth.stability.averaging import Average, averaged, measure_average
from raylth.stability.layerwise import Layerwise, measure_layerwise
from raylth.training.evaluate import evaluate, recompute_batchnorm
from raylth.training.workbench import Workbench


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    bench = make_bench(tmp_path)
    for sibling in (0, 1):
        run_levels(bench, lineage(sibling), 0)
    return bench


def lineage(sibling: int) -> Lineage:
    return make_lineage(rewind=0, sibling=sibling)


def test_an_average_of_identical_networks_is_that_network(bench: Workbench) -> None:
    state = bench.store.state(lineage(0).level(0).end).weights
    assert_identical(averaged([state, state, state]), state)


def test_an_average_is_the_mean_of_every_weight() -> None:
    one, other = (
        {"w": torch.tensor([1.0, 5.0]), "n": torch.tensor(3)},
        {"w": torch.tensor([3.0, -5.0]), "n": torch.tensor(9)},
    )
    found = averaged([one, other])
    assert found["w"].tolist() == [2, 0] and int(found["n"]) == 3


@pytest.mark.parametrize("reading", ["interpolated", "recomputed"])
def test_the_accuracy_of_an_average_and_of_its_members(bench: Workbench, reading: str) -> None:
    ends = tuple(lineage(sibling).level(0).end for sibling in (0, 1))
    average = Average.model_validate({"states": ends, "batchnorm": reading, "train_images": 50, "precision": "fp32"})
    numbers = measure_average(bench, average, "run").numbers
    members = [bench.store.state(end).weights for end in ends]
    alone = []
    for member in members:
        bench.network.load_state_dict(member)
        alone.append(evaluate(bench.network, bench.splits.test, "fp32").accuracy)
    bench.network.load_state_dict(averaged(members))
    if reading == "recomputed":
        recompute_batchnorm(bench.network, bench.splits.clean, "fp32")
    assert numbers["members_test_accuracy"] == pytest.approx(sum(alone) / 2)
    assert numbers["test_accuracy"] == evaluate(bench.network, bench.splits.test, "fp32").accuracy


def test_layerwise_lines_start_at_the_whole_network_and_end_with_one_layer_of_the_other(bench: Workbench) -> None:
    start, end = (lineage(sibling).level(0).end for sibling in (0, 1))
    lines = Layerwise(start=start, end=end, alphas=3, train_images=50, precision="fp32")
    found = measure_layerwise(bench, lines, "run").tensors
    assert set(found) == set(prunable(bench.network, ()))
    a, b = (bench.store.state(ref).weights for ref in (start, end))
    for layer, errors in found.items():
        for place, weights in ((0, a), (2, {**a, layer: b[layer]})):
            bench.network.load_state_dict(weights)
            recompute_batchnorm(bench.network, bench.splits.clean, "fp32")
            assert float(errors[place]) == 1 - evaluate(bench.network, bench.splits.test, "fp32").accuracy
    same = measure_layerwise(bench, lines.model_copy(update={"end": start}), "run").tensors
    assert all(float(errors.max() - errors.min()) == 0 for errors in same.values())
