"""Which weights pruning may remove."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from torch import nn

from raylth.errors import BadInput


def prunable(model: nn.Module, exclude: Sequence[str]) -> list[str]:
    """Names of the weights of every Conv2d and Linear, the classifier included, in `named_parameters` order.

    Biases and BatchNorm are never among them. `exclude` holds patterns on parameter names, as in `classifier.*`. Raises
    BadInput for a pattern that matches no such weight, and if nothing is left to prune.
    """
    weights = {id(module.weight) for module in model.modules() if isinstance(module, nn.Conv2d | nn.Linear)}
    names = [name for name, parameter in model.named_parameters() if id(parameter) in weights]
    for pattern in exclude:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise BadInput(
                f"lineage.exclude `{pattern}` matches no prunable weight; their names are such as {_examples(names)}."
            )
    kept = [name for name in names if not any(fnmatchcase(name, pattern) for pattern in exclude)]
    if not kept:
        raise BadInput("The model has no Conv2d or Linear weight to prune that lineage.exclude does not exclude.")
    return kept


def _examples(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in [*names[:2], *names[-1:]])
