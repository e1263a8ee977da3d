"""Noise under a scene, steady or of a place: built once as loops without a seam, then read from any second on."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import SceneError
from afnext.scenes.acoustics.beds import BEDS, BEDS_EACH, Loop, make
from afnext.scenes.sources import Samples
from afnext.scenes.worlds import Dice, World

LOOPS = (2**18, 250_000)
"""Samples of the two loops of each kind. Read together, they repeat only after hours."""

Spectrum = NDArray[Any]


@dataclass(frozen=True)
class Noise:
    """A noise with chosen starting points in the two loops."""

    kind: str
    """One of ``SHAPES`` or of ``BEDS``."""
    starts: tuple[int, int]
    variant: int = 0
    """Which of its world's beds; of the steady noises there is one each."""


def _hiss(frequency: Spectrum, rng: np.random.Generator) -> Spectrum:
    return np.ones_like(frequency)


def _pink(frequency: Spectrum, rng: np.random.Generator) -> Spectrum:
    return np.maximum(frequency, 20.0) ** -0.5


def _rumble(frequency: Spectrum, rng: np.random.Generator) -> Spectrum:
    return np.maximum(frequency, 30.0) ** -rng.uniform(0.9, 1.1)


def _hum(frequency: Spectrum, rng: np.random.Generator) -> Spectrum:
    """Mains hum: narrow lines at the multiples of 50 or 60 Hz over a faint hiss."""
    base = rng.choice([50.0, 60.0])
    lines = np.zeros_like(frequency)
    for harmonic in range(1, 9):
        lines += rng.uniform(0.3, 1.0) / harmonic * np.exp(-(((frequency - base * harmonic) / 0.2) ** 2))
    return lines + 1e-3


def _crowd(frequency: Spectrum, rng: np.random.Generator) -> Spectrum:
    """The long-time spectrum of many voices, without any voice in it."""
    centre = rng.uniform(350, 550)
    return 1 / (1 + (frequency / centre) ** 2) ** 0.75 * (frequency > 80)


SHAPES: dict[str, Callable[[Spectrum, np.random.Generator], Spectrum]] = {
    "white noise": _hiss,
    "pink noise": _pink,
    "a low rumble": _rumble,
    "a hum": _hum,
    "a crowd": _crowd,
}


def draw(rng: np.random.Generator) -> Noise:
    """A random steady noise."""
    kind = list(SHAPES)[int(rng.integers(len(SHAPES)))]
    return Noise(kind, (int(rng.integers(LOOPS[0])), int(rng.integers(LOOPS[1]))))


def draw_bed(rng: np.random.Generator, kind: str) -> Noise:
    """A random bed of this kind.

    Raises:
        SceneError: the kind is unknown.
    """
    if kind not in BEDS:
        raise SceneError(f"bed {kind!r}", expected=", ".join(BEDS))
    starts = int(rng.integers(LOOPS[0])), int(rng.integers(LOOPS[1]))
    return Noise(kind, starts, int(rng.integers(BEDS_EACH)))


def read(noise: Noise, world: World, first: int, count: int) -> Samples:
    """Samples ``first`` to ``first + count`` of ``noise``, with a root mean square of 1 over the long run; [count].

    Raises:
        SceneError: the kind is unknown.
    """
    if noise.kind not in SHAPES and noise.kind not in BEDS:
        raise SceneError(f"background {noise.kind!r}", expected=", ".join((*SHAPES, *BEDS)))
    out = np.zeros(count, dtype=np.float32)
    for number, start in enumerate(noise.starts):
        loop = (
            _loop(world, noise.kind, number)
            if noise.kind in SHAPES
            else _bed(world, noise.kind, noise.variant % BEDS_EACH, number)
        )
        position, filled = (start + first) % len(loop), 0
        while filled < count:
            part = loop[position : position + count - filled]
            out[filled : filled + len(part)] += part
            position, filled = 0, filled + len(part)
    return out


@lru_cache(maxsize=32)
def _loop(world: World, kind: str, number: int) -> Samples:
    """A loop of root mean square ``1 / sqrt(2)``: random phases under a spectrum, so that its end meets its start."""
    length = LOOPS[number]
    rng = np.random.default_rng(zlib.crc32(f"{world}/{kind}/{number}".encode()))
    frequency = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
    spectrum = SHAPES[kind](frequency, rng) * (frequency > 20)
    loop = _random_phases(spectrum, rng, length)
    if kind == "a crowd":
        slow = _random_phases((frequency > 0.1) * (frequency < 4.0), rng, length)
        loop *= np.exp(0.25 * slow / slow.std())
    samples: Samples = (loop / np.sqrt(2 * np.mean(loop**2))).astype(np.float32)
    return samples


@lru_cache(maxsize=16)
def _bed(world: World, kind: str, variant: int, number: int) -> Samples:
    """A loop of a bed, of root mean square ``1 / sqrt(2)``. Its two loops have one character and two textures."""
    name = f"{world}/{kind}/{variant}"
    character, texture = (np.random.default_rng(zlib.crc32(of.encode())) for of in (name, f"{name}/{number}"))
    loop = make(kind, Dice(world, character), Loop(LOOPS[number], texture))
    samples: Samples = (loop / np.sqrt(2 * np.mean(loop**2))).astype(np.float32)
    return samples


def _random_phases(spectrum: Spectrum, rng: np.random.Generator, length: int) -> Spectrum:
    waves: Spectrum = np.fft.irfft(spectrum * np.exp(2j * np.pi * rng.random(len(spectrum))), length)
    return waves
