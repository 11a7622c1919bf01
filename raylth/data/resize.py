"""Images brought to the shape of another data set, for transfer (paper section 5.3)."""

import torch
from torch import Tensor
from torch.nn import functional as F

CHUNK = 4096
"""Images that are resized at once, because they pass through float32."""

LUMA = (0.299, 0.587, 0.114)
"""The weights of red, green and blue in a grey value (ITU-R BT.601)."""


def resized(images: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """uint8 [N, C, H, W] to uint8 [N, *shape]: bilinear with antialiasing; grey is repeated, colour becomes luma."""
    if tuple(images.shape[1:]) == shape:
        return images
    return torch.cat([_resized(part, shape) for part in torch.split(images, CHUNK)])


def _resized(images: Tensor, shape: tuple[int, int, int]) -> Tensor:
    values = images.float()
    if images.shape[1] == 3 and shape[0] == 1:
        values = torch.einsum("nchw,c->nhw", values, torch.tensor(LUMA))[:, None]
    if tuple(values.shape[2:]) != shape[1:]:
        values = F.interpolate(values, size=shape[1:], mode="bilinear", antialias=True)
    return values.round().clamp(0, 255).to(torch.uint8).expand(-1, shape[0], -1, -1).contiguous()
