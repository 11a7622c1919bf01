"""fp32 or bf16: in bf16, autocast around single forward passes over fp32 master weights."""

from contextlib import AbstractContextManager

import torch

from raylth.trajectory import Precision


def autocast(device: torch.device, precision: Precision) -> AbstractContextManager[None]:
    """The context of one forward pass. Enter it anew for each: it caches the bf16 weights until it is left."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bf16")


def supports_bf16(device: torch.device) -> bool:
    """Whether bf16 pays on this device: native matrix instructions, not emulation."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
