"""A recording cut into 30-second windows, each with its log-mel, its start time and its valid length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from afnext.audio.blocks import FloatArray
from afnext.audio.mel import log_mel
from afnext.audio.spec import (
    MELS,
    TOKENS_PER_WINDOW,
    WINDOW_FRAMES,
    WINDOW_SAMPLES,
    WINDOW_SECONDS,
    audio_tokens,
    encoder_frames,
    mel_frames,
)

KEEP_PADDING = 2
"""Encoder frames of the padding kept behind the last valid one: the encoder's convolutions look into it, so that a
window encoded at its own length gives the same as one padded to 30 s."""

MADE_TOGETHER = 8
"""Windows whose log-mel is made at once, so that all cores have some: 12 MB."""


@dataclass(frozen=True, eq=False)
class Window:
    """Up to 30 s of a recording, as the encoder takes it.

    Attributes:
        mel: float32 [128, kept], the valid frames and ``KEEP_PADDING`` encoder frames of padding, never above 3000.
        start: seconds from the recording's beginning.
        frames: valid mel frames, 3 to 3000.
        tokens: what the encoder makes of them, 1 to 750.
    """

    mel: Tensor
    start: float
    frames: int
    tokens: int


def windows(samples: FloatArray | Tensor, start: float = 0.0) -> Iterator[Window]:
    """Cut ``samples`` into windows without overlap, then log-mel each: a few at a time, on the device of ``samples``.

    A last window too short for one token (up to 20 ms) holds nothing a model could hear and is left out.

    Args:
        samples: [n], mono at 16 kHz.
        start: seconds at which they begin.
    """
    sound = torch.as_tensor(samples)
    assert sound.ndim == 1, f"mono samples, not {list(sound.shape)}"
    full = len(sound) // WINDOW_SAMPLES
    for first in range(0, full, MADE_TOGETHER):
        count = min(MADE_TOGETHER, full - first)
        pieces = sound[first * WINDOW_SAMPLES : (first + count) * WINDOW_SAMPLES].reshape(count, WINDOW_SAMPLES)
        for number, mel in enumerate(log_mel(pieces), first):
            yield Window(mel, start + number * WINDOW_SECONDS, WINDOW_FRAMES, TOKENS_PER_WINDOW)
    rest = sound[full * WINDOW_SAMPLES :]
    frames = mel_frames(len(rest))
    if tokens := audio_tokens(frames):
        yield Window(log_mel(rest, kept_frames(frames)), start + full * WINDOW_SECONDS, frames, tokens)


def kept_frames(frames: int) -> int:
    """Mel frames that a window of ``frames`` valid ones carries."""
    return min(WINDOW_FRAMES, 2 * (encoder_frames(frames) + KEEP_PADDING))


def count_tokens(samples: int) -> int:
    """Tokens of a recording of ``samples`` samples at 16 kHz, over all its windows."""
    full, rest = divmod(samples, WINDOW_SAMPLES)
    return full * audio_tokens(WINDOW_FRAMES) + audio_tokens(mel_frames(rest))


def stack(some: Sequence[Window]) -> tuple[Tensor, Tensor, Tensor]:
    """Windows of several lengths as one batch: mel [W, 128, F], valid frames [W], starts in seconds [W].

    The last kept frame of a shorter window is silence at that window's floor, so repeating it continues the window as
    if it had been computed longer.
    """
    longest = max(window.mel.shape[-1] for window in some)
    mel = torch.stack([torch.cat([w.mel, w.mel[:, -1:].expand(MELS, longest - w.mel.shape[-1])], dim=-1) for w in some])
    frames = torch.tensor([window.frames for window in some], device=mel.device)
    starts = torch.tensor([window.start for window in some], dtype=torch.float32, device=mel.device)
    return mel, frames, starts
