"""Two collectives that gradients pass: everybody's tensor for everybody, and a share from each to each.

Ours, for PyTorch's differentiable ones change their names from version to version.
"""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


def exchange(tensor: Tensor, group: dist.ProcessGroup) -> Tensor:
    """Send ``tensor[u]`` to rank u of ``group``; gives [U, ...], what each of the U ranks sent here."""
    received: Tensor = _Exchange.apply(tensor, group)  # type: ignore[no-untyped-call]
    return received


def gather(tensor: Tensor, group: dist.ProcessGroup) -> list[Tensor]:
    """The tensors of all ranks of ``group``, alike in shape; gradients of all of them are summed back."""
    return list(_Gather.apply(tensor, group))  # type: ignore[no-untyped-call]


class _Exchange(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, tensor: Tensor, group: dist.ProcessGroup) -> Tensor:
        ctx.group = group
        tensor = tensor.contiguous()
        received = torch.empty_like(tensor)
        dist.all_to_all_single(received, tensor, group=group)
        return received

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return exchange(gradient, ctx.group), None


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, tensor: Tensor, group: dist.ProcessGroup) -> tuple[Tensor, ...]:
        ctx.group = group
        tensor = tensor.contiguous()
        gathered = [torch.empty_like(tensor) for _ in range(dist.get_world_size(group))]
        dist.all_gather(gathered, tensor, group=group)
        return tuple(gathered)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        total = torch.empty_like(gradients[0])
        dist.reduce_scatter(total, [gradient.contiguous() for gradient in gradients], group=ctx.group)
        return total, None
