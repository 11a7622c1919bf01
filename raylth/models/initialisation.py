"""The initial weights theta_0 of algorithm 1."""

import numpy as np
import torch
from torch import Tensor, nn

from raylth.errors import BadInput


def initialise(model: nn.Module, generator: np.random.Generator) -> None:
    """Set every parameter and BatchNorm statistic of `model` in place, module by module in `named_modules` order.

    Weights of Conv2d and Linear are Kaiming normal with mean 0 and variance 2 / fan_in (He et al. 2015, section 2.2);
    biases are 0; BatchNorm starts with weight 1, bias 0, mean 0 and variance 1. All numbers are drawn on the CPU from
    `generator`, whatever the device or memory format of the model. A module with a method `initialise(generator)` sets
    itself and all within it. Raises BadInput for another kind of module that holds parameters.
    """
    done: set[nn.Module] = set()
    for name, module in model.named_modules():
        if module in done:
            continue
        own = getattr(module, "initialise", None)
        if own is not None:
            own(generator)
            done.update(module.modules())
        else:
            _initialise_one(name, module, generator)


@torch.no_grad()
def _initialise_one(name: str, module: nn.Module, generator: np.random.Generator) -> None:
    if isinstance(module, nn.Conv2d | nn.Linear):
        _kaiming_normal(module.weight, generator)
        if module.bias is not None:
            module.bias.zero_()
    elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
        # Draws nothing: weight 1, bias 0, mean 0, variance 1, and no batches seen.
        module.reset_parameters()
    elif any(True for _ in module.parameters(recurse=False)):
        kind = type(module).__name__
        raise BadInput(
            f"Module `{name}` of the model is a {kind}, whose initial weights raylth does not know; give {kind}, "
            f"or a module around it, a method `initialise(generator)` that sets its weights from that NumPy generator."
        )


def _kaiming_normal(weight: Tensor, generator: np.random.Generator) -> None:
    fan_in = weight[0].numel()
    drawn = generator.standard_normal(tuple(weight.shape), dtype=np.float32)
    weight.copy_(torch.from_numpy(drawn) * (2 / fan_in) ** 0.5)
