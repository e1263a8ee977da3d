"""Rotary time embedding of audio tokens, in absolute seconds (Music Flamingo, section 3.2).

It follows the released weights, as the ``transformers`` port does, not the formula of the papers: two axes (the
window's index, the token's index in its window) share the first 2 x 256 of 1280 numbers, and both angles are multiplied
by -2 pi t. At 1800 s such an angle has lost its third decimal in float32, so even the order of operations matters.
"""

import math

import torch
from torch import Tensor

from afnext.model.config import TimeRotaryConfig


def time_angles(starts: Tensor, tokens: int, width: int, whole: int, config: TimeRotaryConfig) -> Tensor:
    """Angles [W, tokens, 2 * axis] of windows that begin at ``starts`` [W] seconds.

    Args:
        starts: where each window begins in its recording, in seconds.
        tokens: how many audio tokens were encoded; the angles do not depend on it.
        width: the encoder's width.
        whole: audio tokens of a whole window (750): what the window index counts in, however short this window is.
        config: frequencies and step.
    """
    device = starts.device
    step = config.frame_step * 4  # strided convolution and pooling: four mel frames a token
    axis = int(width * config.fraction)
    frequencies = 1.0 / config.theta ** (torch.arange(0, axis, 2, dtype=torch.float32, device=device) / axis)
    begins = starts.to(torch.float32)
    index = torch.arange(tokens, dtype=torch.float32, device=device)
    seconds = begins[:, None] + index * step  # [W, tokens]

    window = torch.round(begins / (step * whole)) / config.theta
    by_window = (window[:, None] * frequencies).repeat_interleave(2, dim=-1)[:, None, :]  # [W, 1, axis]
    place = index / config.theta * (2 * math.pi)
    by_token = (place[:, None] * frequencies).repeat_interleave(2, dim=-1)  # [tokens, axis]
    both = torch.cat((by_window.expand(-1, tokens, -1), by_token.expand(len(begins), -1, -1)), dim=-1)
    return both * (-seconds * 2 * math.pi)[..., None]


def rotate_time(hidden: Tensor, angles: Tensor) -> Tensor:
    """Turn the leading numbers of ``hidden`` [W, T, D] by ``angles`` [W, T, R], neighbours as pairs, in float64."""
    precise = torch.float32 if hidden.device.type == "mps" else torch.float64
    width = angles.shape[-1]
    turned, rest = hidden[..., :width].to(precise), hidden[..., width:]
    even, odd = turned[..., ::2], turned[..., 1::2]
    across = torch.stack((-odd, even), dim=-1).flatten(-2)
    turned = turned * angles.cos().to(precise) + across * angles.sin().to(precise)
    return torch.cat((turned.to(hidden.dtype), rest), dim=-1)
