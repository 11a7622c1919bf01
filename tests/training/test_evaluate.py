"""Evaluation and recomputed BatchNorm statistics, against direct computation."""

from pathlib import Path

import pytest
import torch
from tiny import CPU, LENET, RESNET, assert_identical, digits, make_bench
from torch import Tensor, nn
from torch.nn import functional as F

from raylth.data import DeviceSplit, Split, to_device
from raylth.models import initialise
from raylth.seeds import stream
from raylth.spec.schema import ModelSpec
from raylth.training import evaluate as module
from raylth.training.evaluate import evaluate, recompute_batchnorm
from raylth.training.precision import autocast
from raylth.trajectory import Precision

MEAN, STD = torch.tensor([0.5]), torch.tensor([0.25])


def plain(images: Tensor) -> Tensor:
    return ((images.double() / 255 - 0.5) / 0.25).float()


def first(count: int) -> tuple[Split, DeviceSplit]:
    split = Split(digits(200).train.images[:count].contiguous(), digits(200).train.labels[:count])
    return split, to_device(split, CPU, MEAN, STD)


@pytest.mark.parametrize("model", [LENET, RESNET], ids=lambda model: model.name)
@pytest.mark.parametrize("batch", [7, 100, 1000])
def test_accuracy_and_loss_are_those_of_one_forward_pass_whatever_the_batches(
    model: ModelSpec, batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EVALUATION_BATCH", batch)
    network = make_bench(tmp_path, model).network
    initialise(network, stream("initialisation", seed=0, init=0))
    split, device_split = first(100)
    found = evaluate(network, device_split, "fp32")
    with torch.no_grad():
        logits = network.eval()(plain(split.images)).double()
    assert torch.equal(found.correct, logits.argmax(1) == split.labels)
    assert found.accuracy == float((logits.argmax(1) == split.labels).double().mean())
    assert found.loss == pytest.approx(float(F.cross_entropy(logits, split.labels)), rel=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_evaluation_leaves_the_network_as_it_was(training: bool, tmp_path: Path) -> None:
    network = make_bench(tmp_path).network.train(training)
    initialise(network, stream("initialisation", seed=0, init=0))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    evaluate(network, first(50)[1], "fp32")
    assert network.training is training
    assert_identical(dict(network.state_dict()), before)


def one_layer(momentum: float | None = 0.1) -> nn.Module:
    return nn.Sequential(nn.BatchNorm2d(1, momentum=momentum), nn.Flatten(), nn.Linear(64, 10))


def test_recomputed_statistics_are_the_mean_over_equal_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVALUATION_BATCH", 30)
    network = one_layer()
    network[0].running_mean.fill_(17.0)
    split, device_split = first(100)
    recompute_batchnorm(network, device_split, "fp32")
    # 100 images in batches of at most 30 are four of 25, each a quarter of the average; 30, 30, 30 and 10 are not.
    batches = plain(split.images).split(25)
    mean = torch.stack([batch.mean() for batch in batches]).mean()
    variance = torch.stack([batch.var(correction=1) for batch in batches]).mean()
    assert float(network[0].running_mean) == pytest.approx(float(mean), rel=1e-5)
    assert float(network[0].running_var) == pytest.approx(float(variance), rel=1e-5)


def test_recomputed_means_weigh_every_image_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVALUATION_BATCH", 40)
    network = one_layer()
    split, device_split = first(80)
    recompute_batchnorm(network, device_split, "fp32")
    assert float(network[0].running_mean) == pytest.approx(float(plain(split.images).mean()), rel=1e-5)


@pytest.mark.parametrize("momentum", [0.1, 0.7, None])
@pytest.mark.parametrize("training", [True, False])
def test_recomputing_restores_mode_and_momentum_and_leaves_weights_alone(
    momentum: float | None, training: bool
) -> None:
    network = one_layer(momentum).train(training)
    before = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    recompute_batchnorm(network, first(20)[1], "fp32")
    assert network[0].momentum == momentum and network.training is training
    assert_identical({name: parameter.detach() for name, parameter in network.named_parameters()}, before)


def test_recomputing_twice_is_recomputing_once(tmp_path: Path) -> None:
    network = make_bench(tmp_path).network
    initialise(network, stream("initialisation", seed=0, init=0))
    recompute_batchnorm(network, first(100)[1], "fp32")
    once = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    recompute_batchnorm(network, first(100)[1], "fp32")
    assert_identical(dict(network.state_dict()), once)


def test_a_network_without_batchnorm_costs_no_forward_pass() -> None:
    class Refusing(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            raise AssertionError("a forward pass")

    recompute_batchnorm(Refusing(), first(20)[1], "fp32")


@pytest.mark.parametrize(("precision", "kind"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_autocast_computes_in_the_precision_that_was_asked_for(precision: Precision, kind: torch.dtype) -> None:
    with autocast(CPU, precision):
        assert nn.Linear(2, 2)(torch.ones(1, 2)).dtype == kind
