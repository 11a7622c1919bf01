"""The straight line between two trained states, read in both ways."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import (
    LENET,
    RESNET,
    TRAINING,
    assert_identical,
    digits,
    make_bench,
    make_lineage,
    make_store,
    mask_of,
    run_levels,
)

from raylth.errors import ObjectMissing
from raylth.evaluation import read_measured
from raylth.models import build
from raylth.stability import line as line_module
from raylth.stability.barrier import error_barrier
from raylth.stability.interpolation import alphas, interpolate
from raylth.stability.line import Line, LineResult, line_of, line_passes, measure_line
from raylth.training.workbench import Workbench

TOUGH = TRAINING.model_copy(update={"lr": 0.2, "weight_decay": 5e-4})


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two dense siblings of the ResNet and of LeNet, from initialisation."""
    folder = tmp_path_factory.mktemp("line")
    for model in (RESNET, LENET):
        bench = make_bench(folder, model)
        for sibling in (0, 1):
            lineage = make_lineage(model=model, training=TOUGH, rewind=0, sibling=sibling)
            run_levels(bench, lineage, 1 if sibling == 0 else 0)
    return folder


def make_line(model=RESNET, start_level: int = 0, **changes: object) -> Line:
    first, second = (make_lineage(model=model, training=TOUGH, rewind=0, sibling=sibling) for sibling in (0, 1))
    inputs = {
        "start": first.level(start_level).end,
        "end": second.level(0).end,
        "alphas": 5,
        "batchnorm": "interpolated",
        "train_images": 50,
        "bootstrap": 200,
        "precision": "fp32",
    }
    return Line(**{**inputs, **changes})


def line_result(*where: Any) -> LineResult:
    """A line's result, of a measurement as it is handed out."""
    return line_of(measure_line(*where))


def read_anew(bench: Workbench, line: Line, tmp_path: Path) -> LineResult:
    """The line evaluated with nothing stored."""
    empty = make_store(tmp_path / "empty")
    for ref in (line.start, line.end):
        path = f"{empty.folder(ref.trajectory)}/e{ref.epoch:05d}.safetensors"
        empty.storage.write(path, bench.store.storage.read(path))
    return line_result(empty, line, bench.network, bench.splits, "run")


def plainly(bench: Workbench, weights: dict[str, torch.Tensor], model=RESNET) -> tuple[float, float, float, float]:
    """Test error and loss, train error and loss, of a plain network."""
    network = build(model, (1, 8, 8), 10).eval()
    network.load_state_dict(weights)
    found: list[float] = []
    for split in (bench.splits.test, bench.splits.clean):
        images, labels = split.clean(slice(None))
        with torch.no_grad():
            logits = network(images)
        found += [
            float((logits.argmax(1) != labels).double().mean()),
            float(torch.nn.functional.cross_entropy(logits, labels)),
        ]
    return found[0], found[1], found[2], found[3]


@pytest.mark.parametrize("model", [RESNET, LENET], ids=lambda model: model.name)
def test_each_point_of_an_interpolated_line_is_the_network_with_the_mean_weights(model, root: Path) -> None:
    bench, line = make_bench(root, model), make_line(model)
    result = line_result(bench.store, line, bench.network, bench.splits, "run")
    start, end = (bench.store.state(ref).weights for ref in (line.start, line.end))
    assert result.curves.alphas.tolist() == [0, 0.25, 0.5, 0.75, 1]
    for index, alpha in enumerate(alphas(5)):
        points = (getattr(result.curves, name) for name in ("test_error", "test_loss", "train_error", "train_loss"))
        found = [float(curve[index]) for curve in points]
        assert found == pytest.approx(plainly(bench, interpolate(start, end, alpha), model), rel=1e-4)


def test_the_ends_are_the_two_states_as_their_trainings_left_them(root: Path) -> None:
    bench, line = make_bench(root), make_line()
    curves = line_result(bench.store, line, bench.network, bench.splits, "run").curves
    for ref, place in ((line.start, 0), (line.end, -1)):
        telemetry = bench.store.state(ref).telemetry
        assert float(curves.test_error[place]) == 1 - float(telemetry.test_accuracy[-1])
        assert float(curves.test_loss[place]) == float(telemetry.test_loss[-1])


@pytest.mark.parametrize("batchnorm", ["interpolated", "recomputed"])
def test_the_barrier_is_that_of_its_curve_and_lies_near_its_interval(batchnorm: str, root: Path) -> None:
    bench = make_bench(root)
    result = line_result(bench.store, make_line(batchnorm=batchnorm), bench.network, bench.splits, "run")
    errors = result.curves.test_error.tolist()
    assert result.barrier == error_barrier(errors) == max(errors) - (errors[0] + errors[-1]) / 2
    assert result.train_barrier() == error_barrier(result.curves.train_error.tolist())
    assert result.loss_barrier() == error_barrier(result.curves.test_loss.tolist())
    assert 0 <= result.low <= result.high
    assert result.low - 0.1 <= result.barrier <= result.high + 0.1


def test_the_two_readings_of_batchnorm_differ_in_the_middle_and_at_the_ends(root: Path) -> None:
    bench = make_bench(root)
    interpolated, recomputed = (
        line_result(bench.store, make_line(batchnorm=reading), bench.network, bench.splits, "run").curves
        for reading in ("interpolated", "recomputed")
    )
    differences = (interpolated.test_loss - recomputed.test_loss).abs()
    assert bool((differences > 1e-3).all())
    assert float(interpolated.test_error[2]) > float(recomputed.test_error[2]) + 0.1


def test_a_recomputed_point_has_the_statistics_of_the_clean_images(root: Path) -> None:
    bench, line = make_bench(root), make_line(batchnorm="recomputed")
    result = line_result(bench.store, line, bench.network, bench.splits, "run")
    middle = interpolate(*(bench.store.state(ref).weights for ref in (line.start, line.end)), 0.5)
    network = build(RESNET, (1, 8, 8), 10).train()
    network.load_state_dict(middle)
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = 1.0
    with torch.no_grad():
        network(bench.splits.clean.clean(slice(None))[0])
    assert float(result.curves.test_loss[2]) == pytest.approx(plainly(bench, network.state_dict())[1], rel=1e-4)


def test_without_batchnorm_both_readings_agree(root: Path) -> None:
    bench = make_bench(root, LENET)
    readings = [
        line_result(bench.store, make_line(LENET, batchnorm=reading), bench.network, bench.splits, "run").curves
        for reading in ("interpolated", "recomputed")
    ]
    assert_identical(vars(readings[0]), vars(readings[1]))


def test_a_line_from_a_state_to_itself_is_flat(root: Path) -> None:
    bench = make_bench(root)
    line = make_line(end=make_line().start)
    result = line_result(bench.store, line, bench.network, bench.splits, "run")
    assert result.barrier == pytest.approx(0, abs=1 / len(digits().test.labels))
    assert result.loss_barrier() == pytest.approx(0, abs=1e-4) and result.low == 0


def test_a_line_between_masked_states_lives_on_the_union_of_their_masks(root: Path) -> None:
    bench, line = make_bench(root), make_line(start_level=1)
    mask = mask_of(bench, make_lineage(training=TOUGH, rewind=0), 1)
    start, end = (bench.store.state(ref).weights for ref in (line.start, line.end))
    middle = interpolate(start, end, 0.5)
    assert all(bool((middle[name][~kept] == end[name][~kept] / 2).all()) for name, kept in mask.items())


def test_a_line_is_evaluated_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench, line = make_bench(root), make_line(alphas=3)
    first = line_result(bench.store, line, bench.network, bench.splits, "first")

    def refuse(*given: object) -> None:
        raise AssertionError("evaluated again")

    monkeypatch.setattr(line_module, "evaluate", refuse)
    again = line_result(bench.store, line, bench.network, bench.splits, "second")
    assert_identical(vars(again.curves), vars(first.curves))
    assert (again.barrier, again.low, again.high, again.cost) == (first.barrier, first.low, first.high, first.cost)
    assert again.cost.run == "first"


def test_a_line_evaluated_twice_gives_the_same_to_the_bit(root: Path, tmp_path: Path) -> None:
    bench, line = make_bench(root), make_line(alphas=3, batchnorm="recomputed")
    first, second = (read_anew(bench, line, tmp_path / name) for name in ("one", "two"))
    assert_identical(vars(first.curves), vars(second.curves))
    assert (first.low, first.high) == (second.low, second.high)


def test_a_line_that_nobody_evaluated_is_not_there(root: Path) -> None:
    assert read_measured(make_store(root), make_line(alphas=7).key) is None


def test_a_line_needs_both_states(root: Path) -> None:
    bench, missing = make_bench(root), make_lineage(training=TOUGH, init=5).trunk.end
    with pytest.raises(ObjectMissing):
        line_result(bench.store, make_line(end=missing), bench.network, bench.splits, "run")


def test_a_loss_that_is_not_finite_on_the_line_is_an_infinite_barrier(root: Path) -> None:
    bench = make_bench(root, LENET)
    result = line_result(bench.store, make_line(LENET), bench.network, bench.splits, "run")
    for value in (float("nan"), float("inf")):
        result.curves.test_loss[2] = value
        assert result.loss_barrier() == float("inf")


@pytest.mark.parametrize(("batchnorm", "passes"), [("interpolated", 1), ("recomputed", 2)])
def test_the_cost_counts_images_once_per_forward_pass(
    batchnorm: str, passes: int, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench, line, seen = make_bench(root), make_line(alphas=9, batchnorm=batchnorm), []
    bench.network.register_forward_pre_hook(lambda _, images: seen.append(len(images[0])))
    result = line_result(bench.store, line, bench.network, bench.splits, "run")
    assert sum(seen) == result.cost.images == line_passes(line, 359, 50).total == 9 * (359 + 50 * passes)
