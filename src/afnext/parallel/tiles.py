"""Attention by tiles with an online softmax (FlashAttention-2, arXiv:2307.08691), in PyTorch's plain operations.

B rows, K key-value heads, G query heads that share one, L queries, S keys, D numbers a head. Scores exist for one tile
at a time; softmax and sums are in float32 whatever the format of the inputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from afnext.parallel.sight import Places, Range, Sight


@dataclass(frozen=True)
class Tile:
    """Some queries over some keys; slices count from the beginning of the part that the process holds."""

    queries: slice
    keys: slice
    whole: bool
    """All of these queries see all of these keys: no mask is needed."""


@dataclass(frozen=True)
class Plan:
    """What the queries of one part see of another part's keys."""

    tiles: tuple[Tile, ...]
    """Only those in which somebody sees somebody."""
    queries: Places
    keys: Places


def plan(sight: Sight, queries: Sequence[Range], keys: Sequence[Range], size: int) -> tuple[Tile, ...]:
    """The tiles of at most ``size`` x ``size`` in which somebody sees somebody.

    Args:
        sight: of the whole sequence.
        queries: the ranges of the whole sequence that the asking part consists of, in its order.
        keys: those of the part that is asked.
        size: of a tile.
    """
    found = []
    columns = list(_cut(keys, size))
    for rows, asking in _cut(queries, size):
        for across, asked in columns:
            seen = sight.between(asking, asked)
            if seen is not False:
                found.append(Tile(rows, across, seen is True))
    return tuple(found)


def _cut(ranges: Sequence[Range], size: int) -> list[tuple[slice, Range]]:
    """Pieces of at most ``size``: where each stands in the part, and where in the whole sequence."""
    pieces, before = [], 0
    for first, last in ranges:
        for start in range(first, last, size):
            end = min(start + size, last)
            pieces.append((slice(before + start - first, before + end - first), (start, end)))
        before += last - first
    return pieces


class Softmax:
    """A softmax over keys that arrive bit by bit.

    Args:
        query: [B, K, G, L, D].
    """

    def __init__(self, query: Tensor) -> None:
        self.query = query
        self.sum = torch.zeros_like(query, dtype=torch.float32)  # [B, K, G, L, D] of weights times values
        self.weight = self.sum.new_zeros(query.shape[:-1])  # [B, K, G, L] of weights
        self.top = torch.full_like(self.weight, -torch.inf)  # the highest score so far, which weights are relative to

    def add(self, key: Tensor, value: Tensor, plan: Plan) -> None:
        """Take ``key`` and ``value`` [B, K, S, D] in, where ``plan`` lets them be seen."""
        for tile in plan.tiles:
            rows = tile.queries
            scores = _scores(self.query, key, tile, plan)
            top = torch.maximum(self.top[..., rows], scores.amax(-1))
            relative = top.clamp(min=torch.finfo(torch.float32).min)  # finite where a query has seen nothing yet
            weights = torch.exp(scores - relative[..., None])
            shrink = torch.exp(self.top[..., rows] - relative)
            seen = torch.einsum("bkgls,bksd->bkgld", weights.to(value.dtype), value[:, :, tile.keys])
            self.sum[..., rows, :] = self.sum[..., rows, :] * shrink[..., None] + seen.float()
            self.weight[..., rows] = self.weight[..., rows] * shrink + weights.sum(-1)
            self.top[..., rows] = top

    def result(self) -> tuple[Tensor, Tensor]:
        """Mean values [B, K, G, L, D] in the query's format; log of the sum of exponentials [B, K, G, L], float32."""
        mean = self.sum / self.weight[..., None]
        return mean.to(self.query.dtype), self.top + self.weight.log()


@dataclass(frozen=True)
class Backward:
    """What the backward pass of every tile needs of the forward's end."""

    query: Tensor
    """[B, K, G, L, D]."""
    log_sum: Tensor
    """[B, K, G, L] over all keys of the sequence, not only those of one part."""
    gradient: Tensor
    """[B, K, G, L, D] of the result."""
    inner: Tensor
    """[B, K, G, L], the inner product of result and gradient, float32."""

    def add(self, key: Tensor, value: Tensor, plan: Plan, to: tuple[Tensor, Tensor, Tensor]) -> None:
        """Add what ``key`` and ``value`` [B, K, S, D] cause to the gradients of query, key and value, all float32."""
        to_query, to_key, to_value = to
        scale = self.query.shape[-1] ** -0.5
        for tile in plan.tiles:
            rows, across = tile.queries, tile.keys
            query, gradient = self.query[..., rows, :], self.gradient[..., rows, :]
            weights = torch.exp(_scores(self.query, key, tile, plan) - self.log_sum[..., rows, None])
            to_value[:, :, across] += torch.einsum("bkgls,bkgld->bksd", weights.to(value.dtype), gradient)
            moved = torch.einsum("bkgld,bksd->bkgls", gradient, value[:, :, across]).float()
            moved = (weights * (moved - self.inner[..., rows, None]) * scale).to(key.dtype)
            to_query[..., rows, :] += torch.einsum("bkgls,bksd->bkgld", moved, key[:, :, across])
            to_key[:, :, across] += torch.einsum("bkgls,bkgld->bksd", moved, query)


def _scores(query: Tensor, key: Tensor, tile: Tile, plan: Plan) -> Tensor:
    """[B, K, G, l, s] of a tile, float32; minus infinity where nobody sees."""
    rows, across = tile.queries, tile.keys
    product = torch.einsum("bkgld,bksd->bkgls", query[..., rows, :], key[:, :, across])
    scores: Tensor = product.float() * query.shape[-1] ** -0.5
    if not tile.whole:
        scores.masked_fill_(~plan.queries[rows].sees(plan.keys[across]), -torch.inf)
    return scores
