"""Iterative magnitude pruning with rewinding, against the same thing done by hand."""

import math
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from tiny import (
    CROPPED,
    IMAGES,
    RESNET,
    TRAINING,
    Epochs,
    assert_identical,
    make_bench,
    make_lineage,
    mask_of,
    run_levels,
    tensors_of,
)
from torch import Tensor

from raylth.errors import ObjectMissing
from raylth.imp import rewind_weights, train_copy, train_level, train_trunk
from raylth.lineage import Lineage
from raylth.models import initialise, prunable
from raylth.pruning import mask_at
from raylth.seeds import Noise, presentations, stream
from raylth.training import workbench as workbench_module
from raylth.training.loop import Masking, make_optimiser, train_epoch
from raylth.training.workbench import Workbench

NOISY = TRAINING.model_copy(update={"augment": CROPPED})
P, T = 2, NOISY.epochs
STEPS = math.ceil(IMAGES / NOISY.batch_size)


def bench_at(root: Path) -> Workbench:
    return make_bench(root, RESNET, crop=1)


def by_hand(
    root: Path,
    weights: Mapping[str, Tensor],
    noise: Noise,
    epochs: range,
    mask: Mapping[str, Tensor] | None = None,
    momentum: Mapping[str, Tensor] | None = None,
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Weights and momentum after training `weights` for `epochs`, on a new network with nothing else going on."""
    bench = bench_at(root)
    network = bench.network
    network.load_state_dict(weights)
    parameters = dict(network.named_parameters())
    with torch.no_grad():
        for name, kept in (mask or {}).items():
            parameters[name][~kept] = 0
    optimiser = make_optimiser(network, NOISY)
    for name, buffer in (momentum or {}).items():
        optimiser.state[parameters[name]]["momentum_buffer"] = torch.empty_like(parameters[name]).copy_(buffer)
    masking = Masking(network, mask or {})
    for epoch in epochs:
        drawn = presentations(noise, epoch, IMAGES, NOISY.augment)
        train_epoch(network, optimiser, masking, bench.splits.train, drawn, NOISY, epoch, "fp32")
    buffers = {name: optimiser.state[parameter]["momentum_buffer"] for name, parameter in parameters.items()}
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}, buffers


def initial(root: Path) -> dict[str, Tensor]:
    network = bench_at(root).network
    initialise(network, stream("initialisation", seed=0, init=0))
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two levels of a lineage, a dense sibling and a ticket copy."""
    folder = tmp_path_factory.mktemp("imp")
    bench = bench_at(folder)
    run_levels(bench, lineage(), 2)
    train_copy(bench, lineage(), 1, 1)
    train_level(bench, lineage(sibling=1), 0)
    return folder


def lineage(**named: int) -> Lineage:
    return make_lineage(training=NOISY, rewind=P, **named)


def test_the_rewind_point_is_the_trunk_after_exactly_p_epochs(root: Path) -> None:
    weights, momentum = by_hand(root, initial(root), lineage().trunk.noise, range(P))
    state = bench_at(root).store.state(lineage().trunk.at(P))
    assert_identical(state.weights, weights)
    assert_identical(state.momentum, momentum)
    assert int(state.weights["stem.1.num_batches_tracked"]) == P * STEPS


def test_level_0_of_sibling_0_is_the_trunk_trained_to_the_end(root: Path) -> None:
    weights, _ = by_hand(root, initial(root), lineage().trunk.noise, range(T))
    assert_identical(bench_at(root).store.state(lineage().level(0).end).weights, weights)


@pytest.mark.parametrize("level", [1, 2])
def test_a_level_trains_t_minus_p_epochs_from_the_rewound_weights_and_statistics_with_a_fresh_optimiser(
    level: int, root: Path
) -> None:
    bench = bench_at(root)
    rewound = bench.store.state(lineage().trunk.at(P)).weights
    mask = mask_of(bench, lineage(), level)
    weights, _ = by_hand(root, rewound, lineage().level(level).noise, range(P, T), mask)
    state = bench.store.state(lineage().level(level).end)
    assert_identical(state.weights, weights)
    assert len(state.telemetry) == T - P
    assert int(state.weights["stem.1.num_batches_tracked"]) == T * STEPS


def test_a_ticket_copy_is_the_same_ticket_under_other_noise(root: Path) -> None:
    bench = bench_at(root)
    rewound, mask = bench.store.state(lineage().trunk.at(P)).weights, mask_of(bench, lineage(), 1)
    copy = lineage().ticket_copy(1, 1)
    assert_identical(bench.store.state(copy.end).weights, by_hand(root, rewound, copy.noise, range(P, T), mask)[0])


def test_a_dense_sibling_inherits_the_momentum_of_the_rewind_point(root: Path) -> None:
    bench, sibling = bench_at(root), lineage(sibling=1).level(0)
    state = bench.store.state(lineage().trunk.at(P))
    weights, _ = by_hand(root, state.weights, sibling.noise, range(P, T), momentum=state.momentum)
    without, _ = by_hand(root, state.weights, sibling.noise, range(P, T))
    found = bench.store.state(sibling.end).weights
    assert_identical(found, weights)
    assert not torch.equal(found["classifier.weight"], without["classifier.weight"])


def test_the_learning_rate_goes_on_where_the_trunk_was_at_the_rewind_point(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[float] = []
    make = workbench_module.make_optimiser

    def watched(*given: object) -> torch.optim.SGD:
        optimiser = make(*given)
        optimiser.register_step_pre_hook(lambda chosen, *_: used.append(chosen.param_groups[0]["lr"]))
        return optimiser

    monkeypatch.setattr(workbench_module, "make_optimiser", watched)
    train_copy(bench_at(root), lineage(), 1, copy_index=9)
    whole = [0.05 * (1 + math.cos(math.pi * update / (T * STEPS))) / 2 for update in range(T * STEPS)]
    assert used == pytest.approx(whole[P * STEPS :], rel=1e-12)


def test_weights_and_statistics_of_the_trained_network_do_not_leak_into_the_next_level(root: Path) -> None:
    """The second level on a workbench that has just trained the first, against one on a new workbench."""
    used, trajectory = bench_at(root), lineage().ticket_copy(2, 3)
    mask = mask_of(used, lineage(), 2)
    used.advance(lineage().ticket_copy(1, 7), T, mask_of(used, lineage(), 1))
    after_another = tensors_of(used.advance(trajectory, T, mask))
    for path in used.store.storage.list(used.store.folder(trajectory.key)):
        used.store.storage.delete(path)
    assert_identical(after_another, tensors_of(bench_at(root).advance(trajectory, T, mask)))


def test_the_statistics_of_the_rewind_point_differ_from_those_of_the_trained_network(root: Path) -> None:
    bench = bench_at(root)
    rewound, trained = (bench.store.state(ref).weights for ref in (lineage().trunk.at(P), lineage().trunk.end))
    assert not torch.equal(rewound["stem.1.running_mean"], trained["stem.1.running_mean"])
    assert_identical(rewind_weights(bench, lineage()), rewound)


def test_at_rewind_0_the_rewind_weights_are_the_initial_ones(root: Path) -> None:
    assert_identical(rewind_weights(bench_at(root), make_lineage(rewind=0)), initial(root))


def pruned_by_hand(weights: Mapping[str, Tensor], mask: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """One step of global magnitude pruning with Python's own sort."""
    ranked = sorted(
        (abs(value), layer, index)
        for layer, (name, kept) in enumerate(mask.items())
        for index, (value, is_kept) in enumerate(
            zip(weights[name].flatten().tolist(), kept.flatten().tolist(), strict=True)
        )
        if is_kept
    )
    after = {name: kept.clone() for name, kept in mask.items()}
    names = list(mask)
    for _, layer, index in ranked[: len(ranked) // 5]:
        after[names[layer]].view(-1)[index] = False
    return after


def test_each_mask_prunes_a_fifth_of_what_was_left_by_the_magnitude_of_the_level_before(root: Path) -> None:
    bench = bench_at(root)
    weights = dict(bench.network.named_parameters())
    mask = {name: torch.ones(weights[name].shape, dtype=torch.bool) for name in prunable(bench.network, ())}
    for level in (1, 2):
        trained = bench.store.state(lineage().level(level - 1).end).weights
        mask = pruned_by_hand(trained, mask)
        assert_identical(mask_of(bench, lineage(), level), mask)


def test_masks_are_stored_once_as_the_level_that_pruned_each_weight(root: Path) -> None:
    bench = bench_at(root)
    record, levels = bench.store.masks(lineage().mask_key)
    assert levels == 2 and {tensor.dtype for tensor in record.values()} == {torch.uint8}
    assert_identical(mask_at(record, 1), mask_of(bench, lineage(), 1))
    values = torch.cat([tensor.flatten() for tensor in record.values()])
    total = len(values)
    first = total // 5
    assert [int((values == level).sum()) for level in (1, 2)] == [first, (total - first) // 5]


def test_excluded_weights_are_never_pruned(tmp_path: Path) -> None:
    bench, chosen = bench_at(tmp_path), make_lineage(training=NOISY, rewind=0, exclude=("classifier.*",))
    run_levels(bench, chosen, 0)
    assert "classifier.weight" not in mask_of(bench, chosen, 1)


def test_a_level_needs_the_level_before(tmp_path: Path) -> None:
    bench = bench_at(tmp_path)
    train_trunk(bench, lineage(), P)
    with pytest.raises(ObjectMissing):
        train_level(bench, lineage(), 1)


def test_the_trunk_stops_at_the_rewind_point_and_publishes_what_it_passes(tmp_path: Path) -> None:
    bench, epochs = bench_at(tmp_path), Epochs()
    train_trunk(bench, lineage(), 3, snapshots=(2,), on_epoch=epochs)
    assert bench.store.epochs(lineage().trunk.key) == (0, 2, 3)
    assert len(epochs.seen) == 3


def test_a_trained_lineage_is_not_trained_again(root: Path) -> None:
    bench, epochs = bench_at(root), Epochs()
    states = [train_level(bench, lineage(), level, on_epoch=epochs) for level in range(3)]
    assert not epochs.seen
    assert_identical(states[2].weights, bench.store.state(lineage().level(2).end).weights)
