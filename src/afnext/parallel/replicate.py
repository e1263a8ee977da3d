"""Whole copies of the weights on every process, for models that need no shards."""

from collections.abc import Sequence

import torch
import torch.distributed as dist
from torch import nn


def sum_gradients(parameters: Sequence[nn.Parameter]) -> None:
    """Give every process the sum of all processes' gradients, in one message; alone, nothing is to be done.

    Gradients are **summed**, as by :func:`afnext.parallel.shard.shard`: divide the loss by what all of them count. A
    parameter without a gradient on some process (it had no batch) counts as zero there; one that has none on any is
    left without, so that it is not decayed either.

    Args:
        parameters: the same ones, in the same order, on every process.
    """
    if not dist.is_initialized() or dist.get_world_size() == 1 or not parameters:
        return
    pieces = [torch.zeros_like(one) if one.grad is None else one.grad for one in parameters]
    have = pieces[0].new_tensor([one.grad is not None for one in parameters])
    flat = torch.cat([have, *(piece.reshape(-1) for piece in pieces)])
    dist.all_reduce(flat)
    have, *parts = torch.split(flat, [len(parameters), *(one.numel() for one in parameters)])
    for one, part, somewhere in zip(parameters, parts, have.tolist(), strict=True):
        one.grad = part.view_as(one) if somewhere else None
