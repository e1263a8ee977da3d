"""What repeated blocks compute, fused by PyTorch's compiler, a block at a time: those of a kind share one result."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from afnext.parallel.blocks import repeated_blocks


def compile_blocks(module: nn.Module) -> int:
    """Let the forward of every repeated block of ``module`` be compiled when it first runs; how many there are.

    Results stay within rounding, and the names of parameters as they are. To be called before ``recompute`` and
    ``shard``, once. Every batch has another length, so lengths are left open. An attention that a block is handed is
    called as it is: where the borders of its sequences are is another thing in every batch too.

    Args:
        module: changed in place.
    """

    class Apart:
        """A function that the compiler does not look into; of one type, so that another one changes nothing for it."""

        def __init__(self, function: Callable[..., Tensor]) -> None:
            self.function = function

        @torch.compiler.disable  # type: ignore[untyped-decorator]
        def __call__(self, *states: Tensor) -> Tensor:
            return self.function(*states)

    def handed(compiled: Callable[..., Tensor], *values: Any) -> Tensor:
        return compiled(*(Apart(value) if callable(value) else value for value in values))

    blocks = repeated_blocks(module)
    for block in blocks:
        # the forward alone, not the call: the hooks that gather sharded weights stay outside
        block.forward = partial(handed, torch.compile(block.forward, dynamic=True))
    return len(blocks)
