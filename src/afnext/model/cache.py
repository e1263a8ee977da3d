"""Keys and values of the tokens already seen: allocated once, at the size asked for, each row at its own length."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from afnext.model.config import DecoderConfig


@dataclass(frozen=True)
class Slots:
    """Where the next L tokens of each row go; made once a step, used by every layer."""

    starts: tuple[int, ...]
    """Tokens that each row held before."""
    counts: tuple[int, ...]
    """New tokens of each row; what the input holds beyond them is padding."""
    positions: Tensor
    """[B, L] the place of each new token in its row."""
    mask: Tensor | None
    """[B or 1, 1, L, longest] true where a token may look; None: causal among the new ones alone, or everywhere."""

    @property
    def fresh(self) -> bool:
        """Whether nothing was held before, so that the new tokens see only each other."""
        return not any(self.starts)

    @property
    def level(self) -> bool:
        """Whether all rows stand at the same length."""
        return len(set(self.starts)) == 1


class KeyValueCache:
    """Keys and values [layers, B, K, capacity, D] and the length of each row."""

    def __init__(
        self, config: DecoderConfig, rows: int, capacity: int, *, device: torch.device | str, dtype: torch.dtype
    ) -> None:
        shape = (config.layers, rows, config.key_value_heads, capacity, config.head_width)
        # Zeros: a masked place has weight 0, and 0 times a NaN that happened to lie in fresh memory would be NaN.
        self.keys = torch.zeros(shape, device=device, dtype=dtype)
        self.values = torch.zeros(shape, device=device, dtype=dtype)
        self.lengths = [0] * rows

    @property
    def capacity(self) -> int:
        """Tokens that fit in a row."""
        return self.keys.shape[3]

    def slots(self, length: int, counts: Sequence[int] | None = None) -> Slots:
        """Places for ``length`` tokens in every row, of which the first ``counts[b]`` are real (all by default)."""
        new = tuple(counts) if counts is not None else (length,) * len(self.lengths)
        assert len(new) == len(self.lengths), f"{len(new)} counts for {len(self.lengths)} rows"
        assert max(new) <= length, f"a count of {max(new)} among {length} tokens"
        starts = tuple(self.lengths)
        level = len(set(starts)) == 1
        longest = starts[0] + length if level else max(start + count for start, count in zip(starts, new, strict=True))
        assert longest <= self.capacity, f"{longest} tokens do not fit in a cache for {self.capacity}"
        device = self.keys.device
        begins = torch.tensor(starts[:1] if level else starts, device=device)
        positions = begins[:, None] + torch.arange(length, device=device)
        mask = None
        if any(starts) and not (level and length == 1):
            mask = (torch.arange(longest, device=device) <= positions[..., None])[:, None]
        return Slots(starts, new, positions.expand(len(starts), -1), mask)

    def write(self, layer: int, slots: Slots, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Store ``key`` and ``value`` [B, K, L, D] of one layer; gives what its rows hold now, [B, K, longest, D]."""
        keys, values = self.keys[layer], self.values[layer]
        length = key.shape[2]
        if slots.level:
            start, end = slots.starts[0], slots.starts[0] + length
            keys[:, :, start:end], values[:, :, start:end] = key, value
            return keys[:, :, :end], values[:, :, :end]
        if length == 1:
            rows, places = torch.arange(len(keys), device=key.device), slots.positions[:, 0]
            keys[rows, :, places], values[rows, :, places] = key[:, :, 0], value[:, :, 0]
        else:
            for row, (start, count) in enumerate(zip(slots.starts, slots.counts, strict=True)):
                keys[row, :, start : start + count] = key[row, :, :count]
                values[row, :, start : start + count] = value[row, :, :count]
        longest = max(start + count for start, count in zip(slots.starts, slots.counts, strict=True))
        return keys[:, :, :longest], values[:, :, :longest]

    def advance(self, slots: Slots) -> None:
        """Count the tokens of a step, once all layers have written them."""
        self.lengths = [start + count for start, count in zip(slots.starts, slots.counts, strict=True)]

    def keep(self, rows: Sequence[int]) -> None:
        """Forget all rows but ``rows``, in that order: the answers that have not ended."""
        index = torch.tensor(list(rows), device=self.keys.device)
        self.keys, self.values = self.keys[:, index], self.values[:, index]
        self.lengths = [self.lengths[row] for row in rows]
