"""Every known network: its size against published or hand-counted numbers, its shapes, layouts and precisions."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from raylth.errors import BadInput
from raylth.models import Classifier, build, initialise, known_models, prunable
from raylth.models.resnet import Projection
from raylth.spec.schema import ModelSpec

NAMES = [model.name for model in known_models()]
# Narrow, so that the tests stay quick; the sizes are tested at full width, which computes nothing.
NARROW = {name: None if name.startswith("lenet") else 4 for name in NAMES}


def ready(name: str, image: tuple[int, int, int], classes: int = 10) -> Classifier:
    network = build(ModelSpec(name=name, width=NARROW[name]), image, classes)
    assert isinstance(network, Classifier)
    initialise(network, np.random.default_rng(0))
    return network


def images(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def count_prunable(network: nn.Module) -> int:
    return sum(network.get_parameter(name).numel() for name in prunable(network, ()))


@pytest.mark.parametrize(
    ("name", "image", "parameters", "weights"),
    [
        ("resnet20", (3, 32, 32), 272_474, 270_896),
        ("resnet18", (3, 32, 32), 11_173_962, 11_164_352),
        ("lenet300100", (1, 28, 28), 266_610, 266_200),
        ("lenet5", (1, 28, 28), 431_080, 430_500),
        ("vgg16", (3, 32, 32), 14_724_042, 14_715_584),
    ],
)
def test_number_of_parameters(name: str, image: tuple[int, int, int], parameters: int, weights: int) -> None:
    network = build(ModelSpec(name=name), image, 10)
    assert (count(network), count_prunable(network)) == (parameters, weights)


@pytest.mark.parametrize(
    ("name", "layers"),
    [("resnet8", 8), ("resnet20", 20), ("resnet32", 32), ("resnet56", 56), ("resnet18", 18), ("resnet34", 34)],
)
def test_a_resnet_has_the_layers_of_its_name(name: str, layers: int) -> None:
    network = build(ModelSpec(name=name, width=4), (3, 32, 32), 10)
    weights = [weight for weight in prunable(network, ()) if "shortcut" not in weight]
    assert len(weights) == layers


@pytest.mark.parametrize("image", [(1, 8, 8), (3, 32, 32), (3, 64, 64), (4, 17, 24)])
@pytest.mark.parametrize("name", NAMES)
def test_every_network_gives_finite_logits_or_refuses(name: str, image: tuple[int, int, int]) -> None:
    if name in ("vgg16", "lenet5") and image == (1, 8, 8):
        with pytest.raises(BadInput, match=f"`{name}` needs images of 16x16 pixels or more, but these have 8x8"):
            build(ModelSpec(name=name), image, 7)
        return
    logits = ready(name, image, classes=7)(images(2, *image))
    assert logits.shape == (2, 7)
    assert logits.isfinite().all()


@pytest.mark.parametrize("name", ["vgg16", "lenet5"])
def test_the_smallest_image_is_as_small_as_it_can_be(name: str) -> None:
    assert ready(name, (1, 16, 16)).eval()(images(2, 1, 16, 16)).shape == (2, 10)
    with pytest.raises(BadInput, match="but these have 16x15"):
        build(ModelSpec(name=name), (1, 16, 15), 10)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("resnet8", [(4, 32, 32), (8, 16, 16), (16, 8, 8)]),
        ("resnet18", [(4, 32, 32)] * 2 + [(8, 16, 16)] * 2 + [(16, 8, 8)] * 2 + [(32, 4, 4)] * 2),
        ("vgg16", [(4, 16, 16), (8, 8, 8), (16, 4, 4), (32, 2, 2), (32, 2, 2)]),
        ("lenet300100", [(300,), (100,)]),
        ("lenet5", [(20, 14, 14), (50, 5, 5), (500,)]),
    ],
)
def test_features_of_each_block(name: str, shapes: list[tuple[int, ...]]) -> None:
    network = ready(name, (3, 32, 32)).eval()
    x = images(2, 3, 32, 32)
    found = [network.features(x, upto=number).shape[1:] for number in range(1, len(network.blocks) + 1)]
    assert found == [torch.Size(shape) for shape in shapes]
    assert torch.equal(network.features(x), network.features(x, upto=len(shapes)))


@pytest.mark.parametrize("block", [-1, 0, 4])
def test_a_block_that_does_not_exist_is_refused(block: int) -> None:
    with pytest.raises(BadInput, match=f"Block {block} does not exist: this network's blocks are numbered 1 to 3"):
        ready("resnet8", (1, 8, 8)).features(images(2, 1, 8, 8), upto=block)


def test_features_are_the_output_of_the_block_itself() -> None:
    network = ready("resnet8", (3, 16, 16)).eval()
    x = images(2, 3, 16, 16)
    by_hand = network.blocks[1](network.blocks[0](network.stem(x)))
    assert torch.equal(network.features(x, upto=2), by_hand)


def test_residual_block_is_a_relu_of_the_sum() -> None:
    block = ready("resnet8", (3, 16, 16)).eval().blocks[1]
    x = images(2, 4, 8, 8)
    inner = block.bn2(block.conv2(block.bn1(block.conv1(x)).relu()))
    torch.testing.assert_close(block(x), (inner + block.shortcut(x)).relu())


def test_logits_are_linear_in_the_averaged_channels() -> None:
    network = ready("resnet8", (3, 16, 16)).eval()
    x = images(2, 3, 16, 16)
    by_hand = torch.stack([image.flatten(1).mean(1) for image in network.features(x)]) @ network.classifier.weight.T
    torch.testing.assert_close(network(x), by_hand)


@pytest.mark.parametrize("name", NAMES)
def test_channels_last_is_kept_and_changes_nothing(name: str) -> None:
    network = ready(name, (3, 32, 32)).eval()
    x = images(2, 3, 32, 32)
    expected = network(x)
    broken = []

    def watch(module: nn.Module, _: object, output: Tensor) -> None:
        if output.dim() == 4 and not output.is_contiguous(memory_format=torch.channels_last):
            broken.append(module)

    for module in network.modules():
        module.register_forward_hook(watch)
    network.to(memory_format=torch.channels_last)
    logits = network(x.contiguous(memory_format=torch.channels_last))
    assert not broken
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_one_step_in_bf16_channels_last(name: str) -> None:
    network = ready(name, (3, 32, 32)).to(memory_format=torch.channels_last)
    x = images(4, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    before = x.clone()
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(x)
    nn.functional.cross_entropy(logits.float(), torch.arange(4)).backward()
    assert torch.equal(x, before), "an operation in place changed the images"
    for parameter_name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), parameter_name
        assert parameter.grad.dtype == torch.float32


@pytest.mark.parametrize("name", ["resnet8", "vgg16", "lenet5", "lenet300100"])
def test_gradients_match_a_network_without_operations_in_place(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def gradients() -> dict[str, Tensor]:
        network = ready(name, (1, 16, 16))
        nn.functional.cross_entropy(network(images(4, 1, 16, 16)), torch.arange(4)).backward()
        return {key: parameter.grad for key, parameter in network.named_parameters()}

    in_place = gradients()
    monkeypatch.setattr(nn.ReLU, "forward", lambda self, x: x.clamp(min=0))
    monkeypatch.setattr("raylth.models.resnet.F.relu", lambda x, inplace: x.clamp(min=0))
    torch.testing.assert_close(gradients(), in_place)


def test_no_convolution_before_batchnorm_has_a_bias() -> None:
    for name in set(NAMES) - {"lenet300100", "lenet5"}:
        network = build(ModelSpec(name=name), (3, 32, 32), 10)
        assert all(module.bias is None for module in network.modules() if isinstance(module, nn.Conv2d)), name


@pytest.mark.parametrize(("name", "own"), [("resnet8", 16), ("resnet34", 64), ("vgg16", 64)])
def test_width_is_that_of_the_first_stage(name: str, own: int) -> None:
    def widths(width: int | None) -> tuple[int, int]:
        network = build(ModelSpec(name=name, width=width), (3, 32, 32), 10)
        assert isinstance(network, Classifier)
        first = next(module for module in network.modules() if isinstance(module, nn.Conv2d))
        return first.out_channels, network.classifier.in_features

    first, last = widths(None)
    assert first == own
    assert widths(6) == (6, 6 * last // first)


@pytest.mark.parametrize("channels", [1, 2, 4, 7, 8, 15, 16, 17])
@pytest.mark.parametrize("pixels", [5, 8])
def test_gradients_of_a_projection_are_right_for_few_channels(channels: int, pixels: int) -> None:
    projection = Projection(channels, 2 * channels, 2).to(memory_format=torch.channels_last)
    x = images(32, channels, pixels, pixels).contiguous(memory_format=torch.channels_last).requires_grad_()
    out = projection(x)
    upstream = torch.randn(out.shape, generator=torch.Generator().manual_seed(2))
    out.backward(upstream)
    thinned = x.detach()[:, :, ::2, ::2].double()
    weight = projection.weight.detach().double()[:, :, 0, 0]
    by_pixel = torch.zeros(x.shape, dtype=torch.float64)
    by_pixel[:, :, ::2, ::2] = torch.einsum("bohw,oi->bihw", upstream.double(), weight)
    close = {"rtol": 1e-4, "atol": 1e-4, "check_dtype": False}
    torch.testing.assert_close(out, torch.einsum("bihw,oi->bohw", thinned, weight), **close)
    torch.testing.assert_close(x.grad, by_pixel, **close)
    by_weight = torch.einsum("bohw,bihw->oi", upstream.double(), thinned)[:, :, None, None]
    torch.testing.assert_close(projection.weight.grad, by_weight, **close)
