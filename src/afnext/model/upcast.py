"""Half-precision weights on a CPU that does not multiply in half precision.

There a product of many rows in bfloat16 takes six to eight times as long as in float32, and a convolution a hundred
times. So matrices are made float32 a piece at a time where many rows pass; of a few rows, reading the matrix is the
work, and half as many bytes are read. Products are summed in float32 either way.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from afnext.base.process import cpu_computes_bfloat16

FEW = 12
"""Rows up to which a product in half precision is faster than making the matrix float32."""
PIECE = 1 << 22
"""Weights that are float32 at once: 16 MB."""


class UpcastLinear(nn.Linear):
    """A linear layer that computes in float32 where many rows pass."""

    def forward(self, input: Tensor) -> Tensor:
        """[..., in] -> [..., out]."""
        if input.numel() <= FEW * self.in_features:
            return super().forward(input)
        rows, step = input.float(), min(self.out_features, max(1, PIECE // self.in_features))
        # memory that is new to the process costs more than what is done in it: one room for all pieces
        room = torch.empty(step, self.in_features, device=input.device)
        product = input.new_empty(*input.shape[:-1], self.out_features)
        for first in range(0, self.out_features, step):
            some = slice(first, first + step)
            weight, bias = self.weight[some], None if self.bias is None else self.bias[some].float()
            product[..., some] = F.linear(rows, room[: len(weight)].copy_(weight), bias)
        return product


class UpcastConv1d(nn.Conv1d):
    """A convolution that computes in float32."""

    def forward(self, input: Tensor) -> Tensor:
        """[B, in, L] -> [B, out, M]."""
        bias = None if self.bias is None else self.bias.float()
        summed: Tensor = self._conv_forward(input.float(), self.weight.float(), bias)
        return summed.to(input.dtype)


def computes(dtype: torch.dtype, device: torch.device) -> bool:
    """Whether ``device`` multiplies in this format at speed."""
    return device.type != "cpu" or dtype == torch.float32 or (dtype == torch.bfloat16 and cpu_computes_bfloat16())


def upcast(model: nn.Module) -> None:
    """Let the layers of a model compute so; their weights stay what and where they are."""
    for layer in model.modules():
        # no state is added: the same layer, with another way to go through it
        if type(layer) is nn.Linear:
            layer.__class__ = UpcastLinear
        elif type(layer) is nn.Conv1d:
            layer.__class__ = UpcastConv1d
