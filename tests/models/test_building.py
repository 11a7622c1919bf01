"""Building by name: refusals that a person can act on, and global random streams that stay untouched."""

import re

import numpy as np
import pytest
import torch

from raylth.errors import BadInput
from raylth.models import build, initialise, known_models, source_hash
from raylth.models.known import ARCHITECTURES, Architecture
from raylth.spec.schema import ModelSpec


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("resnet-18", "resnet18"), ("ResNet20", "resnet20"), ("LENET", "lenet5"), ("vgg", "vgg16")],
)
def test_an_unknown_name_is_refused_with_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(BadInput, match=re.escape(f"`{name}` is no known architecture; the nearest is `{nearest}`")):
        build(ModelSpec(name=name), (3, 32, 32), 10)


@pytest.mark.parametrize("name", ["lenet300100", "lenet5"])
def test_a_lenet_takes_no_width(name: str) -> None:
    with pytest.raises(BadInput, match=rf"model\.width cannot be set for `{name}`"):
        build(ModelSpec(name=name, width=8), (1, 28, 28), 10)


@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_building_and_initialising_leave_the_global_streams_alone(name: str) -> None:
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()[1:3]
    width = None if name.startswith("lenet") else 2
    initialise(build(ModelSpec(name=name, width=width), (3, 32, 32), 10), np.random.default_rng(0))
    numpy_after = np.random.get_state()[1:3]
    assert torch.equal(torch.get_rng_state(), torch_before)
    assert np.array_equal(numpy_before[0], numpy_after[0]) and numpy_before[1] == numpy_after[1]


def test_a_built_network_is_on_the_cpu() -> None:
    network = build(ModelSpec(name="resnet8"), (1, 8, 8), 10)
    assert {tensor.device.type for tensor in network.state_dict().values()} == {"cpu"}


def test_known_models_are_described_and_cannot_be_changed() -> None:
    assert [model.name for model in known_models()] == list(ARCHITECTURES)
    assert all(model.description and "\n" not in model.description for model in known_models())
    with pytest.raises(TypeError):
        ARCHITECTURES["mine"] = Architecture("", lambda: None, None)  # type: ignore[index]


def test_a_known_architecture_has_no_source_hash() -> None:
    assert source_hash(ModelSpec(name="resnet8")) is None
