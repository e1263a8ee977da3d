"""What disturbs a microphone: wind that blows on it, and the hand that holds it."""

from functools import lru_cache

import numpy as np

from afnext.audio.spec import SAMPLE_RATE
from afnext.scenes.acoustics import noise
from afnext.scenes.acoustics.noise import Noise
from afnext.scenes.sources import Samples
from afnext.scenes.worlds import Dice, World

WIND = "wind on the microphone"
TOUCHED = 0.55
"""Share of seconds in which a hand moves."""
RUBBED = 0.45
"""Share of such movements that rub; the others knock."""
LONGEST_TOUCH = 1.0
"""Seconds."""


def wind(world: World, seed: int, first: int, count: int) -> Samples:
    """Samples ``first`` to ``first + count`` of wind with a root mean square of 1 over the long run; [count]."""
    return noise.read(_wind(seed), world, first, count)


@lru_cache(maxsize=8)
def _wind(seed: int) -> Noise:
    return noise.draw_bed(np.random.default_rng((seed, 31)), WIND)


def handling(world: World, seed: int, first: int, count: int) -> Samples:
    """Samples ``first`` to ``first + count`` of knocks and rubs whose peaks lie between 0.3 and 1; [count]."""
    out = np.zeros(count, np.float32)
    for second in range(max(0, first // SAMPLE_RATE - 1), (first + count - 1) // SAMPLE_RATE + 1):
        start, touch = _touch(world, seed, second)
        begin, end = max(start, first), min(start + len(touch), first + count)
        if begin < end:
            out[begin - first : end - first] += touch[begin - start : end - start]
    return out


@lru_cache(maxsize=32)
def _touch(world: World, seed: int, second: int) -> tuple[int, Samples]:
    """The movement that begins in this second, at most ``LONGEST_TOUCH`` long, and its first sample."""
    rng = np.random.default_rng((seed, 32, second))
    start = second * SAMPLE_RATE + int(rng.integers(SAMPLE_RATE))
    if rng.random() >= TOUCHED:
        return start, np.zeros(0, np.float32)
    dice = Dice(world, rng)
    touch = _rub(dice) if rng.random() < RUBBED else _knock(dice)
    return start, (touch * rng.uniform(0.3, 1.0) / np.abs(touch).max()).astype(np.float32)


def _knock(dice: Dice) -> np.ndarray:
    """A finger against the case: a thud that the ear rather feels, and a click."""
    time = np.arange(SAMPLE_RATE // 4) / SAMPLE_RATE
    thud = np.sin(2 * np.pi * dice.ratio(55, 140) * time) * np.exp(-time / dice.between(0.02, 0.05))
    click = dice.rng.standard_normal(len(time)) * np.exp(-time / 0.003)
    return thud + 0.25 * click


def _rub(dice: Dice) -> np.ndarray:
    """Skin or cloth along the case: uneven, dull noise."""
    count = int(dice.any(0.15, 0.9 * LONGEST_TOUCH) * SAMPLE_RATE)
    f = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    colour = 1 / (1 + (f / dice.ratio(250, 900)) ** 2) * (f > 40)
    rub = np.fft.irfft(np.fft.rfft(dice.rng.standard_normal(count)) * colour, count)
    grip = np.interp(np.arange(count), np.linspace(0, count, 12), dice.rng.uniform(0.1, 1, 12) ** 2)
    touched: np.ndarray = rub / rub.std() * grip * np.sin(np.pi * np.arange(count) / count)
    return touched
