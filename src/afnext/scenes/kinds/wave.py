"""Tones, noises, envelopes and strokes: of which sounds are made. Mono, at the rate of ``audio/spec.py``."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from afnext.audio.spec import SAMPLE_RATE
from afnext.base.packages import package

Array = NDArray[np.float64]
NYQUIST = SAMPLE_RATE / 2
TOP = 0.95 * NYQUIST  # no partial above
CONTROL = 64  # samples between two settings of a partial's loudness


def clock(seconds: float) -> Array:
    """The time of each sample [n], in seconds."""
    return np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE


def glide(seconds: float, values: Sequence[float]) -> Array:
    """A line [n] through ``values`` at even distances, rounded like a cosine at each of them."""
    place = np.linspace(0, len(values) - 1, round(seconds * SAMPLE_RATE))
    step = np.minimum(place.astype(int), len(values) - 2)
    blend = (1 - np.cos(np.pi * (place - step))) / 2
    points = np.asarray(values, float)
    line: Array = points[step] * (1 - blend) + points[step + 1] * blend
    return line


def tone(frequency: Array, start: float = 0.0) -> Array:
    """A sine [n] whose frequency in Hz is given for each sample [n]; ``start`` in radians."""
    return np.sin(start + 2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE)


def voiced(
    frequency: Array, formants: Sequence[tuple[Array | float, float, float]], partials: int, tilt: float = 0.5
) -> Array:
    """Harmonics of ``frequency`` [n], loud near a formant (centre in Hz, width in Hz, gain), falling as k^-tilt."""
    phase = 2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE
    coarse = slice(None, None, CONTROL)  # loudness changes slowly: worked out every few milliseconds, drawn through
    time = np.arange(len(frequency))
    slow = [(np.broadcast_to(centre, len(time))[coarse], width, height) for centre, width, height in formants]
    total = np.zeros(len(time))
    for k in range(1, partials + 1):
        if k * frequency.min() > TOP:
            break
        note = k * frequency[coarse]
        gain = 0.03 + sum(height * np.exp(-(((note - centre) / width) ** 2)) for centre, width, height in slow)
        audible = np.where(note < TOP, gain, 0) * k**-tilt
        total += np.interp(time, time[coarse], audible) * np.sin(k * phase)
    return total


def noise(rng: np.random.Generator, seconds: float, low: float, high: float, order: int = 2) -> Array:
    """White noise [n] kept between ``low`` and ``high`` Hz, with a standard deviation of 1."""
    signal = package("scipy.signal", "scenes")  # slow to import, and only scenes need it
    white = rng.standard_normal(round(seconds * SAMPLE_RATE))
    shaped: Array = signal.sosfilt(_band(order, max(low, 20), min(high, 0.98 * NYQUIST)), white)
    return shaped / max(float(shaped.std()), 1e-9)


@lru_cache(maxsize=256)
def _band(order: int, low: float, high: float) -> Any:
    """The band's filter; its design takes longer than filtering a short stroke, and strokes are alike."""
    return package("scipy.signal", "scenes").butter(order, [low, high], "bandpass", fs=SAMPLE_RATE, output="sos")


def buzz(frequency: Array, bright: float) -> Array:
    """All harmonics of ``frequency`` [n], weaker by a factor e for every ``bright`` Hz: vocal folds, pistons, a reed.

    They are summed in closed form (the Poisson kernel), whatever their number. ``bright`` above 2000 Hz would alias.
    """
    share = np.exp(-frequency / bright)
    turn = np.cos(2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE)
    pulses: Array = (1 - share**2) / (1 - 2 * share * turn + share**2) - 1
    return pulses


def through(sound: Array, *resonances: tuple[float, float, float]) -> Array:
    """``sound`` [n] heard through resonances side by side (centre in Hz, width in Hz, gain): a throat, a box, a pipe.

    Scaled to a standard deviation of 1.
    """
    signal = package("scipy.signal", "scenes")
    total = np.zeros(len(sound))
    for centre, width, gain in resonances:
        ring = np.exp(-np.pi * width / SAMPLE_RATE)
        turn = 2 * ring * np.cos(2 * np.pi * min(centre, TOP) / SAMPLE_RATE)
        feed = gain * (1 - ring**2) / 2
        total += signal.lfilter([feed, 0, -feed], [1, -turn, ring**2], sound)
    return total / max(float(total.std()), 1e-9)


def beats(rate: Array, sharp: float) -> Array:
    """An envelope [n] of strokes, ``rate`` [n] of them a second, each falling from 1 to e^-sharp until the next."""
    return np.exp(-sharp * (np.cumsum(rate) / SAMPLE_RATE % 1))


def ping(seconds: float, frequency: float, fade: float) -> Array:
    """A sine [n] that is struck at once and falls by a factor e every ``fade`` seconds."""
    time = clock(seconds)
    return np.sin(2 * np.pi * frequency * time) * np.exp(-time / fade) if frequency < NYQUIST else np.zeros(len(time))


def struck(seconds: float, frequency: float, fade: float, modes: Sequence[tuple[float, float, float]]) -> Array:
    """A body [n] that is struck: pings, each (ratio to ``frequency``, share of ``fade``, level)."""
    total = np.zeros(round(seconds * SAMPLE_RATE))
    for ratio, share, level in modes:
        total += level * ping(seconds, ratio * frequency, share * fade)
    return total


def burst(rng: np.random.Generator, seconds: float, low: float, high: float, fade: float, *, order: int = 2) -> Array:
    """Noise [n] between ``low`` and ``high`` Hz, struck at once, that falls by a factor e every ``fade`` seconds."""
    return noise(rng, seconds, low, high, order) * fall(seconds, fade)


def fall(seconds: float, fade: float) -> Array:
    """An envelope [n] from 1, falling by a factor e every ``fade`` seconds."""
    return np.exp(-clock(seconds) / fade)


def swell(seconds: float, attack: float, release: float) -> Array:
    """An envelope [n] that rises to 1 within ``attack`` seconds and sinks to 0 in the last ``release`` seconds."""
    time = clock(seconds)
    rise = np.clip(time / attack, 0, 1)
    gone = np.clip((seconds - time) / release, 0, 1)
    return np.sin(np.pi / 2 * rise) * np.sin(np.pi / 2 * gone)


def drift(rng: np.random.Generator, seconds: float, rate: float) -> Array:
    """A slow random line [n] between 0 and 1 that changes its mind ``rate`` times a second."""
    return glide(seconds, rng.uniform(0, 1, max(2, round(seconds * rate) + 2)).tolist())


def shaken(rng: np.random.Generator, seconds: float, rate: float, depth: float) -> Array:
    """A factor [n] that wanders between 1 - depth and 1 + depth: no voice and no motor holds its pitch."""
    return 1 + depth * (2 * drift(rng, seconds, rate) - 1)


def moments(rng: np.random.Generator, seconds: float, rate: float) -> list[float]:
    """Random times within ``seconds``, ``rate`` of them a second, in order: drops, stones, sparks."""
    times: list[float] = np.sort(rng.uniform(0, seconds, max(1, round(seconds * rate)))).tolist()
    return times


def lay(pieces: Sequence[tuple[float, Array]]) -> Array:
    """The sum [n] of pieces, each beginning at its second."""
    starts = [round(at * SAMPLE_RATE) for at, _ in pieces]
    total = np.zeros(max(start + len(piece) for start, (_, piece) in zip(starts, pieces, strict=True)))
    for start, (_, piece) in zip(starts, pieces, strict=True):
        total[start : start + len(piece)] += piece
    return total
