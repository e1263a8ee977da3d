"""How a place sounds when nothing happens: traffic behind the houses, leaves, a fan, a road under the wheels.

Each is made as a loop without a seam, like the noises of noise.py, which reads them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from afnext.audio.spec import SAMPLE_RATE
from afnext.scenes.worlds import Dice

Array = NDArray[np.float64]

BEDS_EACH = 6
"""Beds of every kind in every world."""
CREST = 6.0
"""No sample of a bed is higher than so many times its root mean square."""


@dataclass(frozen=True)
class Loop:
    """Noises [length] whose end meets their start."""

    length: int
    rng: np.random.Generator

    @cached_property
    def frequency(self) -> Array:
        """Hertz of each Fourier bin, [length // 2 + 1]."""
        return np.asarray(np.fft.rfftfreq(self.length, 1 / SAMPLE_RATE), np.float64)

    def coloured(self, spectrum: Array) -> Array:
        """Noise under this spectrum of amplitudes, with a standard deviation of 1."""
        waves: Array = np.fft.irfft(
            spectrum * np.exp(2j * np.pi * self.rng.random(len(spectrum))) * (self.frequency > 20), self.length
        )
        even: Array = waves / waves.std()
        return even

    def band(self, low: float, high: float, slope: float = 0.0) -> Array:
        """Noise between ``low`` and ``high`` Hz, 12 dB an octave down outside; within, amplitudes as f^-slope."""
        f = np.maximum(self.frequency, 1.0)
        return self.coloured(f**-slope / (1 + (low / f) ** 4) ** 0.5 / (1 + (f / high) ** 4) ** 0.5)

    def lines(self, partials: Sequence[tuple[float, float]], width: float) -> Array:
        """Tones (Hz, amplitude) that waver by ``width`` Hz."""
        return self.coloured(
            sum(
                (height * np.exp(-(((self.frequency - hertz) / width) ** 2)) for hertz, height in partials), np.zeros(1)
            )
        )

    def swell(self, slowest: float, fastest: float, depth: float) -> Array:
        """A gain around 1 that comes and goes ``slowest`` to ``fastest`` times a second, by a factor of e^depth."""
        slow = np.fft.irfft(
            ((self.frequency > slowest) & (self.frequency < fastest))
            * np.exp(2j * np.pi * self.rng.random(len(self.frequency))),
            self.length,
        )
        gain: Array = np.exp(depth * np.clip(slow / slow.std(), -2, 2))
        return gain

    def scatter(self, grain: Callable[[], Array], rate: float) -> Array:
        """``rate`` grains a second at random times."""
        total = np.zeros(self.length)
        for start in self.rng.integers(self.length, size=round(rate * self.length / SAMPLE_RATE)):
            piece = grain()
            np.add.at(total, (start + np.arange(len(piece))) % self.length, piece)
        return total


def breeze(dice: Dice, loop: Loop) -> Array:
    """Moving air over open ground."""
    colour = dice.ratio(200, 450)
    return loop.band(60, colour, 0.3) * loop.swell(0.1, 0.8, 0.35) + 0.25 * loop.band(800, 3000) * loop.swell(
        0.2, 1, 0.5
    )


def computer_fan(dice: Dice, loop: Loop) -> Array:
    """A small fan: a soft hiss with a thin whine in it."""
    blades = dice.ratio(420, 900)
    whine = loop.lines([(blades, 1.0), (2 * blades, 0.4), (3 * blades, 0.15)], 1.5)
    return loop.band(300, dice.ratio(1500, 2600)) + dice.between(0.4, 0.8) * whine


def refrigerator(dice: Dice, loop: Loop) -> Array:
    """The compressor of a refrigerator: a purr at the multiples of the mains."""
    mains = dice.between(48.5, 51.5)
    purr = loop.lines([(mains * k, dice.any(0.4, 1) / k**0.7) for k in range(1, 13)], 0.6)
    return purr * loop.swell(1, 4, 0.12) + dice.between(0.3, 0.6) * loop.band(100, 700)


def ventilation(dice: Dice, loop: Loop) -> Array:
    """Air from the ducts of a big building."""
    return loop.band(70, dice.ratio(350, 800), 0.5) + dice.between(0.1, 0.25) * loop.band(1000, 5000)


def traffic(dice: Dice, loop: Loop) -> Array:
    """Cars a street away, which come and go: engines below, tyres above."""
    pace = dice.between(0.25, 0.6)
    cars = loop.swell(0.05, pace, 0.6)
    tyres = loop.band(500, dice.ratio(1200, 2200)) * loop.swell(0.05, pace, 0.6)
    return loop.band(45, dice.ratio(120, 260)) * cars + dice.between(0.25, 0.45) * tyres


def leaves(dice: Dice, loop: Loop) -> Array:
    """Leaves in the wind: bright, in gusts."""
    low, pace = dice.ratio(1200, 2600), dice.between(0.7, 1.6)
    gusts = loop.swell(0.1, pace, 0.45)
    return loop.band(low, 6500) * gusts * loop.swell(4, 14, 0.25) + 0.3 * loop.band(80, 250) * gusts


def draught(dice: Dice, loop: Loop) -> Array:
    """Air that is drawn up a shaft, and howls a little."""
    note = dice.ratio(150, 300)
    peaks = [np.exp(-(((loop.frequency - k * note) / (9 * k)) ** 2)) / k for k in (1.0, 1.5, 2.5)]
    howl = loop.coloured(np.sum(peaks, axis=0))
    return howl * loop.swell(0.1, 0.7, 0.6) + 0.5 * loop.band(60, 500)


def extractor(dice: Dice, loop: Loop) -> Array:
    """The fan in a bathroom's wall: a hum, blades and a rush between hard walls."""
    blades = dice.ratio(95, 180)
    hum = loop.lines([(blades * k, 1 / k) for k in (1, 2, 3, 5)], 0.8)
    return dice.between(0.6, 1.0) * hum + loop.band(350, dice.ratio(1100, 2000))


def trickle(dice: Dice, loop: Loop) -> Array:
    """Water that runs and drips somewhere in the dark."""
    pitch, fade = dice.ratio(500, 1100), dice.between(0.015, 0.03)
    time = np.arange(SAMPLE_RATE // 8) / SAMPLE_RATE

    def drop() -> Array:
        note = pitch * 2 ** dice.rng.uniform(0, 1.6)
        rise: Array = (
            np.sin(2 * np.pi * note * (time + 2 * time**2)) * np.exp(-time / fade) * np.minimum(1, time / 0.002)
        )
        return rise * dice.rng.uniform(0.1, 1.0) ** 2

    water = loop.scatter(drop, dice.between(25, 60))
    running: Array = water / water.std() + 0.5 * loop.band(40, 160)
    return running


def driving(dice: Dice, loop: Loop) -> Array:
    """Inside a car that is driven: road and wind, and the motor under them."""
    turns = dice.ratio(28, 60)
    motor = loop.lines([(turns * k, height) for k, height in ((1, 0.5), (2, 1.0), (3, 0.3), (4, 0.5), (6, 0.2))], 1.2)
    road = loop.band(35, dice.ratio(110, 200), 0.4) * loop.swell(0.2, 2, 0.15)
    return road + dice.between(0.4, 0.7) * motor + 0.1 * loop.band(500, 2500)


def wind(dice: Dice, loop: Loop) -> Array:
    """Wind that blows on a microphone: deep buffets, with gusts and lulls."""
    colour = dice.ratio(70, 160)
    return loop.band(25, colour, 0.8) * loop.swell(0.15, 1.5, 0.7) + 0.15 * loop.band(200, 900) * loop.swell(
        0.5, 6, 0.8
    )


BEDS: dict[str, Callable[[Dice, Loop], Array]] = {
    "a breeze": breeze,
    "a computer fan": computer_fan,
    "a refrigerator": refrigerator,
    "ventilation": ventilation,
    "distant traffic": traffic,
    "rustling leaves": leaves,
    "a draught": draught,
    "an extractor fan": extractor,
    "trickling water": trickle,
    "a car on the road": driving,
    "wind on the microphone": wind,
}


def make(kind: str, dice: Dice, loop: Loop) -> Array:
    """One loop [length] of this kind; ``dice`` for its character, the loop's own generator for its texture."""
    sound = BEDS[kind](dice, loop)
    sound -= sound.mean()
    most = CREST * float(np.sqrt(np.mean(sound**2)))
    return np.clip(sound, -most, most)
