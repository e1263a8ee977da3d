"""Timbre varied at random, on log-mel windows: what a voice or an instrument is must not hang on one spectrum.

Time is left alone: answers cite it.
"""

import numpy as np
import torch
from torch import Tensor

LOG_STEP = 4.0
"""A decade of power is 1/4 on Whisper's scale ((log10 + 4) / 4): 10 dB."""


def vary_timbre(mel: Tensor, rng: np.random.Generator, *, floor: float | None = None) -> Tensor:
    """A copy of ``mel`` [128, F], shifted by up to 3 bins, equalised smoothly by up to 6 dB, one band of bins masked.

    Values at the window's floor stay there, as they would had the sound itself been filtered.
    """
    bins = mel.shape[0]
    low = float(mel.min()) if floor is None else floor
    varied = mel.clone()
    shift = int(rng.integers(-3, 4))
    if shift:
        varied = torch.roll(varied, shift, dims=0)
        edge = slice(0, shift) if shift > 0 else slice(bins + shift, bins)
        varied[edge] = low
    knots = rng.uniform(-0.6, 0.6, size=5) / LOG_STEP
    curve = np.interp(np.arange(bins), np.linspace(0, bins - 1, 5), knots).astype(np.float32)
    varied = varied + torch.from_numpy(curve)[:, None]
    if rng.random() < 0.5:
        width = int(rng.integers(1, 16))
        start = int(rng.integers(0, bins - width))
        varied[start : start + width] = low
    return varied.clamp(min=low)
