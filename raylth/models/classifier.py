"""The shape that all networks here share: a stem, numbered blocks, pooling and a linear classifier."""

from collections.abc import Iterable, Iterator
from itertools import islice

from torch import Tensor, nn

from raylth.errors import BadInput


class Classifier(nn.Module):
    """Stem, then blocks, then global average pooling, then one linear layer.

    Blocks count from 1, as in the paper's Table 3, so that the probe "at block 4" reads `features(x, upto=4)`.
    """

    stem: nn.Module
    blocks: nn.ModuleList
    classifier: nn.Linear

    def __init__(self, stem: nn.Module, blocks: Iterable[nn.Module], classifier: nn.Linear) -> None:
        super().__init__()
        self.stem = stem
        self.blocks = nn.ModuleList(blocks)
        self.classifier = classifier

    def features(self, x: Tensor, upto: int | None = None) -> Tensor:
        """Output of block `upto`, or of the last block, for images `x` [B, C, H, W].

        The result is [B, channels, h, w] after a convolutional block and [B, units] after a fully connected one.
        Raises BadInput if there is no block of that number.
        """
        if upto is not None and not 1 <= upto <= len(self.blocks):
            raise BadInput(f"Block {upto} does not exist: this network's blocks are numbered 1 to {len(self.blocks)}.")
        x = self.stem(x)
        for block in islice(self.blocks, upto):
            x = block(x)
        return x

    def outputs(self, x: Tensor) -> Iterator[tuple[int, Tensor]]:
        """The output of each block in turn with its number, for images `x` [B, C, H, W]."""
        x = self.stem(x)
        for number, block in enumerate(self.blocks, start=1):
            x = block(x)
            yield number, x

    def forward(self, x: Tensor) -> Tensor:
        """Logits [B, classes] of images `x` [B, C, H, W]."""
        logits: Tensor = self.classifier(pool(self.features(x)))
        return logits


def pool(features: Tensor) -> Tensor:
    """Average each channel over the image: [B, C, h, w] becomes [B, C]; [B, units] stays as it is."""
    return features.mean((2, 3)) if features.dim() == 4 else features


def is_classifier(name: str) -> bool:
    """Whether a weight of that name in a `Classifier` belongs to its last linear layer."""
    return name.startswith("classifier.")


def with_blocks(network: nn.Module) -> Classifier:
    """The network as one whose blocks are known. Raises BadInput if it is none."""
    if not isinstance(network, Classifier):
        raise BadInput("this study needs a network with blocks: make your own model a raylth.models.Classifier.")
    return network
