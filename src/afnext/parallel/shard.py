"""Weights, gradients and optimizer state in shards: PyTorch's FSDP2 by repeated blocks (ZeRO-3, arXiv:1910.02054)."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from afnext.parallel.blocks import repeated_blocks
from afnext.parallel.mesh import Mesh


def shard(
    module: nn.Module, mesh: Mesh, *, compute: torch.dtype | None = torch.bfloat16, parts: Sequence[nn.Module] = ()
) -> None:
    """Split the parameters of ``module`` over ``mesh.weights``, in place; a block's are whole only while it computes.

    ``module`` is what a training step calls: its ``forward`` must come first and do all of the computing, down to the
    loss. Whatever is neither in a repeated block nor in ``parts`` is whole during that forward, so that submodules may
    be used in any manner there. Gradients are **summed** over all ranks, not averaged: divide the loss by what all of
    them count (``afnext.parallel.loss``). A frozen parameter is sharded as well.

    Args:
        module: with the same parameters on every rank, in the format that the optimizer works in (float32).
        mesh: whose ``weights`` dimension is used.
        compute: the format of weights and gradients while computing; None for that of the parameters. Gradients are
            reduced in float32. Inputs are not cast: seconds and positions do not survive bfloat16.
        parts: modules to be gathered apart from the rest (a large embedding, a large head), each used only by calling
            it. Those that share a parameter are gathered together.
    """
    policy = MixedPrecisionPolicy(param_dtype=compute, reduce_dtype=torch.float32, cast_forward_inputs=False)
    groups = [[block] for block in repeated_blocks(module)] + _joined_by_ties(parts)
    _see_that_none_share(groups)
    for group in groups:
        fully_shard(group[0] if len(group) == 1 else group, mesh=mesh.weights, mp_policy=policy)
    fully_shard(module, mesh=mesh.weights, mp_policy=policy)
    for child in module.modules():
        if isinstance(child, FSDPModule):
            # a plain sum on every backend: gloo knows no other factor, and the loss is divided by the true count
            child.set_gradient_divide_factor(1.0)
            child.set_force_sum_reduction_for_comms(True)


def clip(parameters: Iterable[nn.Parameter], most: float) -> float:
    """Scale the gradients so that the norm over all parameters on all ranks is at most ``most``; the norm before.

    Every rank calls it and gets the same number. One that is not finite is returned as it is: skip that step then.
    """
    kept = [parameter for parameter in parameters if parameter.grad is not None]
    norm = get_total_norm(parameter.grad for parameter in kept if parameter.grad is not None)
    if isinstance(norm, DTensor):
        norm = norm.full_tensor()
    clip_grads_with_norm_(kept, most, norm)
    return norm.item()


def whole(tensor: Tensor) -> Tensor:
    """All of a sharded parameter or gradient, on every rank; every rank calls it."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def _joined_by_ties(parts: Sequence[nn.Module]) -> list[list[nn.Module]]:
    """``parts`` in groups, those that share a parameter (a tied head and its embedding) in one."""
    groups: list[list[nn.Module]] = []
    for part in parts:
        own = {id(parameter) for parameter in part.parameters()}
        tied = [
            group for group in groups if any(id(weight) in own for member in group for weight in member.parameters())
        ]
        groups = [group for group in groups if group not in tied]
        groups.append([member for group in tied for member in group] + [part])
    return groups


def _see_that_none_share(groups: Sequence[Sequence[nn.Module]]) -> None:
    owners: dict[int, int] = {}
    for number, group in enumerate(groups):
        for member in group:
            for parameter in member.parameters():
                assert owners.setdefault(id(parameter), number) == number, "blocks that share a parameter untie"
