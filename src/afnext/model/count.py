"""What a model costs, by arithmetic on its configuration: parameters, floating-point operations, bytes of cache.

A product of two numbers and the sum that takes it up are two operations; norms, activations and rotations are left out.
"""

from dataclasses import dataclass

import torch

from afnext.audio.spec import WINDOW_SECONDS
from afnext.model.config import FlamingoConfig
from afnext.model.flamingo import Flamingo


@dataclass(frozen=True)
class Parameters:
    """Numbers in each part; a matrix that two places share counts once."""

    encoder: int
    adaptor: int
    decoder: int

    @property
    def total(self) -> int:
        """Numbers in the whole model."""
        return self.encoder + self.adaptor + self.decoder


def parameters(config: FlamingoConfig) -> Parameters:
    """Count the parameters of a model of this shape, which takes no memory."""
    with torch.device("meta"):
        model = Flamingo(config)
    parts = (model.encoder, model.adaptor, model.decoder)
    return Parameters(*(sum(tensor.numel() for tensor in part.parameters()) for part in parts))


def flops_per_token(config: FlamingoConfig, context: int) -> int:
    """Operations to read one token with ``context`` tokens to look at, itself among them, and score the next."""
    sizes = config.decoder
    attention = 2 * sizes.width * (sizes.width + sizes.key_value_heads * sizes.head_width)
    weights = sizes.layers * (attention + 3 * sizes.width * sizes.feed_forward) + sizes.width * sizes.vocabulary
    return 2 * weights + sizes.layers * 4 * sizes.width * context


def flops_per_second(config: FlamingoConfig) -> float:
    """Operations to turn one second of sound into audio tokens, in windows of 30 s."""
    return flops_of_window(config, config.encoder.positions) / WINDOW_SECONDS


def flops_of_window(config: FlamingoConfig, frames: int, *, adapted: bool = True) -> float:
    """Operations to encode a window of ``frames`` valid encoder frames, and to adapt its audio tokens."""
    sizes, width = config.encoder, config.encoder.width
    convolutions = 3 * width * (2 * frames * sizes.mel_bins + frames * width)
    weights = frames * sizes.layers * (4 * width**2 + 2 * width * sizes.feed_forward)
    adaptor = adapted * (frames // 2) * config.decoder.width * (width + config.decoder.width)
    attention = sizes.layers * 4 * width * frames**2
    return 2 * (convolutions + weights + adaptor) + attention


def cache_bytes(config: FlamingoConfig, tokens: int, dtype: torch.dtype) -> int:
    """Bytes of keys and values of one conversation of ``tokens`` tokens."""
    sizes = config.decoder
    return 2 * sizes.layers * sizes.key_value_heads * sizes.head_width * tokens * dtype.itemsize
