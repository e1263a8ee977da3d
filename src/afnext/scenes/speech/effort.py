"""Vocal effort: a whisper, a darker or a brighter voice, or a shout, made of anything that was said plainly.

All of it keeps the length, and so the times of the words.
"""

import numpy as np
from numpy.typing import NDArray

from afnext.audio.spec import SAMPLE_RATE
from afnext.scenes.trim import peak_one

Samples = NDArray[np.float32]

FRAME, STEP = 512, 128
"""Samples of a frame and from one to the next: 32 and 8 ms."""
ORDER = 18
"""Poles of the throat."""
WIDEN = 0.985
"""Factor of the poles' radii: peaks as narrow as a single harmonic would ring at its pitch."""
BEFORE, AFTER = 0.95, 0.7
"""Emphasis of high frequencies before the analysis, and how much of it is taken back: a whisper has less below."""
EVEN = 0.7
"""Exponent of the loudness of frames: without a voice, vowels stand out less."""
SILENT = 0.004
"""Share of the loudest frame below which there is nothing to whisper."""
NOTHING = 1e-5
"""The same where there is no sound at all."""
LOWEST = 200.0
"""Hz under which a whisper has nothing."""
TILT = ((0.0, 0.0), (350.0, 0.0), (1400.0, 10.0), (4000.0, 13.0), (8000.0, 11.0))
"""Hz and decibels that a full shout adds."""
SQUASH = 1.6
"""How far a full shout drives the curve that rounds its peaks off."""


def whisper(samples: Samples, seed: int) -> Samples:
    """``samples`` [n] without a voice: the same throat, frame by frame, excited by noise instead; [n], peak 1."""
    emphasised = np.append(samples[:1], samples[1:] - BEFORE * samples[:-1]).astype(np.float64)
    count = -(-len(samples) // STEP) + FRAME // STEP
    length = (count - 1) * STEP + FRAME
    edge = FRAME - STEP
    window = np.hanning(FRAME + 1)[:-1]
    starts = np.arange(count)[:, None] * STEP + np.arange(FRAME)

    padded = np.zeros(length)
    padded[edge : edge + len(samples)] = emphasised
    spectrum = np.fft.rfft(padded[starts] * window, 2 * FRAME)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2)[:, : ORDER + 1]
    poles, left = predictor(correlation)
    loudness = np.sqrt(left)
    loudest = loudness.max(initial=0.0)
    gain = np.where(loudness > max(SILENT * loudest, NOTHING), (loudness / max(loudest, NOTHING)) ** EVEN, 0.0)
    throat = gain[:, None] / np.abs(np.fft.rfft(poles * WIDEN ** np.arange(ORDER + 1), FRAME))

    hertz = np.fft.rfftfreq(FRAME, 1 / SAMPLE_RATE)
    takes_back = np.abs(1 - AFTER * np.exp(-2j * np.pi * hertz / SAMPLE_RATE))
    noise = np.random.default_rng(seed).standard_normal(length)
    whispered = np.fft.rfft(noise[starts] * window) * throat / takes_back * (hertz >= LOWEST)
    frames = np.fft.irfft(whispered) * window
    out = np.zeros(length)
    for offset in range(0, FRAME, STEP):  # frames so far apart lie side by side
        row = frames[offset // STEP :: FRAME // STEP]
        out[offset : offset + row.size] += row.ravel()
    return peak_one(out[edge : edge + len(samples)])


def predictor(correlation: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Levinson and Durbin's recursion on every row at once.

    Args:
        correlation: of each frame with itself, [frames, ORDER + 1].

    Returns:
        The polynomial 1, a1, a2 ... that predicts the frame, [frames, ORDER + 1], and the power left, [frames].
    """
    frames = len(correlation)
    poles = np.zeros((frames, ORDER + 1))
    poles[:, 0] = 1.0
    left = correlation[:, 0] * 1.0001 + 1e-12
    for order in range(1, ORDER + 1):
        missed = np.sum(poles[:, :order] * correlation[:, order:0:-1], axis=1)
        reflection = -missed / left
        poles[:, 1 : order + 1] += reflection[:, None] * poles[:, order - 1 :: -1][:, :order]
        left = left * (1 - reflection**2)
    return poles, np.maximum(left, 0.0)


def strain(samples: Samples, effort: float) -> Samples:
    """``samples`` [n] with more of them high (``effort`` above 0, a shout at 1), or less (below); [n], peak 1."""
    size = 1 << (len(samples) + 1024).bit_length()  # what passes the end does not come round to the start
    hertz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    decibels = np.interp(hertz, [at for at, _ in TILT], [gain for _, gain in TILT])
    tilted = np.fft.irfft(np.fft.rfft(samples, size) * 10 ** (effort * decibels / 20))[: len(samples)]
    peak = np.abs(tilted).max(initial=0.0)
    if effort > 0 and peak > 0:
        tilted = np.tanh(tilted / peak * SQUASH * effort)
    return peak_one(tilted)
