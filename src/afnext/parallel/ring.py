"""Ring attention: queries stay, keys and values go round (arXiv:2310.01889), exact forward and backward.

Rank r holds the r-th chunk of the sequence from the front and the r-th from the back, so that with causal sight all
have alike much to do (the zigzag of arXiv:2405.07719). A block of keys goes only as far as somebody sees it: in a
sequence of many short trees most blocks stay at home.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from afnext.parallel.sight import Range, Sight
from afnext.parallel.tiles import Backward, Plan, Softmax, plan

TILE = 1024
"""Queries and keys whose scores exist at a time."""


def zigzag(length: int, size: int) -> list[tuple[Range, Range]]:
    """The two ranges of a sequence of ``length`` tokens that each rank of a ring of ``size`` holds, in order."""
    assert length % (2 * size) == 0, f"{length} tokens in {2 * size} chunks"
    chunk = length // (2 * size)
    ends = [(2 * size - 1 - rank) * chunk for rank in range(size)]
    return [((rank * chunk, (rank + 1) * chunk), (end, end + chunk)) for rank, end in enumerate(ends)]


class Ring:
    """Attention of this rank's tokens over those of all ranks, for one packed sequence.

    Args:
        group: those who hold a part each.
        sight: who sees whom in the sequence, whose length is a multiple of twice the size of the group.
        device: of the process.
        tile: the most queries, and keys, whose scores exist at a time.
    """

    def __init__(self, group: dist.ProcessGroup, sight: Sight, device: torch.device, tile: int = TILE) -> None:
        self.group = group
        self.rank, self.size = dist.get_rank(group), dist.get_world_size(group)
        parts = zigzag(sight.length, self.size)
        everything = sight.places().to(device)
        places = [everything[_indices(part).to(device)] for part in parts]
        self.plans = [
            Plan(plan(sight, parts[self.rank], part, tile), places[self.rank], keys)
            for part, keys in zip(parts, places, strict=True)
        ]
        """What this rank's queries see of each rank's keys."""
        self.reach = [reach(sight, parts, origin) for origin in range(self.size)]
        """How many steps the block of each rank goes before nobody further sees it."""

    def __call__(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """``query`` [B, H, L, D], ``key`` and ``value`` [B, K, L, D] of this rank's tokens -> [B, L, H * D]."""
        batch, _, length, _ = query.shape
        grouped = query.reshape(batch, key.shape[1], -1, *query.shape[2:])
        seen: Tensor = _RingAttention.apply(grouped, key, value, self)  # type: ignore[no-untyped-call]
        return seen.permute(0, 3, 1, 2, 4).reshape(batch, length, -1)

    def origin(self, step: int) -> int:
        """Whose block is here after ``step`` steps."""
        return (self.rank - step) % self.size

    def is_here(self, step: int) -> bool:
        """Whether that block has come this far."""
        return step < self.size and self.reach[self.origin(step)] >= step

    def goes_on(self, step: int) -> bool:
        """Whether it goes to the next rank after ``step`` steps."""
        return self.reach[self.origin(step)] > step

    def exchange(self, sent: Sequence[tuple[Tensor, int]], received: Sequence[tuple[Tensor, int]]) -> list[dist.Work]:
        """Begin to send tensors to, and to fill tensors from, ranks of the group."""
        operations = [dist.P2POp(dist.isend, tensor, group=self.group, group_peer=peer) for tensor, peer in sent]
        operations += [dist.P2POp(dist.irecv, tensor, group=self.group, group_peer=peer) for tensor, peer in received]
        return dist.batch_isend_irecv(operations) if operations else []

    def pass_on(self, block: Tensor, step: int) -> tuple[Tensor, list[dist.Work]]:
        """Begin to send the ``block`` that is here after ``step`` steps on; gives room for the next one."""
        arriving = torch.empty_like(block)
        sent = [(block, (self.rank + 1) % self.size)] if self.goes_on(step) else []
        received = [(arriving, (self.rank - 1) % self.size)] if self.is_here(step + 1) else []
        return arriving, self.exchange(sent, received)

    def pass_gradient(self, gradient: Tensor, step: int, home: Tensor) -> Tensor:
        """Send the ``gradient`` of the block that is here on with it, or home where it ends; gives the next one."""
        arriving = torch.empty_like(gradient)
        sent, received = [], []
        if self.goes_on(step):
            sent.append((gradient, (self.rank + 1) % self.size))
        elif step > 0 and self.is_here(step):
            sent.append((gradient, self.origin(step)))
        if self.is_here(step + 1):
            received.append((arriving, (self.rank - 1) % self.size))
        if step > 0 and self.reach[self.rank] == step:
            received.append((home, (self.rank + step) % self.size))
        for work in self.exchange(sent, received):
            work.wait()
        return arriving


class _RingAttention(torch.autograd.Function):
    """[B, K, G, L, D] over [B, K, L, D]: blocks of keys and values go round, in the backward pass with gradients."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, ring: Ring) -> Tensor:
        softmax = Softmax(query)
        block = torch.stack([key, value])
        for step in range(ring.size):
            arriving, works = ring.pass_on(block, step)
            if ring.is_here(step):
                softmax.add(block[0], block[1], ring.plans[ring.origin(step)])
            for work in works:
                work.wait()
            block = arriving
        result, log_sum = softmax.result()
        ctx.save_for_backward(query, key, value, result, log_sum)
        ctx.ring = ring
        return result

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        query, key, value, result, log_sum = ctx.saved_tensors
        ring: Ring = ctx.ring
        back = Backward(query, log_sum, gradient, (result.float() * gradient.float()).sum(-1))
        to_query = torch.zeros_like(query, dtype=torch.float32)
        block = torch.stack([key, value])
        carried = torch.zeros_like(block, dtype=torch.float32)
        home = carried  # a block that stays has its gradient here already
        if ring.reach[ring.rank] > 0:
            home = torch.empty_like(carried)
        for step in range(ring.size):
            arriving, works = ring.pass_on(block, step)
            if ring.is_here(step):
                back.add(block[0], block[1], ring.plans[ring.origin(step)], (to_query, carried[0], carried[1]))
            carried = ring.pass_gradient(carried, step, home)
            for work in works:
                work.wait()
            block = arriving
        return to_query.to(query.dtype), home[0].to(key.dtype), home[1].to(value.dtype), None


def _indices(part: Sequence[Range]) -> Tensor:
    return torch.cat([torch.arange(first, last) for first, last in part])


def reach(sight: Sight, parts: Sequence[Sequence[Range]], origin: int) -> int:
    """The last step at which somebody sees the block of ``origin``."""
    size = len(parts)
    steps = [
        step
        for step in range(1, size)
        if any(
            sight.between(asking, asked) is not False
            for asking in parts[(origin + step) % size]
            for asked in parts[origin]
        )
    ]
    return max(steps, default=0)
