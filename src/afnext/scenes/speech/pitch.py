"""The voice's own pitch: how high it is, frame by frame, and where each of its periods lies."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from afnext.audio.spec import HOP, SAMPLE_RATE

LOWEST, HIGHEST = 60.0, 420.0
"""Hertz between which voices are looked for."""
WINDOW = 4 * HOP
"""Samples of a frame (40 ms): more than two periods of the lowest voice."""
VOICED = 0.5
"""How alike two periods are, from 0 to 1, in a frame that counts as voiced."""
QUIET = 0.02
"""Share of the loudest frame below which nothing counts as voiced."""
PULSE_BAND = 900.0
"""Hertz up to which the pulses of the voice stand out."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Frames:
    """One value every 10 ms, of the 40 ms around it.

    Attributes:
        period: samples from one pulse of the voice to the next; 0 where there is no voice; [frames].
        loudness: root mean square; [frames].
    """

    period: Floats
    loudness: Floats

    def period_at(self, sample: float) -> float:
        """The period around ``sample``, 0 if unvoiced."""
        return float(self.period[min(int(sample / HOP + 0.5), len(self.period) - 1)])


def analyse(samples: NDArray[np.float32]) -> Frames:
    """Pitch by autocorrelation, and loudness, of ``samples`` [n]."""
    count = len(samples) // HOP + 1
    padded = np.zeros(count * HOP + WINDOW)
    padded[WINDOW // 2 : WINDOW // 2 + len(samples)] = samples
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[: count * HOP : HOP]
    loudness = np.sqrt((frames**2).mean(1))
    spectrum = np.fft.rfft((frames - frames.mean(1, keepdims=True)) * np.hanning(WINDOW), 2 * WINDOW)
    alike = np.fft.irfft(np.abs(spectrum) ** 2)[:, :WINDOW]
    own = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(WINDOW), 2 * WINDOW)) ** 2)[:WINDOW]
    lags = np.arange(int(SAMPLE_RATE / HIGHEST), int(SAMPLE_RATE / LOWEST))
    # The window makes long lags look less alike than they are, which its own autocorrelation tells.
    share = alike[:, lags] / np.maximum(alike[:, :1], 1e-12) / (own[lags] / own[0])
    # Of lags that are almost as good, the shortest: two periods are as like one another as one is to the next.
    first = (share >= 0.9 * share.max(1, keepdims=True)).argmax(1)
    near = first[:, None] + np.arange(int(SAMPLE_RATE / HIGHEST) // 4)
    near = np.minimum(near, len(lags) - 1)
    best = near[np.arange(count), np.take_along_axis(share, near, 1).argmax(1)]
    voiced = (share[np.arange(count), best] > VOICED) & (loudness > QUIET * loudness.max(initial=0.0))
    return Frames(np.where(voiced, lags[best], 0).astype(float), loudness)


def pulses(samples: NDArray[np.float32], frames: Frames) -> NDArray[np.int64]:
    """One sample in every period of voiced speech, always at the same place of the period; [pulses].

    Between them, where there is no voice, one every 5 ms.
    """
    spectrum = np.fft.rfft(samples)
    spectrum[np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE) > PULSE_BAND] = 0
    low = np.fft.irfft(spectrum, len(samples))
    low *= np.sign(np.mean(low**3)) or 1.0  # pulses point up
    marks, at, before = list[int](), 0, 0.0
    while at < len(samples):
        marks.append(at)
        period = frames.period_at(at)
        fresh, before = not before, period
        if not period:
            at += HOP // 2
            continue
        first, last = (at, at + int(period)) if fresh else (at + int(0.75 * period), at + int(1.3 * period))
        window = low[first : last + 1]
        if not len(window):
            break
        found = first + int(window.argmax())
        at = found if found > at else at + int(period)
    return np.array(marks)
