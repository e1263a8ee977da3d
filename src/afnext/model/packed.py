"""Frozen matrices in 4 or 8 bits, which are unpacked as they are used: fine-tuning in little memory, by torchao.

``nf4`` is QLoRA's format (Dettmers et al. 2023): 64 numbers share a scale, each is one of 16 values as a normal
distribution has them, and the scales themselves are in 8 bits; 0.52 bytes a number. ``int8`` has a scale a row; 1 byte.
"""

import math
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from afnext.base.errors import CheckpointError, MissingToolError

Bits = Literal["nf4", "int8"]
BLOCK = 64
"""Numbers that share a scale in ``nf4``."""
SCALES = 256
"""Scales that share a scale of their own, or as many as divide them."""


def pack(module: nn.Module, bits: Bits, device: torch.device | str = "cpu") -> int:
    """Hold the matrices of all linear layers inside ``module`` in ``bits``, frozen, on ``device``; how many there are.

    They go there one at a time, so that the device never holds the whole module as it was.

    Raises:
        MissingToolError: torchao is not installed.
        CheckpointError: a matrix cannot be cut into blocks.
    """
    linears = [(name, part) for name, part in module.named_modules() if isinstance(part, nn.Linear)]
    for name, linear in linears:
        weight = linear.weight.detach().to(device)
        if bits == "nf4" and weight.numel() % BLOCK:
            raise CheckpointError(
                f"{name} is a matrix of {weight.numel()} numbers", expected=f"a multiple of {BLOCK}, for nf4"
            )
        linear.weight = nn.Parameter(_packed(weight, bits), requires_grad=False)
    return len(linears)


def unpacked(weight: Tensor) -> Tensor:
    """What a matrix that may be packed stands for: [out, in], in the number format it had."""
    if type(weight) in (Tensor, nn.Parameter):
        return weight
    plain: Tensor = weight.get_original_weight() if hasattr(weight, "get_original_weight") else weight.dequantize()
    return plain


def unpack(module: nn.Module) -> None:
    """Let every linear layer inside ``module`` hold a plain matrix again: the one that it has computed with."""
    for part in module.modules():
        if isinstance(part, nn.Linear):
            part.weight = nn.Parameter(unpacked(part.weight), requires_grad=part.weight.requires_grad)


def _packed(weight: Tensor, bits: Bits) -> Tensor:
    try:
        from torchao.quantization import Int8WeightOnlyConfig, quantize_, to_nf4  # noqa: PLC0415 - optional
    except ImportError as error:
        raise MissingToolError(
            "torchao is not installed", do='pip install "afnext[quantise]", or leave out lora.quantize'
        ) from error
    assert bits in get_args(Bits)
    if bits == "nf4":
        made: Tensor = to_nf4(weight, BLOCK, math.gcd(weight.numel() // BLOCK, SCALES))
        return made
    holder = nn.Sequential(nn.Linear(weight.shape[1], weight.shape[0], bias=False, device="meta"))
    holder[0].weight = nn.Parameter(weight, requires_grad=False)
    quantize_(holder, Int8WeightOnlyConfig())
    return holder[0].weight.detach()
