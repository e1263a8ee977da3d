"""Ulysses (arXiv:2309.14509): tokens of all heads are exchanged for heads of all tokens, and back.

U ranks hold L / U tokens each. Between two exchanges each has all L tokens and H / U heads, and attends with whatever
attention there is.
"""

from collections.abc import Callable
from math import lcm

import torch
import torch.distributed as dist
from torch import Tensor

from afnext.base.errors import ParallelError
from afnext.parallel.collectives import exchange


class Ulysses:
    """Attention of this rank's tokens over those of all ranks of ``group``.

    Args:
        group: those who hold a piece each, in the order of the pieces.
        inner: attention over the tokens of all of them, [B, H / U, L, D] -> [B, L, H / U * D].
    """

    def __init__(self, group: dist.ProcessGroup, inner: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
        self.group = group
        self.size = dist.get_world_size(group)
        self.inner = inner

    def __call__(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """``query`` [B, H, L / U, D], ``key`` and ``value`` [B, K, L / U, D] -> [B, L / U, H * D].

        Key-value heads that do not divide by U are repeated, each as often as it takes for every rank to have those
        that its query heads ask; their gradients come back summed.

        Raises:
            ParallelError: U does not divide H.
        """
        if self.size == 1:
            return self.inner(query, key, value)
        heads, shared = query.shape[1], key.shape[1]
        if heads % self.size:
            raise ParallelError(
                f"ulysses {self.size} with {heads} attention heads",
                expected="a degree that divides the heads",
                do="give the rest of the degree to ring",
            )
        times = lcm(shared, self.size) // shared
        if times > 1:
            key, value = key.repeat_interleave(times, dim=1), value.repeat_interleave(times, dim=1)
        # one exchange for all three: rank u is sent the u-th share of the heads of each
        parts = [tensor.reshape(len(tensor), self.size, -1, *tensor.shape[2:]) for tensor in (query, key, value)]
        sizes = [part.shape[2] for part in parts]
        sent = torch.cat(parts, dim=2).transpose(0, 1)  # [U, B, heads, L / U, D]
        pieces = exchange(sent, self.group)  # the same, U counting pieces of the sequence now
        whole = pieces.permute(1, 2, 0, 3, 4).flatten(2, 3)  # [B, heads, L, D]
        seen = self.inner(*torch.split(whole, sizes, dim=1))  # [B, L, H / U * D]
        pieces = seen.reshape(len(seen), self.size, -1, seen.shape[2])  # [B, U, L / U, H / U * D]
        shares = exchange(pieces.transpose(0, 1), self.group)  # the same, U in front and counting shares of the heads
        return shares.permute(1, 2, 0, 3).flatten(2)
