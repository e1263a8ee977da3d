"""Keys and values of the tokens already seen, each token in a slot, and one pass of new tokens over them.

N new tokens, H heads, K key-value heads, D numbers a head.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from afnext.model.attention import attend_part, merge_parts
from afnext.model.config import DecoderConfig
from afnext.model.stretches import Row, Stretch, plan


class KeyValueCache:
    """Keys and values [layers, slots, K, D]. Which slot holds what is told by whoever hands them out.

    Memory is taken as slots are written, where the operating system does so.
    """

    def __init__(self, config: DecoderConfig, slots: int, *, device: torch.device | str, dtype: torch.dtype) -> None:
        shape = (config.layers, slots, config.key_value_heads, config.head_width)
        self.keys = torch.empty(shape, device=device, dtype=dtype)
        self.values = torch.empty(shape, device=device, dtype=dtype)

    @property
    def slots(self) -> int:
        """Tokens that fit."""
        return self.keys.shape[1]


class Pass:
    """New tokens of some rows, one row after the other: where they are put, and what each of them sees.

    Attributes:
        positions: [1, N] the place of each new token in its conversation.
    """

    def __init__(self, cache: KeyValueCache, rows: Sequence[Row]) -> None:
        self._cache = cache
        self._stretches = plan(rows)
        device = cache.keys.device
        slots = [slot for row in rows for slot in row.places]
        together = slots == list(range(slots[0], slots[0] + len(slots)))
        self._places = slice(slots[0], slots[0] + len(slots)) if together else torch.tensor(slots, device=device)
        positions = [place for row in rows for place in range(row.length - row.new, row.length)]
        self.positions = torch.tensor([positions], device=device)
        self._chosen = [
            queries if isinstance(queries, slice) else torch.tensor(queries, device=device)
            for queries in (stretch.queries for stretch in self._stretches)
        ]

    def attend(self, layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Store ``key`` and ``value`` [1, K, N, D] of one layer and look: ``query`` [1, H, N, D] -> [1, N, H * D]."""
        keys, values = self._cache.keys[layer], self._cache.values[layer]
        keys[self._places] = key[0].transpose(0, 1)
        values[self._places] = value[0].transpose(0, 1)
        heads, new, width = query.shape[1:]
        if len(self._stretches) == 1:
            seen, _ = _look(self._stretches[0], query, (key, value), (keys, values))
        else:
            seen, sums = torch.empty_like(query), query.new_empty(1, heads, new, dtype=torch.float32)
            for stretch, mine in zip(self._stretches, self._chosen, strict=True):
                part = _look(stretch, query[:, :, mine], (key[:, :, mine], value[:, :, mine]), (keys, values))
                if not stretch.first:
                    part = merge_parts((seen[:, :, mine], sums[:, :, mine]), part)
                seen[:, :, mine], sums[:, :, mine] = part
        return seen.transpose(1, 2).reshape(1, new, heads * width)


def _look(
    stretch: Stretch, query: Tensor, new: tuple[Tensor, Tensor], held: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor]:
    """Attention over the ``new`` keys and values [1, K, n, D], or some of those ``held`` [slots, K, D]."""
    if stretch.run is None:
        return attend_part(query, *new, causal=True)
    key, value = (item[slice(*stretch.run)].transpose(0, 1)[None] for item in held)
    return attend_part(query, key, value)
