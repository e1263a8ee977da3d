"""How much the engine may take: memory for what it remembers, and work per pass."""

import os
from dataclasses import dataclass

import torch

from afnext.base.errors import RequestError
from afnext.model.config import FlamingoConfig
from afnext.model.count import cache_bytes

ROWS = 16
LONG, SHORT = 49_152, 4_096
"""Tokens that a cache is made for by default: one half hour with its answer, and ``ROWS`` shorter conversations."""
AUDIO_BYTES = 1 << 29
"""Half for sound, two recordings of half an hour; half for what the model made of it."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What an engine may use beside the weights; what is None, it chooses.

    Attributes:
        cache_bytes: keys and values of everything that runs, and of what may be asked about again. By default one long
            and many short conversations, within half of the memory that is free when the model is opened.
        audio_bytes: recordings that were decoded, and embeddings of windows that were heard, half and half.
        rows: conversations side by side.
        step_tokens: tokens a pass; with fewer, those who are writing wait less while others' prompts are read.

    Raises:
        RequestError: a value outside its range.
    """

    cache_bytes: int | None = None
    audio_bytes: int = AUDIO_BYTES
    rows: int = ROWS
    step_tokens: int | None = None

    def __post_init__(self) -> None:
        for name, least in (("cache_bytes", 0), ("audio_bytes", 0), ("rows", 1), ("step_tokens", self.rows)):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < least):
                raise RequestError(f"a budget with {name} {value!r}", expected=f"a whole number of {least} or more")

    def cache_for(self, config: FlamingoConfig, device: torch.device, dtype: torch.dtype) -> int:
        """Bytes of the key-value cache of a model."""
        if self.cache_bytes is not None:
            return self.cache_bytes
        return min(cache_bytes(config, LONG + self.rows * SHORT, dtype), free_bytes(device) // 2)

    def tokens_for(self, device: torch.device) -> int:
        """Tokens a pass."""
        return self.step_tokens or max(self.rows, 2048 if device.type == "cuda" else 512)


def free_bytes(device: torch.device) -> int:
    """Memory of the device that nobody uses now."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):  # macOS tells only what there is in all
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2


def readable(size: float) -> str:
    """``1.5 GB``, ``320 MB``, rounded up at three digits: never less than ``size``."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            shown = -(-size // (scale / 100)) / 100
            return f"{shown:.3g} {unit}" if shown < 100 else f"{-(-size // scale):.0f} {unit}"
    return f"{size:.0f} bytes"
