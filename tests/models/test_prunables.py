"""Which weights can be pruned, in which order, and what `exclude` takes away."""

import pytest
from torch import nn

from raylth.errors import BadInput
from raylth.models import build, prunable
from raylth.spec.schema import ModelSpec


def resnet8() -> nn.Module:
    return build(ModelSpec(name="resnet8"), (1, 8, 8), 10)


EVERY = [
    "stem.0.weight",
    "blocks.0.conv1.weight",
    "blocks.0.conv2.weight",
    "blocks.1.conv1.weight",
    "blocks.1.conv2.weight",
    "blocks.1.shortcut.0.weight",
    "blocks.2.conv1.weight",
    "blocks.2.conv2.weight",
    "blocks.2.shortcut.0.weight",
    "classifier.weight",
]


def test_every_convolution_and_the_classifier_in_parameter_order() -> None:
    assert prunable(resnet8(), ()) == EVERY


@pytest.mark.parametrize(
    ("exclude", "gone"),
    [
        (["classifier.weight"], {"classifier.weight"}),
        (["classifier.*"], {"classifier.weight"}),
        (["*.shortcut.*"], {"blocks.1.shortcut.0.weight", "blocks.2.shortcut.0.weight"}),
        (["stem*", "classifier*"], {"stem.0.weight", "classifier.weight"}),
    ],
)
def test_excluded_weights_are_gone_and_the_order_stays(exclude: list[str], gone: set[str]) -> None:
    assert prunable(resnet8(), exclude) == [name for name in EVERY if name not in gone]


@pytest.mark.parametrize("pattern", ["classifier", "fc.weight", "Classifier.*", "*.bias", "stem.1.weight"])
def test_a_pattern_that_matches_no_prunable_weight_is_refused(pattern: str) -> None:
    with pytest.raises(BadInput, match=r"lineage\.exclude `.*` matches no prunable weight") as caught:
        prunable(resnet8(), ["stem.*", pattern])
    assert f"`{pattern}`" in str(caught.value)
    assert "`classifier.weight`" in str(caught.value)


def test_excluding_everything_is_refused() -> None:
    with pytest.raises(BadInput, match="no Conv2d or Linear weight to prune"):
        prunable(resnet8(), ["*"])


def test_only_weights_of_conv2d_and_linear_count() -> None:
    model = nn.Sequential(nn.Conv1d(2, 2, 1), nn.LayerNorm(2), nn.BatchNorm1d(2), nn.Linear(2, 2), nn.Embedding(2, 2))
    assert prunable(model, ()) == ["3.weight"]


def test_a_weight_that_two_modules_share_counts_once() -> None:
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    second.weight = first.weight
    assert prunable(nn.Sequential(first, second), ()) == ["0.weight"]
