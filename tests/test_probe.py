"""Linear probes: what they see, what they leave alone, and that every baseline is another network."""

from pathlib import Path

import pytest
import torch
from tiny import LENET, make_bench, make_lineage, run_levels

from raylth.errors import BadInput, ObjectMissing
from raylth.evaluation import Measured
from raylth.frozen import Frozen, load_frozen, stored_mask
from raylth.lineage import Lineage
from raylth.models import pool
from raylth.models.classifier import with_blocks
from raylth.probe import Curves, Features, Probe, block_features, blocks_of, measure_probe, train_linear
from raylth.spec.studies import FrozenKind, LinearSpec
from raylth.studies.probes import frozen
from raylth.training.evaluate import evaluate
from raylth.training.workbench import Workbench

LINEAR = LinearSpec(epochs=5, batch_size=32)
KINDS: tuple[FrozenKind, ...] = ("ticket", "permuted", "dense", "reinitialised")


@pytest.fixture
def lineage() -> Lineage:
    return make_lineage(rewind=0)


@pytest.fixture
def bench(tmp_path: Path, lineage: Lineage) -> Workbench:
    bench = make_bench(tmp_path)
    run_levels(bench, lineage, 1)
    return bench


def network_of(lineage: Lineage, kind: FrozenKind) -> Frozen:
    return frozen(lineage, 0 if kind == "dense" else 1, kind, "recomputed", clean_images=50)


def probe_of(lineage: Lineage, kind: FrozenKind = "ticket", blocks: tuple[int, ...] | None = None) -> Probe:
    network = network_of(lineage, kind)
    return Probe(network=network, model=lineage.model, data=lineage.data, blocks=blocks, linear=LINEAR, seed=0)


def separable(images: int, seed: int) -> Features:
    """Three classes on three axes, far apart, at a scale that an unstandardised layer would never learn in time."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(images) % 3
    noise = torch.rand(images, 3, generator=generator)
    return Features(1e-4 * (torch.nn.functional.one_hot(labels, 3) + 0.4 * noise) + 7, labels)


def test_a_probe_on_separable_features_is_perfect_and_one_on_noise_is_not() -> None:
    curves = train_linear(separable(300, 0), separable(90, 1), LinearSpec(), seed=0)
    assert curves.test_accuracy[-1] == curves.train_accuracy[-1] == 1
    blind = Features(torch.rand(300, 3), torch.arange(300) % 3)
    assert train_linear(blind, separable(90, 1), LinearSpec(), seed=0).test_accuracy[-1] < 0.8


def test_a_probe_is_logistic_regression(bench: Workbench) -> None:
    """An independent solver of the same convex problem, run to its optimum, classifies the same."""
    from sklearn.linear_model import LogisticRegression

    train, _ = block_features(with_blocks(bench.network), bench.splits.train, (3,), "fp32")
    test, _ = block_features(with_blocks(bench.network), bench.splits.test, (3,), "fp32")
    ours = train_linear(train[3], test[3], LinearSpec(epochs=300, weight_decay=1e-2), seed=0)
    mean, std = train[3].values.mean(0), train[3].values.std(0, correction=0)
    inputs, test_inputs = (train[3].values - mean) / std, (test[3].values - mean) / std
    # Their penalty is |w|^2 / (2 C) on the sum of losses, ours lambda |w|^2 / 2 on their mean.
    solver = LogisticRegression(C=1 / (1e-2 * len(inputs)), max_iter=10_000).fit(inputs, train[3].labels)
    assert abs(float(ours.test_accuracy[-1]) - solver.score(test_inputs, test[3].labels)) < 0.03


def test_features_are_the_pooled_output_of_each_block_in_eval_mode(bench: Workbench) -> None:
    network = with_blocks(bench.network).eval()
    found, accuracy = block_features(network, bench.splits.test, (1, 2, 3), "fp32")
    images, labels = bench.splits.test.clean(slice(0, None))
    for block, features in found.items():
        with torch.no_grad():
            expected = pool(network.features(images, upto=block))
        assert torch.allclose(features.values, expected, atol=1e-5) and torch.equal(features.labels, labels)
    assert accuracy == evaluate(network, bench.splits.test, "fp32").accuracy


def test_a_frozen_ticket_is_the_rewind_point_under_its_mask_and_probing_leaves_it_so(
    bench: Workbench, lineage: Lineage
) -> None:
    sparsity = load_frozen(bench, network_of(lineage, "ticket"))
    mask = stored_mask(bench.store, lineage.mask(1))
    before = {name: weight.detach().clone() for name, weight in bench.network.named_parameters()}
    initial = bench.initial_weights(lineage.initialisation)
    for name, layer in mask.items():
        assert torch.equal(before[name], initial[name] * layer)
    assert sparsity == pytest.approx(0.2, abs=1e-3)
    measure_probe(bench, probe_of(lineage), "run")
    assert all(torch.equal(weight, before[name]) for name, weight in bench.network.named_parameters())


def test_the_permuted_mask_keeps_the_counts_of_each_layer_and_moves_the_support(
    bench: Workbench, lineage: Lineage
) -> None:
    mask, moved = (stored_mask(bench.store, ref) for ref in (lineage.mask(1), lineage.shuffled_mask(1)))
    assert {name: int(layer.sum()) for name, layer in moved.items()} == {n: int(m.sum()) for n, m in mask.items()}
    pruned = [name for name, layer in mask.items() if not layer.all()]
    assert pruned and all(not torch.equal(moved[name], mask[name]) for name in pruned)


def test_every_network_is_another_one(bench: Workbench, lineage: Lineage) -> None:
    seen = []
    for kind in KINDS:
        load_frozen(bench, network_of(lineage, kind))
        seen.append(torch.cat([weight.detach().flatten() for weight in bench.network.parameters()]))
    assert all(not torch.equal(a, b) for i, a in enumerate(seen) for b in seen[:i])


def test_rewound_statistics_are_those_of_the_rewind_point(bench: Workbench, lineage: Lineage) -> None:
    network = network_of(lineage, "ticket").model_copy(update={"batchnorm": "rewound"})
    load_frozen(bench, network)
    means = [buffer for name, buffer in bench.network.named_buffers() if name.endswith("running_mean")]
    assert all(not mean.any() for mean in means)
    load_frozen(bench, network_of(lineage, "ticket"))
    assert all(mean.any() for name, mean in bench.network.named_buffers() if name.endswith("running_mean"))


def test_probes_are_measured_once_and_deterministic(bench: Workbench, lineage: Lineage) -> None:
    first = measure_probe(bench, probe_of(lineage), "first")
    assert blocks_of(first) == [1, 2, 3] and first.numbers["blocks"] == 3
    again = measure_probe(bench, probe_of(lineage), "again")
    assert again.cost.run == "first"
    fresh = measure_probe(bench, probe_of(lineage, blocks=(3,)), "fresh")
    assert torch.equal(fresh.tensors["3/test_accuracy"], first.tensors["3/test_accuracy"])


def test_a_ticket_that_was_not_found_yet_cannot_be_with_blocks(tmp_path: Path, lineage: Lineage) -> None:
    with pytest.raises(ObjectMissing):
        measure_probe(make_bench(tmp_path), probe_of(lineage), "run")


def test_a_block_that_is_not_there_is_refused(bench: Workbench, lineage: Lineage) -> None:
    with pytest.raises(BadInput, match="numbered 1 to 3"):
        measure_probe(bench, probe_of(lineage, blocks=(2, 4)), "run")


def test_a_network_without_blocks_is_refused() -> None:
    with pytest.raises(BadInput, match="needs a network with blocks"):
        with_blocks(torch.nn.Linear(3, 3))


def test_fully_connected_networks_have_probes_too(tmp_path: Path) -> None:
    lineage = make_lineage(LENET, rewind=0)
    bench = make_bench(tmp_path, LENET)
    run_levels(bench, lineage, 1)
    measured: Measured = measure_probe(bench, probe_of(lineage), "run")
    assert blocks_of(measured) == [1, 2]
    assert set(vars(Curves(*[torch.zeros(1)] * 3))) == {name.partition("/")[2] for name in measured.tensors}
