"""Initial weights: their distribution, and that nothing but the generator decides them."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from raylth.errors import BadInput
from raylth.models import build, initialise
from raylth.spec.schema import ModelSpec


def drawn(seed: int, **changes: object) -> dict[str, Tensor]:
    network = build(ModelSpec(name="resnet8"), (3, 16, 16), 10).to(**changes)
    initialise(network, np.random.default_rng(seed))
    return network.state_dict()


def test_equal_seeds_give_equal_weights_and_others_do_not() -> None:
    one, again, other = drawn(3), drawn(3), drawn(4)
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert {name for name in one if not torch.equal(one[name], other[name])} == {
        name for name in one if one[name].dim() > 1
    }


def test_the_global_seed_decides_nothing() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        one = drawn(3)
        torch.manual_seed(2)
        assert all(torch.equal(one[name], value) for name, value in drawn(3).items())


def test_the_memory_format_decides_nothing() -> None:
    plain, last = drawn(3), drawn(3, memory_format=torch.channels_last)
    assert last["blocks.0.conv1.weight"].is_contiguous(memory_format=torch.channels_last)
    assert all(torch.equal(plain[name], last[name]) for name in plain)


def test_the_first_numbers_of_the_stream_are_the_stem() -> None:
    # fan_in of a 3x3 convolution on 3 channels is 27.
    by_hand = np.random.default_rng(3).standard_normal((16, 3, 3, 3), dtype=np.float32) * np.sqrt(2 / 27)
    np.testing.assert_allclose(drawn(3)["stem.0.weight"].numpy(), by_hand, rtol=1e-6)


@pytest.mark.parametrize(
    ("layer", "fan_in"),
    [
        (nn.Conv2d(64, 32, 3), 576),
        (nn.Conv2d(32, 256, 1), 32),
        (nn.Conv2d(64, 64, 3, groups=4), 144),
        (nn.Linear(200, 400), 200),
    ],
    ids=["3x3", "1x1", "grouped", "linear"],
)
def test_weights_have_the_kaiming_distribution(layer: nn.Conv2d | nn.Linear, fan_in: int) -> None:
    initialise(layer, np.random.default_rng(0))
    weight = layer.weight.detach()
    expected = (2 / fan_in) ** 0.5
    assert weight.std().item() == pytest.approx(expected, rel=4 / (2 * weight.numel()) ** 0.5)
    assert weight.mean().item() == pytest.approx(0, abs=4 * expected / weight.numel() ** 0.5)
    # A normal distribution has 31.7% outside one standard deviation; a uniform one would have 42%.
    assert (weight.abs() > expected).double().mean().item() == pytest.approx(0.317, abs=0.02)
    assert layer.bias is not None and not layer.bias.any()


def test_every_value_is_set_whatever_it_was() -> None:
    network = build(ModelSpec(name="resnet8"), (3, 16, 16), 10)
    for value in network.state_dict().values():
        value.fill_(float("nan") if value.is_floating_point() else 77)
    initialise(network, np.random.default_rng(0))
    state = network.state_dict()
    assert all(value.isfinite().all() for value in state.values())
    norms = {name: module for name, module in network.named_modules() if isinstance(module, nn.BatchNorm2d)}
    ends = {"weight": 1, "bias": 0, "running_mean": 0, "running_var": 1, "num_batches_tracked": 0}
    assert len(norms) == 9
    assert all((state[f"{name}.{end}"] == value).all() for name in norms for end, value in ends.items())
    assert not state["classifier.bias"].any()


def test_a_module_of_another_kind_is_refused() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2))
    with pytest.raises(BadInput, match=r"Module `1` of the model is a LayerNorm.*`initialise\(generator\)`"):
        initialise(network, np.random.default_rng(0))


class Scaled(nn.Module):
    """A user's own module, which sets its own scale and the layer within it."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.empty(2))
        self.within = nn.Linear(2, 2)

    def initialise(self, generator: np.random.Generator) -> None:
        with torch.no_grad():
            self.scale.copy_(torch.from_numpy(generator.random(2)))
            self.within.weight.fill_(5)
            self.within.bias.fill_(6)


def test_a_modules_own_initialise_is_used_for_all_within_it() -> None:
    network = nn.Sequential(nn.Linear(3, 2), Scaled(), nn.Linear(2, 1))
    initialise(network, np.random.default_rng(0))
    stream = np.random.default_rng(0)
    stream.standard_normal((2, 3), dtype=np.float32)
    np.testing.assert_allclose(network[1].scale.detach(), stream.random(2), rtol=1e-6)
    assert (network[1].within.weight == 5).all() and (network[1].within.bias == 6).all()
    last = stream.standard_normal((1, 2), dtype=np.float32)
    np.testing.assert_allclose(network[2].weight.detach(), last, rtol=1e-6)
