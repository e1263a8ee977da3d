"""Scaled dot-product attention with shared key-value heads, by the fastest way that the mask allows."""

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

LOOKING = 128
"""Queries whose scores exist at once, where attention is done by matrix products."""


class Attention(Protocol):
    """Some way of looking back: ``query`` [B, H, L, D] over ``key`` and ``value`` [B, K, L, D] gives [B, L, H * D]."""

    def __call__(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor: ...  # noqa: D102


def attend(query: Tensor, key: Tensor, value: Tensor, *, causal: bool = False, mask: Tensor | None = None) -> Tensor:
    """Attention of ``query`` [B, H, L, D] over ``key`` and ``value`` [B, K, S, D], K dividing H; gives [B, L, H * D].

    Args:
        query: what asks.
        key: what is asked.
        value: what is answered.
        causal: token i sees tokens 0..i; L equals S then, and no mask is built.
        mask: [B or 1, 1, L or 1, S], true where a query may look; None: everywhere.
    """
    batch, heads, length, width = query.shape
    shared = key.shape[1]
    if length == 1 and shared < heads:
        # One token: the heads of a group are so many queries to one key head, and no key is copied.
        out = F.scaled_dot_product_attention(query.view(batch, shared, -1, width), key, value, attn_mask=mask)
        return out.reshape(batch, 1, heads * width)
    out = F.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, is_causal=causal and length > 1, enable_gqa=shared < heads
    )
    return out.transpose(1, 2).reshape(batch, length, heads * width)


def attend_part(query: Tensor, key: Tensor, value: Tensor, *, causal: bool = False) -> tuple[Tensor, Tensor]:
    """Attention of ``query`` [1, H, L, D] over a part of what it sees, ``key`` and ``value`` [1, K, S, D].

    Not for training: no gradient is kept.

    Returns:
        The mean value [1, H, L, D], and the logarithm of the sum of exponentials [1, H, L] in float32, by which
        ``merge_parts`` weighs it against other parts.
    """
    heads, length, width = query.shape[1:]
    shared = key.shape[1]
    # The heads of a group are so many queries to one key head, which is then read once for all of them.
    folded = query if causal else query.reshape(1, shared, -1, width)
    if query.device.type == "cpu":
        mean, log_sum = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(folded, key, value, 0.0, causal)
    else:
        mean, log_sum = _attend_plainly(folded, key, value, causal)
    return mean.reshape(1, heads, length, width), log_sum.reshape(1, heads, length)


def merge_parts(one: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """What ``attend_part`` gives of two parts that do not overlap -> what it gives of both together."""
    log_sum = torch.logaddexp(one[1], other[1])
    mean = one[0] * (one[1] - log_sum).exp()[..., None] + other[0] * (other[1] - log_sum).exp()[..., None]
    return mean.to(one[0].dtype), log_sum


def _attend_plainly(query: Tensor, key: Tensor, value: Tensor, causal: bool) -> tuple[Tensor, Tensor]:
    """As ``attend_part``, by matrix products: where no kernel gives the logarithm; scores exist for LOOKING queries."""
    if key.shape[1] < query.shape[1]:
        key, value = (item.repeat_interleave(query.shape[1] // item.shape[1], dim=1) for item in (key, value))
    means, sums = [], []
    for begin in range(0, query.shape[2], LOOKING):
        some = query[:, :, begin : begin + LOOKING]
        scores = (some @ key.transpose(-1, -2)).float() * query.shape[-1] ** -0.5
        if causal:
            rows = torch.arange(begin, begin + some.shape[2], device=query.device)
            scores.masked_fill_(torch.arange(key.shape[2], device=query.device) > rows[:, None], -torch.inf)
        sums.append(scores.logsumexp(-1))
        means.append(scores.softmax(-1).to(value.dtype) @ value)
    return torch.cat(means, dim=2), torch.cat(sums, dim=2)
