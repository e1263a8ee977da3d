"""Scaled dot-product attention with shared key-value heads, by the fastest way that the mask allows."""

from typing import Protocol

import torch.nn.functional as F
from torch import Tensor


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
