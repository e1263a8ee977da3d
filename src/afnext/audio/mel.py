"""Log-mel of 30-second windows, as Whisper's: what the encoder was trained on.

The values are relative to each window's own maximum, so a recording is cut into windows first and turned into mel
after.
"""

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from afnext.audio.spec import FFT, HOP, MELS, SAMPLE_RATE, WINDOW_FRAMES, WINDOW_SAMPLES

SILENCE = -10.0
"""log10 of the smallest power that is told from nothing."""

DEPTH = 8.0
"""How far below the window's maximum, in log10 of power, values are cut off."""

FILTERS_AT_ONCE = 16
"""Neighbouring mel filters that are multiplied together; fewer waste less on zeros, and cost more calls."""


def log_mel(samples: Tensor, frames: int = WINDOW_FRAMES) -> Tensor:
    """The leading ``frames`` log-mel frames of each window, zero-padded to 30 s.

    The same as all 3000 and then cut, but only what sound reaches is computed. Frames are 25 ms long and centred on
    multiples of 10 ms; at the window's two ends the sound is mirrored, and the frame centred on its very end is dropped
    (as in WhisperFeatureExtractor of transformers, which this equals).

    Args:
        samples: [..., n], mono at 16 kHz, n up to 480000.
        frames: how many leading frames are wanted, up to 3000.

    Returns:
        float32 [..., 128, frames] on the same device.
    """
    n, leading = samples.shape[-1], samples.shape[:-1]
    assert n <= WINDOW_SAMPLES, f"a window of {n} samples: cut first, mel after"
    assert frames <= WINDOW_FRAMES, f"{frames} frames wanted of {WINDOW_FRAMES}"
    if samples.ndim > 1 and samples.device.type == "cpu":
        # One at a time is several times faster here than a batch: what one window needs stays in the cache.
        windows = [log_mel(window, frames) for window in samples.reshape(leading.numel(), n)]
        return torch.stack(windows).reshape(*leading, MELS, frames)
    # A Fourier length of zeros behind the sound: every frame that sound reaches is computed, and the mirror at the end
    # shows zeros, as it does at the end of the padded window. A nearly full window reaches its true end, and its true
    # mirror (frame 2999 looks into it).
    sound = F.pad(samples.reshape(leading.numel(), n).float(), (0, min(FFT, WINDOW_SAMPLES - n)))
    half = FFT // 2
    mirrored = torch.cat((sound[:, 1 : half + 1].flip(-1), sound, sound[:, -half - 1 : -1].flip(-1)), dim=-1)
    cut = mirrored.unfold(-1, FFT, HOP)[:, :WINDOW_FRAMES]  # [N, T, 400]
    with torch.autocast(samples.device.type, enabled=False):
        spectrum = torch.fft.rfft(cut * _hann(samples.device))  # [N, T, 201]
        power = spectrum.real.square().addcmul_(spectrum.imag, spectrum.imag)
        bands = [filters @ power[..., low:high].mT for low, high, filters in _bands(samples.device)]
    mel = torch.cat(bands, dim=-2)  # [N, 128, T]
    logarithm = mel.clamp_(min=10**SILENCE).log10_()
    # The maximum is over the whole window, wanted or not; what is not computed is silence and never above it.
    floor = logarithm.amax(dim=(-2, -1), keepdim=True) - DEPTH
    wanted = F.pad(logarithm[..., :frames], (0, max(0, frames - logarithm.shape[-1])), value=SILENCE)
    return torch.maximum(wanted, floor).add_(4.0).div_(4.0).reshape(*leading, MELS, frames)


def mel_filters() -> Tensor:
    """Slaney's triangular mel filters of equal area, [128, 201] float64, evenly on the mel scale from 0 to 8000 Hz."""
    edges = _hertz(torch.linspace(0.0, _mel(SAMPLE_RATE / 2), MELS + 2, dtype=torch.float64))
    bins = torch.linspace(0.0, SAMPLE_RATE / 2, FFT // 2 + 1, dtype=torch.float64)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (bins - low) / (centre - low), (high - bins) / (high - centre)
    return torch.minimum(rising, falling).clamp(min=0.0) * 2.0 / (high - low)


# Slaney's scale: linear below 1000 Hz (15 mels), logarithmic above (27 mels for a factor of 6.4).
_BREAK_HERTZ, _BREAK_MEL = 1000.0, 15.0
_STEP = float(torch.tensor(6.4, dtype=torch.float64).log() / 27.0)


def _mel(hertz: float) -> float:
    if hertz < _BREAK_HERTZ:
        return hertz * _BREAK_MEL / _BREAK_HERTZ
    return _BREAK_MEL + float(torch.tensor(hertz / _BREAK_HERTZ, dtype=torch.float64).log()) / _STEP


def _hertz(mel: Tensor) -> Tensor:
    linear = mel * _BREAK_HERTZ / _BREAK_MEL
    return torch.where(mel < _BREAK_MEL, linear, _BREAK_HERTZ * torch.exp(_STEP * (mel - _BREAK_MEL)))


@lru_cache(maxsize=8)
def _bands(device: torch.device) -> tuple[tuple[int, int, Tensor], ...]:
    """The filters in groups, each with the range of Fourier bins it looks at: the rest of the matrix is zeros."""
    bands = []
    for group in torch.split(mel_filters().float(), FILTERS_AT_ONCE):
        bins = group.any(dim=0).nonzero()
        low, high = int(bins[0]), int(bins[-1]) + 1
        bands.append((low, high, group[:, low:high].contiguous().to(device)))
    return tuple(bands)


@lru_cache(maxsize=8)
def _hann(device: torch.device) -> Tensor:
    return torch.hann_window(FFT, device=device)
