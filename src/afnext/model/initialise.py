"""Weights of a model that has not been trained."""

import math

import torch
from torch import Tensor, nn

from afnext.model.decoder import Decoder, DecoderLayer
from afnext.model.encoder import Encoder, EncoderLayer


def initialise(model: nn.Module) -> None:
    """Draw all weights anew, from torch's generator.

    ======================  ==========================================================
    linear layers           normal, deviation 1 / sqrt(inputs); biases 0
    ends of residual arms   the same / sqrt(2 * layers), so that depth does not add up
    word embeddings         normal, deviation 0.02; the head too
    encoder positions       sinusoids, as in Whisper; never trained
    norms, convolutions     as torch makes them
    ======================  ==========================================================
    """
    for module in model.modules():
        if isinstance(module, nn.Linear):
            deviate(module)
    for module in model.modules():
        if isinstance(module, Encoder | Decoder):
            for layer in module.layers:
                assert isinstance(layer, EncoderLayer | DecoderLayer)
                for arm in (layer.out, layer.down):
                    deviate(arm, 2 * len(module.layers))
        if isinstance(module, Decoder):
            nn.init.normal_(module.embedding.weight, std=0.02)
            nn.init.normal_(module.head.weight, std=0.02)
        if isinstance(module, Encoder):
            with torch.no_grad():
                module.positions.weight.copy_(sinusoids(*module.positions.weight.shape))


def deviate(linear: nn.Linear, arms: int = 1) -> None:
    """Draw the matrix of ``linear``, one of so many residual ``arms`` that add up (see ``initialise``); no bias."""
    nn.init.normal_(linear.weight, std=(arms * linear.in_features) ** -0.5)
    if linear.bias is not None:
        nn.init.zeros_(linear.bias)


def sinusoids(positions: int, width: int) -> Tensor:
    """[positions, width]: sines of the positions at ``width // 2`` frequencies from 1 to 1/10000, then cosines."""
    count = width // 2
    frequencies = torch.exp(torch.arange(count) * (-math.log(10_000) / max(count - 1, 1)))
    angles = torch.arange(positions)[:, None] * frequencies
    table = torch.cat((angles.sin(), angles.cos()), dim=1)
    return torch.nn.functional.pad(table, (0, width - 2 * count))
