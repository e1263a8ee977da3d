"""Rotary position embedding of the decoder (Qwen2): the two halves of each head turn against each other."""

import torch
from torch import Tensor


def rotary_angles(positions: Tensor, head_width: int, theta: float, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Cosines and signed sines of ``positions`` [B, L], each [B, 1, L, head_width].

    The angles are float32 whatever ``dtype``. The sine of the first half carries the minus of the rotation.
    """
    steps = torch.arange(0, head_width, 2, device=positions.device, dtype=torch.float32)
    angles = positions[:, None, :, None].float() * (1.0 / theta ** (steps / head_width))
    cos, sin = angles.cos(), angles.sin()
    return torch.cat((cos, cos), dim=-1).to(dtype), torch.cat((-sin, sin), dim=-1).to(dtype)


def rotate(heads: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn ``heads`` [B, H, L, D] by the angles of ``rotary_angles``."""
    return torch.addcmul(heads * cos, heads.roll(heads.shape[-1] // 2, dims=-1), sin)
