"""Alignment: permuting hidden units changes no output, and matching takes a permutation back."""

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import make_bench, make_lineage, run_levels
from torch import Tensor, nn

from raylth.errors import Unsupported
from raylth.models import Classifier, build, initialise
from raylth.models.classifier import with_blocks
from raylth.seeds import stream
from raylth.spec.schema import ModelSpec
from raylth.stability.alignment import aligned, permutation_groups, permuted_state
from raylth.stability.line import Line, line_of, measure_line
from raylth.state import State, Telemetry

MODELS = [
    ("resnet8", 4, (1, 8, 8)),
    ("resnet20", 4, (3, 16, 16)),
    ("lenet300100", None, (1, 8, 8)),
    ("lenet5", None, (1, 28, 28)),
    ("vgg16", 4, (3, 16, 16)),
    ("resnet18", 4, (3, 16, 16)),
]


def network_of(name: str, width: int | None, image: tuple[int, int, int], seed: int = 0) -> Classifier:
    network = with_blocks(build(ModelSpec(name=name, width=width), image, 10))
    initialise(network, stream("test", seed=seed))
    generator = torch.Generator().manual_seed(seed)
    for parameter in network.parameters():
        # BatchNorm's ones and zeros would look alike in every order.
        parameter.data += 0.1 * torch.rand(parameter.shape, generator=generator)
    return network


def state_of(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def shuffled(network: Classifier, state: dict[str, Tensor], seed: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    for group in permutation_groups(network):
        state = permuted_state(state, group, torch.randperm(group.size, generator=generator))
    return state


@pytest.mark.parametrize(("name", "width", "image"), MODELS)
def test_a_permuted_network_is_the_same_function(name: str, width: int | None, image: tuple[int, int, int]) -> None:
    network = network_of(name, width, image).eval()
    images = torch.rand(4, *image)
    with torch.no_grad():
        before = network(images)
        network.load_state_dict(shuffled(network, state_of(network), seed=1))
        after = network(images)
    assert torch.allclose(before, after, atol=1e-4 * float(before.abs().max()))


@pytest.mark.parametrize(("name", "width", "image"), MODELS)
def test_matching_takes_a_permutation_back(name: str, width: int | None, image: tuple[int, int, int]) -> None:
    network = network_of(name, width, image)
    state = state_of(network)
    moved = shuffled(network, state, seed=2)
    assert any(not torch.equal(moved[key], tensor) for key, tensor in state.items())
    back = aligned(network, state, moved)
    assert [key for key, tensor in state.items() if not torch.equal(back[key], tensor)] == []


def test_every_hidden_weight_belongs_to_a_group_and_the_classes_to_none() -> None:
    network = network_of("resnet20", 4, (3, 16, 16))
    axes = {axis for group in permutation_groups(network) for axis in group.axes}
    for name, parameter in network.named_parameters():
        assert (name, 0) in axes or name.startswith("classifier"), name
        if parameter.dim() > 1 and name != "stem.0.weight":
            assert (name, 1) in axes, name
    assert not axes & {("classifier.weight", 0), ("classifier.bias", 0), ("stem.0.weight", 1)}


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 1000))
def test_matching_never_takes_networks_apart(seed: int) -> None:
    network = network_of("lenet300100", None, (1, 8, 8))
    one, other = state_of(network), state_of(network_of("lenet300100", None, (1, 8, 8), seed + 1))
    found = aligned(network, one, other)

    def distance(a: dict[str, Tensor], b: dict[str, Tensor]) -> float:
        return float(sum((a[name] - b[name]).square().sum() for name, _ in network.named_parameters()))

    assert distance(one, found) <= distance(one, other) + 1e-3


def test_a_network_whose_units_are_not_known_is_refused() -> None:
    odd = Classifier(nn.Identity(), [nn.Sequential(nn.GELU())], nn.Linear(4, 2))
    with pytest.raises(Unsupported, match=r"blocks\.0\.0 is a GELU"):
        permutation_groups(odd)


def test_alignment_brings_the_barrier_of_a_permuted_copy_to_zero(tmp_path: Path) -> None:
    bench, lineage = make_bench(tmp_path), make_lineage(rewind=0)
    (dense,) = run_levels(bench, lineage, 0)
    copy = make_lineage(rewind=0, seed=9).trunk
    moved = shuffled(with_blocks(bench.network), dense.weights, seed=3)
    bench.store.publish(copy, State(4, moved, {}, Telemetry.empty(100)))
    line = Line(
        start=lineage.level(0).end,
        end=copy.end,
        alphas=5,
        batchnorm="interpolated",
        train_images=50,
        bootstrap=100,
        precision="fp32",
    )

    def read(line: Line) -> float:
        return line_of(measure_line(bench.store, line, bench.network, bench.splits, "run")).barrier

    permuted = line.model_copy(update={"alignment": "weights"})
    assert permuted.key != line.key
    assert read(line) > 0.1 and read(permuted) == pytest.approx(0, abs=1e-9)
