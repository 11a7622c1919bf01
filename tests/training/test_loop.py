"""One epoch of training against SGD spelled out, update by update; the mask; bf16."""

import copy
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from naive_sgd import Moment, cosine, plain_batches, plain_step
from tiny import CPU, CROPPED, IMAGES, LENET, RESNET, assert_identical, digits, make_bench
from torch import Tensor, nn
from torch.nn import functional as F

from raylth.models import build, initialise, prunable
from raylth.seeds import Noise, presentations, stream
from raylth.spec.schema import AugmentSpec, ModelSpec, TrainingSpec
from raylth.training.loop import EpochResult, Masking, learning_rate, make_optimiser, presentation_accuracy, train_epoch
from raylth.training.precision import autocast, supports_bf16
from raylth.training.setup import make_splits
from raylth.training.workbench import Workbench
from raylth.trajectory import Precision

NOISE = Noise(seed=0, init=0, sibling=0, level=0)
needs_bf16 = pytest.mark.skipif(not supports_bf16(CPU), reason="this CPU has no bf16 instructions")


def make_training(**changes: Any) -> TrainingSpec:
    base = {"epochs": 3, "batch_size": 32, "lr": 0.05, "momentum": 0.9, "weight_decay": 0.02, "augment": CROPPED}
    return TrainingSpec(**{**base, **changes})


def plain_network(model: ModelSpec) -> nn.Module:
    network = build(model, (1, 8, 8), 10)
    initialise(network, stream("initialisation", seed=0, init=0))
    return network


def random_masks(network: nn.Module) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(1)
    weights = dict(network.named_parameters())
    return {name: torch.rand(weights[name].shape, generator=generator) < 0.6 for name in prunable(network, ())}


class Watched:
    """A training of raylth's whose weights and momentum are kept before the first update and after each."""

    def __init__(self, model: ModelSpec, training: TrainingSpec, masks: Mapping[str, Tensor], root: Path) -> None:
        bench = make_bench(root, model, training.augment.crop)
        self.training, self.splits, self.network = training, bench.splits, bench.network
        self.network.load_state_dict(plain_network(model).state_dict())
        self.masking = Masking(self.network, masks)
        self.masking.apply_to_weights()
        self.optimiser = make_optimiser(self.network, training)
        self.moments = [self.moment()]
        self.optimiser.register_step_post_hook(lambda *_: self.moments.append(self.moment()))

    def moment(self) -> Moment:
        weights = {name: tensor.detach().clone() for name, tensor in self.network.state_dict().items()}
        buffers = {
            name: buffer.clone()
            for name, parameter in self.network.named_parameters()
            if (buffer := self.optimiser.state[parameter].get("momentum_buffer")) is not None
        }
        return Moment(weights, buffers)

    def epoch(self, epoch: int, precision: Precision = "fp32") -> EpochResult:
        noise = presentations(NOISE, epoch, IMAGES, self.training.augment)
        train = self.splits.train
        return train_epoch(self.network, self.optimiser, self.masking, train, noise, self.training, epoch, precision)


@pytest.mark.parametrize("model", [LENET, RESNET], ids=lambda model: model.name)
@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("masked", [False, True], ids=["dense", "masked"])
def test_every_update_of_two_epochs_is_that_of_sgd_spelled_out(
    model: ModelSpec, momentum: float, masked: bool, tmp_path: Path
) -> None:
    training = make_training(momentum=momentum)
    plain = plain_network(model)
    masks = random_masks(plain) if masked else {}
    watched = Watched(model, training, masks, tmp_path)
    steps = math.ceil(IMAGES / training.batch_size)
    for epoch in (0, 1):
        result = watched.epoch(epoch)
        losses, right = 0.0, torch.zeros(IMAGES, dtype=torch.bool)
        noise = presentations(NOISE, epoch, IMAGES, training.augment)
        for step, (images, labels, indices) in enumerate(plain_batches(digits(), noise, training)):
            update = epoch * steps + step
            # Every update starts from raylth's own weights, or rounding would grow from update to update.
            before, found = watched.moments[update], watched.moments[update + 1]
            lr = cosine(training, update, training.epochs * steps)
            expected, loss, logits = plain_step(plain, before, images, labels, masks, training, lr)
            torch.testing.assert_close(found.weights, expected.weights, rtol=1e-5, atol=2e-6)
            if momentum:
                torch.testing.assert_close(found.velocity, expected.velocity, rtol=1e-4, atol=2e-5)
            losses += loss * len(indices)
            right[indices] = logits.argmax(1) == labels
        assert len(watched.moments) == 1 + (epoch + 1) * steps
        assert result.loss == pytest.approx(losses / IMAGES, rel=1e-5)
        assert torch.equal(result.correct, right)


def test_the_last_partial_batch_is_trained_on(tmp_path: Path) -> None:
    watched = Watched(LENET, make_training(batch_size=33), {}, tmp_path)
    watched.epoch(0)
    assert len(watched.moments) - 1 == 4
    assert not torch.equal(watched.moments[3].weights["classifier.bias"], watched.moments[4].weights["classifier.bias"])


def test_the_cosine_goes_from_lr_to_0_over_all_updates_of_the_budget() -> None:
    training = make_training(lr=0.4)
    assert learning_rate(training, 0, 100) == 0.4
    assert learning_rate(training, 25, 100) == pytest.approx(0.4 * (1 + math.sqrt(0.5)) / 2)
    assert learning_rate(training, 50, 100) == pytest.approx(0.2)
    assert learning_rate(training, 99, 100) == pytest.approx(0.4 * 0.000246719, rel=1e-5)
    assert learning_rate(training, 100, 100) == 0


def test_the_constant_schedule_is_constant() -> None:
    assert learning_rate(make_training(schedule="constant", lr=0.4), 77, 100) == 0.4


@pytest.mark.parametrize("precision", ["fp32", pytest.param("bf16", marks=needs_bf16)])
@pytest.mark.parametrize("model", [LENET, RESNET], ids=lambda model: model.name)
def test_pruned_weights_are_0_after_every_update(model: ModelSpec, precision: Precision, tmp_path: Path) -> None:
    masks = random_masks(plain_network(model))
    watched = Watched(model, make_training(lr=0.2, weight_decay=0.1), masks, tmp_path)
    for epoch in range(2):
        watched.epoch(epoch, precision)
    for moment in watched.moments:
        assert all(int(moment.weights[name][~mask].count_nonzero()) == 0 for name, mask in masks.items())


def test_pruned_weights_stay_0_under_a_momentum_that_was_not(tmp_path: Path) -> None:
    masks = random_masks(plain_network(LENET))
    watched = Watched(LENET, make_training(), masks, tmp_path)
    for parameter in watched.network.parameters():
        watched.optimiser.state[parameter]["momentum_buffer"] = torch.ones_like(parameter)
    watched.masking.apply_to_momentum(watched.optimiser)
    watched.epoch(0)
    last = watched.moments[-1].weights
    assert all(int(last[name][~mask].count_nonzero()) == 0 for name, mask in masks.items())
    assert all(bool((last[name][mask] != watched.moments[0].weights[name][mask]).all()) for name, mask in masks.items())


def test_weights_that_no_mask_names_are_trained(tmp_path: Path) -> None:
    masks = random_masks(plain_network(RESNET))
    watched = Watched(RESNET, make_training(), masks, tmp_path)
    watched.epoch(0)
    before, after = watched.moments[0].weights, watched.moments[-1].weights
    free = [name for name, _ in watched.network.named_parameters() if name not in masks]
    assert free and all(not torch.equal(before[name], after[name]) for name in free)


def bf16_epoch_by_hand(watched: Watched, network: nn.Module) -> dict[str, Tensor]:
    """The first epoch once more, one autocast context per forward pass."""
    training, train = watched.training, watched.splits.train
    noise = presentations(NOISE, 0, IMAGES, training.augment)
    optimiser = make_optimiser(network, training)
    steps = math.ceil(IMAGES / training.batch_size)
    for step, indices in enumerate(noise.order.split(training.batch_size)):
        images, labels = train.batch(indices, noise)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = network(images)
        optimiser.zero_grad()
        F.cross_entropy(logits.float(), labels).backward()
        optimiser.param_groups[0]["lr"] = cosine(training, step, training.epochs * steps)
        optimiser.step()
    return {name: tensor.detach() for name, tensor in network.state_dict().items()}


@needs_bf16
def test_each_bf16_forward_pass_sees_the_weights_of_the_last_update(tmp_path: Path) -> None:
    watched = Watched(RESNET, make_training(), {}, tmp_path)
    twin = copy.deepcopy(watched.network).train()
    watched.epoch(0, "bf16")
    assert_identical(watched.moments[-1].weights, bf16_epoch_by_hand(watched, twin))


def accuracy_after(bench: Workbench, precision: Precision) -> float:
    training = TrainingSpec(epochs=6, batch_size=20, lr=0.05)
    bench.network.load_state_dict(plain_network(LENET).state_dict())
    optimiser, masking = make_optimiser(bench.network, training), Masking(bench.network, {})
    images = bench.splits.train_images
    for epoch in range(training.epochs):
        noise = presentations(NOISE, epoch, images, AugmentSpec())
        train = bench.splits.train
        result = train_epoch(bench.network, optimiser, masking, train, noise, training, epoch, precision)
    return float(result.correct.double().mean())


@needs_bf16
def test_bf16_trains_about_as_well_as_fp32(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, LENET, images=300)
    in_fp32, in_bf16 = accuracy_after(bench, "fp32"), accuracy_after(bench, "bf16")
    assert in_fp32 > 0.9
    assert in_bf16 == pytest.approx(in_fp32, abs=0.03)


@needs_bf16
def test_one_autocast_context_around_an_epoch_would_train_on_stale_weights(tmp_path: Path) -> None:
    """Why the context is entered per forward pass, and that the accuracy above would show it if it were not."""
    bench = make_bench(tmp_path, LENET, images=300)
    fresh = accuracy_after(bench, "bf16")
    with autocast(CPU, "bf16"):
        stale = accuracy_after(bench, "bf16")
    assert stale < fresh - 0.1


@needs_bf16
def test_bf16_keeps_fp32_master_weights(tmp_path: Path) -> None:
    watched = Watched(RESNET, make_training(), {}, tmp_path)
    watched.epoch(0, "bf16")
    kinds = {tensor.dtype for tensor in watched.moments[-1].weights.values() if tensor.is_floating_point()}
    assert kinds == {torch.float32}
    rounded = watched.moments[-1].weights["classifier.weight"].bfloat16().float()
    assert not torch.equal(rounded, watched.moments[-1].weights["classifier.weight"])


def test_presentation_accuracy_is_that_of_train_mode_on_the_presented_images_without_updates(tmp_path: Path) -> None:
    training = make_training()
    watched = Watched(RESNET, training, {}, tmp_path)
    noise = presentations(NOISE, 0, IMAGES, training.augment)
    before = {name: parameter.detach().clone() for name, parameter in watched.network.named_parameters()}
    found = presentation_accuracy(watched.network, watched.splits.train, noise, training.batch_size, "fp32")
    plain, hits = plain_network(RESNET).train(), 0
    for images, labels, _ in plain_batches(digits(), noise, training):
        hits += int((plain(images).argmax(1) == labels).sum())
    assert found == hits / IMAGES
    assert_identical({name: parameter.detach() for name, parameter in watched.network.named_parameters()}, before)


@pytest.fixture(autouse=True)
def untouched_global_streams() -> Iterator[None]:
    """Training draws from named streams alone."""
    before = torch.random.get_rng_state()
    yield
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_clean_subset_is_class_balanced_and_of_training_images() -> None:
    splits = make_splits(digits(), CPU, crop=2, clean_images=30)
    assert torch.bincount(splits.clean.labels).tolist() == [3] * 10
    training = {image.numpy().tobytes() for image in splits.train.centres}
    assert all(image.contiguous().numpy().tobytes() in training for image in splits.clean.centres)
    assert (splits.train.crop, splits.test.crop, splits.clean.crop) == (2, 0, 0)


def test_there_are_never_more_clean_images_than_balanced_classes_allow() -> None:
    splits = make_splits(digits(), CPU, crop=0, clean_images=5000)
    assert torch.bincount(splits.clean.labels).tolist() == [10] * 10
