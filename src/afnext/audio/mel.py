"""Log-mel of 30-second windows, as Whisper's: what the encoder was trained on.

The values are relative to each window's own maximum, so a recording is cut into windows first and turned into mel
after.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from threading import Barrier

import torch
from torch import Tensor

from afnext.audio.spec import FFT, HOP, MELS, SAMPLE_RATE, WINDOW_FRAMES, WINDOW_SAMPLES

SILENCE = 1e-10
"""The smallest power that is told from nothing."""

DEPTH = 1e-8
"""The smallest part of the window's greatest power that is told from nothing."""

FILTERS_AT_ONCE = 16
"""Neighbouring mel filters that are multiplied together; fewer waste less on zeros, and cost more calls."""

FRAMES_AT_ONCE = 1000
"""Frames whose spectrum is in memory together: a third of a window stays in the cache."""


def log_mel(samples: Tensor, frames: int = WINDOW_FRAMES) -> Tensor:
    """The leading ``frames`` log-mel frames of each window, zero-padded to 30 s.

    The same as all 3000 and then cut, but only what sound reaches is computed. Frames are 25 ms long and centred on
    multiples of 10 ms; at the window's two ends the sound is mirrored, and the frame centred on its very end is dropped
    (as in WhisperFeatureExtractor of transformers, which this equals). A window gives the same bits alone and among
    others.

    Args:
        samples: [..., n], mono at 16 kHz, n up to 480000.
        frames: how many leading frames are wanted, up to 3000.

    Returns:
        float32 [..., 128, frames] on the same device.
    """
    n, leading = samples.shape[-1], samples.shape[:-1]
    assert n <= WINDOW_SAMPLES, f"a window of {n} samples: cut first, mel after"
    assert frames <= WINDOW_FRAMES, f"{frames} frames wanted of {WINDOW_FRAMES}"
    mels = torch.empty(leading.numel(), MELS, frames, device=samples.device)
    _side_by_side(_write_log_mel, list(samples.reshape(leading.numel(), n)), list(mels))
    return mels.reshape(*leading, MELS, frames)


@torch.inference_mode()
def _write_log_mel(samples: Tensor, mel: Tensor) -> None:
    """One window [n] into its place [128, frames]."""
    with torch.autocast(samples.device.type, enabled=False):
        power = _power(_mirrored(samples), mel.shape[1])
    # The maximum is over the whole window, wanted or not.
    floor = (power.amax() * DEPTH).clamp(min=SILENCE)
    torch.maximum(power[:, : mel.shape[1]], floor, out=mel)
    mel.log10_().add_(4.0).div_(4.0)


def _mirrored(samples: Tensor) -> Tensor:
    """The sound of a window [n], half a Fourier length of mirror before and behind it."""
    # A Fourier length of zeros behind the sound: every frame that sound reaches is computed, and the mirror at the end
    # shows zeros, as it does at the end of the padded window. A nearly full window reaches its true end, and its true
    # mirror (frame 2999 looks into it).
    n, half = len(samples), FFT // 2
    sound = torch.zeros(half + n + min(FFT, WINDOW_SAMPLES - n) + half, device=samples.device)
    sound[half : half + n] = samples
    sound[:half] = sound[half + 1 : 2 * half + 1].flip(0)
    sound[-half:] = sound[-2 * half - 1 : -half - 1].flip(0)
    return sound


def _power(sound: Tensor, frames: int) -> Tensor:
    """Mel power [128, T] of ``sound`` (``_mirrored``), zero where it does not reach; T is ``frames`` at least."""
    cut = sound.unfold(-1, FFT, HOP)[:WINDOW_FRAMES]  # [T, 400]
    power = torch.zeros(MELS, max(frames, len(cut)), device=sound.device)
    for first in range(0, len(cut), FRAMES_AT_ONCE):
        some = cut[first : first + FRAMES_AT_ONCE]
        spectrum = torch.fft.rfft(some * _hann(sound.device))  # [t, 201]
        squares = torch.view_as_real(spectrum).square_().flatten(1)  # [t, 402]
        for rows, columns, filters in _bands(sound.device):
            torch.mm(filters, squares[:, columns].T, out=power[rows, first : first + len(some)])
    return power


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


def _side_by_side(work: Callable[[Tensor, Tensor], None], windows: list[Tensor], mels: list[Tensor]) -> None:
    """``work`` on each window and its place; on a CPU each in one thread, and as many together as torch may use.

    Shared by torch's own threads, the many short steps of one window wait for each other, on a busy machine 20 times as
    long as they take. All windows as one batch are several times slower, for what one needs stays in the cache.
    """
    allowed = torch.get_num_threads()
    threads = min(allowed, len(windows))
    if allowed == 1 or not windows or windows[0].device.type != "cpu":
        for window, mel in zip(windows, mels, strict=True):
            work(window, mel)
        return
    begun = Barrier(threads + 1)

    def begin() -> None:
        torch.set_num_threads(1)  # of this thread, but also of every thread that first meets torch from now on
        begun.wait()

    with ThreadPoolExecutor(threads, initializer=begin) as pool:
        try:
            each = pool.map(work, windows, mels)
            begun.wait()
        except BaseException:  # where a thread cannot be started, the others must not wait for it
            begun.abort()
            raise
        finally:
            torch.set_num_threads(allowed)  # as it was in this thread, and for those to come
        list(each)  # raises what one of them raised


@lru_cache(maxsize=8)
def _bands(device: torch.device) -> tuple[tuple[slice, slice, Tensor], ...]:
    """The filters in groups: which, the columns of squares that they look at, and their values there, else zero."""
    bands = []
    for first in range(0, MELS, FILTERS_AT_ONCE):
        rows = slice(first, first + FILTERS_AT_ONCE)
        filters = mel_filters()[rows].float().repeat_interleave(2, dim=1)  # real and imaginary part of each bin
        reached = filters.any(dim=0).nonzero()
        columns = slice(int(reached[0]), int(reached[-1]) + 1)
        bands.append((rows, columns, filters[:, columns].contiguous().to(device)))
    return tuple(bands)


@lru_cache(maxsize=8)
def _hann(device: torch.device) -> Tensor:
    return torch.hann_window(FFT, device=device)
