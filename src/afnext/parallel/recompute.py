"""Activation checkpointing: a block keeps its input alone, and is computed once more in the backward pass."""

from functools import partial

from torch import nn
from torch.utils.checkpoint import checkpoint

from afnext.parallel.blocks import repeated_blocks


def recompute(module: nn.Module, every: int = 1) -> int:
    """Let every ``every``-th repeated block of ``module`` recompute what it needs backward; how many do.

    Results and the names of parameters stay as they are. To be called before ``shard``, once. Blocks that communicate
    (sequence-parallel attention) do it again, on all ranks alike.

    Args:
        module: changed in place.
        every: 1 for the least memory; 2 recomputes half of the blocks; and so on.
    """
    chosen = repeated_blocks(module)[every - 1 :: every]
    for block in chosen:
        # the forward alone, not the call: the hooks that gather sharded weights stay outside and fire once
        block.forward = partial(checkpoint, block.forward, use_reentrant=False)
    return len(chosen)
