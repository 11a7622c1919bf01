"""Trajectories to states: resuming to the bit, snapshots, divergence, and acc_0."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import (
    CROPPED,
    IMAGES,
    LENET,
    RESNET,
    TRAINING,
    Epochs,
    assert_identical,
    digits,
    make_bench,
    make_lineage,
    mask_of,
    run_levels,
    tensors_of,
)
from torch.nn import functional as F

from raylth.errors import ObjectMissing
from raylth.lineage import Lineage
from raylth.models import build
from raylth.seeds import presentations
from raylth.spec.schema import TrainingSpec
from raylth.stability.forgetting import unpack_correct
from raylth.store import Checkpoints
from raylth.training.precision import supports_bf16
from raylth.training.workbench import Diverged, EpochReport, Workbench
from raylth.trajectory import Precision, StateRef, Trajectory

NOISY = TRAINING.model_copy(update={"augment": CROPPED})
T = NOISY.epochs
PRECISIONS = [
    "fp32",
    pytest.param(
        "bf16", marks=pytest.mark.skipif(not supports_bf16(torch.device("cpu")), reason="this CPU has no bf16")
    ),
]
HOPELESS = TrainingSpec(epochs=3, batch_size=32, lr=1e30, momentum=0.9)


class Killed(Exception):
    """The process dies here."""


def die_after(epoch: int) -> Any:
    def on_epoch(report: EpochReport) -> None:
        if report.epoch == epoch:
            raise Killed

    return on_epoch


def bench_at(root: Path, model: Any = RESNET) -> Workbench:
    """A new workbench, as a new process would have: nothing of the weights survives."""
    bench = make_bench(root, model, crop=1)
    with torch.no_grad():
        for tensor in bench.network.state_dict().values():
            tensor.fill_(7)
    return bench


def checkpoint_files(root: Path) -> list[str]:
    return [path.name for path in root.rglob("checkpoint*")]


def forget(bench: Workbench, trajectory: Trajectory) -> None:
    """As if the trajectory had never been trained."""
    storage = bench.store.storage
    for path in storage.list(bench.store.folder(trajectory.key)):
        storage.delete(path)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_training_resumed_after_any_epoch_ends_as_if_it_had_never_stopped(
    precision: Precision, tmp_path: Path
) -> None:
    trunk = make_lineage(training=NOISY, precision=precision).trunk
    bench = bench_at(tmp_path)
    whole = tensors_of(bench.advance(trunk, T, {}, snapshots=(2,)))
    snapshot = tensors_of(bench.store.state(trunk.at(2)))
    for died_after in range(1, T + 1):
        forget(bench, trunk)
        with pytest.raises(Killed):
            bench_at(tmp_path).advance(trunk, T, {}, snapshots=(2,), on_epoch=die_after(died_after))
        epochs = Epochs()
        resumed = bench_at(tmp_path).advance(trunk, T, {}, snapshots=(2,), on_epoch=epochs)
        assert sorted(epoch for _, epoch in epochs.seen) == list(range(died_after + 1, T + 1))
        assert_identical(tensors_of(resumed), whole)
        assert_identical(tensors_of(bench.store.state(trunk.end)), whole)
        assert_identical(tensors_of(bench.store.state(trunk.at(2))), snapshot)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_trainings_from_a_rewind_point_resume_to_the_bit(precision: Precision, tmp_path: Path) -> None:
    bench, lineage = bench_at(tmp_path), make_lineage(training=NOISY, precision=precision)
    run_levels(bench, lineage, 0)
    mask = mask_of(bench, lineage, 1)
    sibling = lineage.model_copy(update={"sibling": 1})
    for trajectory, kept in ((lineage.level(1), mask), (sibling.level(0), {}), (lineage.ticket_copy(1, 1), mask)):
        whole = tensors_of(bench.advance(trajectory, T, kept))
        forget(bench, trajectory)
        with pytest.raises(Killed):
            bench_at(tmp_path).advance(trajectory, T, kept, on_epoch=die_after(3))
        assert_identical(tensors_of(bench_at(tmp_path).advance(trajectory, T, kept)), whole)


def test_a_process_that_dies_within_an_epoch_costs_that_epoch_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trunk = make_lineage(training=NOISY).trunk
    whole = bench_at(tmp_path / "whole").advance(trunk, T, {})

    def dies(checkpoints: Checkpoints, key: str, state: Any) -> None:
        raise Killed

    bench = bench_at(tmp_path / "cut")
    bench.advance(trunk, 1, {})
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(Checkpoints, "save", dies)
        bench.advance(trunk, T, {})
    epochs = Epochs()
    resumed = bench_at(tmp_path / "cut").advance(trunk, T, {}, on_epoch=epochs)
    assert sorted(epoch for _, epoch in epochs.seen) == [2, 3, 4]
    assert_identical(tensors_of(resumed), tensors_of(whole))


def test_a_second_advance_computes_nothing_and_gives_the_same(tmp_path: Path) -> None:
    trunk = make_lineage(training=NOISY).trunk
    first = bench_at(tmp_path).advance(trunk, T, {}, snapshots=(2,))
    epochs = Epochs()
    bench = bench_at(tmp_path)
    assert_identical(tensors_of(bench.advance(trunk, T, {}, on_epoch=epochs)), tensors_of(first))
    assert bench.advance(trunk, 2, {}, on_epoch=epochs).epoch == 2
    assert not epochs.seen


def test_extending_a_training_goes_on_from_where_it_was_published(tmp_path: Path) -> None:
    trunk = make_lineage(training=NOISY).trunk
    whole = bench_at(tmp_path / "whole").advance(trunk, T, {})
    bench_at(tmp_path / "parts").advance(trunk, 1, {})
    epochs = Epochs()
    extended = bench_at(tmp_path / "parts").advance(trunk, T, {}, on_epoch=epochs)
    assert sorted(epoch for _, epoch in epochs.seen) == [2, 3, 4]
    assert_identical(tensors_of(extended), tensors_of(whole))


def test_a_dense_training_publishes_its_initialisation_once_and_a_ticket_does_not(tmp_path: Path) -> None:
    lineage, bench = make_lineage(training=NOISY, rewind=0), bench_at(tmp_path)
    bench.advance(lineage.trunk, T, {})
    first = bench.store.state(lineage.trunk.at(0))
    assert_identical(first.weights, bench.initial_weights(lineage.initialisation))
    everything = {"classifier.weight": torch.ones(10, 16, dtype=torch.bool)}
    bench.advance(lineage.level(1), T, everything)
    assert bench.store.epochs(lineage.level(1).key) == (T,)


def test_snapshots_are_published_with_momentum_and_the_end_without(tmp_path: Path) -> None:
    trunk, bench = make_lineage(training=NOISY).trunk, bench_at(tmp_path)
    final = bench.advance(trunk, T, {}, snapshots=(1, 3))
    assert bench.store.epochs(trunk.key) == (0, 1, 3, T)
    names = {name for name, _ in bench.network.named_parameters()}
    assert bench.store.state(trunk.at(3)).momentum.keys() == names
    assert final.momentum == bench.store.state(trunk.end).momentum == {}


def test_no_checkpoint_outlives_its_training(tmp_path: Path) -> None:
    trunk, bench = make_lineage(training=NOISY).trunk, bench_at(tmp_path)
    with pytest.raises(Killed):
        bench.advance(trunk, T, {}, on_epoch=die_after(1))
    assert checkpoint_files(tmp_path) == ["checkpoint.safetensors"]
    bench.advance(trunk, T, {})
    assert checkpoint_files(tmp_path) == []


def test_a_published_state_is_not_overwritten_by_the_epochs_after_it(tmp_path: Path) -> None:
    """A state dict is the network's own memory, so a state must be a copy of it."""
    trunk, bench = make_lineage(training=NOISY).trunk, bench_at(tmp_path)
    seen = []
    state = bench.advance(trunk, 2, {})
    kept = {name: tensor.clone() for name, tensor in state.weights.items()}
    bench.advance(trunk, T, {}, on_epoch=seen.append)
    assert seen
    assert_identical(state.weights, kept)


def test_plain_sgd_has_no_momentum_to_keep(tmp_path: Path) -> None:
    trunk = make_lineage(training=NOISY.model_copy(update={"momentum": 0.0})).trunk
    assert bench_at(tmp_path).advance(trunk, 2, {}).momentum == {}


def test_a_training_whose_parent_is_missing_says_so(tmp_path: Path) -> None:
    with pytest.raises(ObjectMissing):
        bench_at(tmp_path).advance(make_lineage(sibling=1).level(0), T, {})


def test_telemetry_counts_from_the_start_of_the_trajectory_and_matches_the_final_state(tmp_path: Path) -> None:
    lineage, bench = make_lineage(training=NOISY), bench_at(tmp_path)
    dense, pruned = run_levels(bench, lineage, 1)
    assert (len(dense.telemetry), len(pruned.telemetry)) == (T, T - 2)
    plain = build(RESNET, (1, 8, 8), 10).eval()
    plain.load_state_dict(pruned.weights)
    images = bench.splits.test.clean(slice(None))[0].contiguous()
    with torch.no_grad():
        logits = plain(images)
    labels = digits().test.labels
    assert float(pruned.telemetry.test_accuracy[-1]) == float((logits.argmax(1) == labels).double().mean())
    assert float(pruned.telemetry.test_loss[-1]) == pytest.approx(float(F.cross_entropy(logits, labels)), rel=1e-5)
    correct = unpack_correct(pruned.telemetry.correct, IMAGES)
    assert torch.equal(correct.double().mean(1), pruned.telemetry.train_accuracy)


def test_the_report_of_an_epoch_is_its_telemetry(tmp_path: Path) -> None:
    trunk, reports = make_lineage(training=NOISY).trunk, []
    state = bench_at(tmp_path).advance(trunk, T, {}, on_epoch=reports.append)
    assert [report.epoch for report in reports] == [1, 2, 3, 4]
    assert {report.trajectory for report in reports} == {trunk.key}
    assert [report.train_loss for report in reports] == state.telemetry.train_loss.tolist()
    assert [report.test_accuracy for report in reports] == state.telemetry.test_accuracy.tolist()


def test_segments_say_who_trained_which_epochs(tmp_path: Path) -> None:
    trunk = make_lineage(training=NOISY).trunk
    with pytest.raises(Killed):
        bench_at(tmp_path).advance(trunk, T, {}, on_epoch=die_after(3))
    state = bench_at(tmp_path).advance(trunk, T, {})
    assert [(segment.first_epoch, segment.last_epoch) for segment in state.segments] == [(0, 3), (3, 4)]
    assert [segment.images for segment in state.segments] == [300, 100]
    assert {segment.threads for segment in state.segments} == {1}


@pytest.mark.parametrize("level", [1, 2])
def test_masked_weights_are_0_in_every_saved_state(level: int, tmp_path: Path) -> None:
    bench, lineage = bench_at(tmp_path), make_lineage(training=NOISY)
    run_levels(bench, lineage, level)
    mask = mask_of(bench, lineage, level)
    trajectory = lineage.level(level).model_copy(update={"noise": lineage.ticket_copy(level, 5).noise})
    bench.advance(trajectory, T, mask, snapshots=(3,))
    for ref in (trajectory.at(3), trajectory.end, lineage.level(level).end):
        state = bench.store.state(ref)
        assert all(int(state.weights[name][~kept].count_nonzero()) == 0 for name, kept in mask.items())
        assert all(bool((state.weights[name][kept] != 0).any()) for name, kept in mask.items())


def test_masked_weights_stay_0_with_an_inherited_momentum(tmp_path: Path) -> None:
    bench, lineage = bench_at(tmp_path), make_lineage(training=NOISY)
    run_levels(bench, lineage, 0)
    mask = mask_of(bench, lineage, 1)
    ticket = lineage.level(1)
    inheriting = Trajectory.model_validate(ticket.model_dump() | {"optimiser": "inherited"})
    assert any(bool(bench.store.state(lineage.trunk.at(2)).momentum[name][~kept].any()) for name, kept in mask.items())
    state = bench.advance(inheriting, T, mask, snapshots=(3,))
    for weights in (state.weights, bench.store.state(inheriting.at(3)).weights):
        assert all(int(weights[name][~kept].count_nonzero()) == 0 for name, kept in mask.items())


def test_a_loss_that_is_not_finite_ends_the_training_and_is_recorded(tmp_path: Path) -> None:
    trunk, bench = make_lineage(model=LENET, training=HOPELESS, rewind=0).trunk, bench_at(tmp_path, LENET)
    with pytest.raises(Diverged, match="diverged in epoch 1") as caught:
        bench.advance(trunk, 3, {})
    assert (caught.value.trajectory, caught.value.epoch) == (trunk.key, 1)
    assert bench.store.diverged_in(trunk.key) == 1
    assert bench.store.epochs(trunk.key) == (0,) and checkpoint_files(tmp_path) == []


def test_a_training_that_diverged_is_not_tried_again(tmp_path: Path) -> None:
    trunk, bench = make_lineage(model=LENET, training=HOPELESS, rewind=0).trunk, bench_at(tmp_path, LENET)
    with pytest.raises(Diverged) as first:
        bench.advance(trunk, 3, {})
    epochs = Epochs()
    fresh = bench_at(tmp_path, LENET)
    with pytest.raises(Diverged) as again:
        fresh.advance(trunk, 3, {}, on_epoch=epochs)
    assert str(again.value) == str(first.value) and not epochs.seen
    assert all(bool((tensor == 7).all()) for tensor in fresh.network.state_dict().values())


def test_what_came_before_the_divergence_can_still_be_had(tmp_path: Path) -> None:
    trunk, bench = make_lineage(training=NOISY).trunk, bench_at(tmp_path)
    bench.store.mark_diverged(trunk, 3)
    assert bench.advance(trunk, 2, {}).epoch == 2
    with pytest.raises(Diverged):
        bench.advance(trunk, 3, {})


def start_by_hand(bench: Workbench, lineage: Lineage, level: int) -> tuple[float, float]:
    """acc_0 of the test and the train side, from a plain network and the state at the rewind point."""
    rewound = bench.store.state(lineage.trunk.at(lineage.rewind)).weights
    weights = dict(rewound)
    if level:
        weights |= {name: rewound[name] * kept for name, kept in mask_of(bench, lineage, level).items()}
    frozen = build(RESNET, (1, 8, 8), 10)
    frozen.load_state_dict(weights)
    for layer in frozen.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            # All clean images are one batch here, so their statistics simply replace those of the rewind point.
            layer.momentum = 1.0
    with torch.no_grad():
        frozen.train()(bench.splits.clean.clean(slice(None))[0])
        test_images, labels = bench.splits.test.clean(slice(None))
        test = float((frozen.eval()(test_images).argmax(1) == labels).double().mean())
    moving = build(RESNET, (1, 8, 8), 10)
    moving.load_state_dict(weights)
    moving.train()
    trajectory, hits = lineage.level(level), 0
    noise = presentations(trajectory.noise, lineage.rewind, IMAGES, trajectory.training.augment)
    with torch.no_grad():
        for indices in noise.order.split(trajectory.training.batch_size):
            images, labels = bench.splits.train.batch(indices, noise)
            hits += int((moving(images).argmax(1) == labels).sum())
    return test, hits / IMAGES


@pytest.mark.parametrize("level", [0, 1])
def test_acc_0_is_the_masked_network_at_the_rewind_point_with_batchnorm_of_clean_images(
    level: int, tmp_path: Path
) -> None:
    bench, lineage = bench_at(tmp_path), make_lineage(training=NOISY, rewind=1)
    run_levels(bench, lineage, level)
    start = bench.start(lineage.level(level), 1, mask_of(bench, lineage, level))
    test, train = start_by_hand(bench, lineage, level)
    assert start.test_accuracy == pytest.approx(test, abs=1 / len(digits().test.labels))
    assert start.train_accuracy == pytest.approx(train, abs=1 / IMAGES)


def test_acc_0_is_measured_without_an_update_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench, lineage = bench_at(tmp_path), make_lineage(training=NOISY, rewind=0)
    found = bench.start(lineage.trunk, 0, {})
    initial = bench_at(tmp_path).initial_weights(lineage.initialisation)
    for name, parameter in bench.network.named_parameters():
        assert torch.equal(parameter.detach(), initial[name])
    fresh = bench_at(tmp_path)
    assert fresh.start(lineage.trunk, 0, {}) == found
    assert all(bool((tensor == 7).all()) for tensor in fresh.network.state_dict().values())


def test_the_mask_counts_in_acc_0(tmp_path: Path) -> None:
    bench, lineage = bench_at(tmp_path), make_lineage(training=NOISY, rewind=1, fraction=0.9)
    run_levels(bench, lineage, 0)
    masked = bench.start(lineage.level(1), 1, mask_of(bench, lineage, 1))
    dense = bench.start(lineage.level(1).model_copy(update={"mask": None}), 1, {})
    assert masked.test_loss != dense.test_loss


def test_initialisations_differ_and_repeat(tmp_path: Path) -> None:
    bench = bench_at(tmp_path)
    first, again = (bench.initial_weights(make_lineage().initialisation) for _ in range(2))
    other = bench.initial_weights(make_lineage(init=1).initialisation)
    assert_identical(first, again)
    assert not torch.equal(first["classifier.weight"], other["classifier.weight"])


def test_a_state_is_named_by_trajectory_and_epoch() -> None:
    trunk = make_lineage().trunk
    assert trunk.at(2) == StateRef(trajectory=trunk.key, epoch=2)
    assert trunk.end == trunk.at(T)
