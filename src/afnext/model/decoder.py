"""The decoder: a Qwen2.5 language model over embeddings, with or without a key-value cache.

B rows, L tokens, H heads, K key-value heads, D numbers a head, C the width.
"""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from afnext.model.attention import Attention, attend
from afnext.model.cache import Pass
from afnext.model.config import DecoderConfig
from afnext.model.embedding import Embedding
from afnext.model.rotary import rotary_angles, rotate

CAUSAL: Attention = partial(attend, causal=True)
FED_AT_ONCE = 2048
"""Tokens that pass a feed-forward together, unless gradients are kept: it is several times as wide as the rest, and
the memory of a long prompt would be mostly its."""


class RMSNorm(nn.Module):
    """Divides by the root mean square, taken in float32."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, hidden: Tensor) -> Tensor:
        """[..., C] -> [..., C]."""
        # weighed after rounding, as Qwen2 does: in low precision the order shows
        normed = F.rms_norm(hidden.float(), self.weight.shape, eps=self.epsilon)
        return self.weight * normed.to(hidden.dtype)


class DecoderLayer(nn.Module):
    """Causal self-attention and a gated feed-forward, each behind an RMS norm."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        width, shared = config.width, config.key_value_heads * config.head_width
        self.config = config
        self.attention_norm = RMSNorm(width, config.norm_epsilon)
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, shared)
        self.value = nn.Linear(width, shared)
        self.out = nn.Linear(width, width, bias=False)
        self.feed_norm = RMSNorm(width, config.norm_epsilon)
        self.gate = nn.Linear(width, config.feed_forward, bias=False)
        self.up = nn.Linear(width, config.feed_forward, bias=False)
        self.down = nn.Linear(config.feed_forward, width, bias=False)

    def forward(self, hidden: Tensor, angles: tuple[Tensor, Tensor], attention: Attention) -> Tensor:
        """[B, L, C] -> [B, L, C]; ``angles`` of ``rotary_angles``."""
        normed = self.attention_norm(hidden)
        shape = (*hidden.shape[:2], -1, self.config.head_width)
        query = self.query(normed).view(shape).transpose(1, 2)
        key = self.key(normed).view(shape).transpose(1, 2)
        value = self.value(normed).view(shape).transpose(1, 2)
        del normed  # as large as a long prompt, and no longer needed
        query, key = rotate(query, *angles), rotate(key, *angles)
        hidden = hidden + self.out(attention(query, key, value))
        if torch.is_grad_enabled() or hidden.shape[0] * hidden.shape[1] <= FED_AT_ONCE:
            return hidden + self.feed(hidden)
        for piece in torch.split(hidden.view(-1, hidden.shape[-1]), FED_AT_ONCE):
            piece += self.feed(piece)
        return hidden

    def feed(self, hidden: Tensor) -> Tensor:
        """What the feed-forward adds to each token; [..., C] -> [..., C]."""
        normed = self.feed_norm(hidden)
        output: Tensor = self.down(F.silu(self.gate(normed)) * self.up(normed))
        return output


class Decoder(nn.Module):
    """Word embeddings, layers, norm, and the head that turns hidden states into logits."""

    def __init__(self, config: DecoderConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = Embedding(config.vocabulary, config.width)
        self.layers = nn.ModuleList(DecoderLayer(config) for _ in range(config.layers))
        self.norm = RMSNorm(config.width, config.norm_epsilon)
        self.head = nn.Linear(config.width, config.vocabulary, bias=False)
        self.tie()

    def tie(self) -> None:
        """Make the head the embedding matrix again, in a model that shares them; after parameters were replaced."""
        if self.config.tied and isinstance(self.head, nn.Linear):  # and not quantised, a copy of its own
            self.head.weight = self.embedding.weight

    def forward(
        self,
        embeddings: Tensor,
        *,
        step: Pass | None = None,
        positions: Tensor | None = None,
        attention: Attention | None = None,
    ) -> Tensor:
        """Hidden states [B, L, C] of ``embeddings`` [B, L, C].

        Rows of different lengths are padded on the right: a token looks only to its left, so no mask is needed, and
        what stands at padding means nothing.

        Args:
            embeddings: of the new tokens.
            step: what they see of a cache, and where in it they go; B is 1, and not for training.
            positions: [B, L] where each token stands in its own conversation, for rows that hold several.
            attention: who looks at whom; causal by default. Like ``positions``, this is for training on packed rows
                and does not go with a cache.
        """
        if step is not None:
            assert positions is None, "a cache knows where its rows stand"
            assert attention is None, "a cache knows what its rows see"
            positions = step.positions
        elif positions is None:
            positions = torch.arange(embeddings.shape[1], device=embeddings.device)[None]
        angles = rotary_angles(positions, self.config.head_width, self.config.rope_theta, embeddings.dtype)
        hidden = embeddings
        for index, layer in enumerate(self.layers):
            look = attention or CAUSAL if step is None else partial(step.attend, index)
            hidden = layer(hidden, angles, look)
        normed: Tensor = self.norm(hidden)
        return normed
