"""Weather, water, machines and powder: what is mostly noise, told apart by its colour and its rhythm."""

import numpy as np

from afnext.scenes.kinds.wave import Array, clock, drift, fall, glide, lay, noise, ping, swell, tone, voiced
from afnext.scenes.worlds import Dice


def rain(dice: Dice) -> Array:
    """Seconds of bright, even hiss with drops in it."""
    length, colour, drops = dice.between(3, 6), dice.ratio(700, 1500), dice.between(40, 90)
    hiss = noise(dice.rng, length, colour, 7500, order=1)
    patter = [(0.0, np.zeros(len(hiss)))]
    for _ in range(round(length * drops)):
        drop = ping(0.02, dice.any(2500, 6500), 0.003) * dice.any(1, 4)
        patter.append((dice.any(0, length - 0.03), drop))
    return (hiss + lay(patter)) * swell(length, 0.2, 0.3)


def wind(dice: Dice) -> Array:
    """Seconds of low rushing and howling that rises and falls."""
    length, low, rate = dice.between(3.5, 6), dice.ratio(180, 320), dice.between(0.7, 1.6)
    gusts = drift(dice.rng, length, rate)
    rush = noise(dice.rng, length, 60, low * 1.4) * (0.5 + 0.5 * gusts)
    howl = (
        noise(dice.rng, length, low * 1.7, low * 2.1) * gusts**1.5
        + noise(dice.rng, length, low * 2.6, low * 3.3) * gusts**3
    )
    return (rush + 0.9 * howl) * swell(length, 0.3, 0.4)


def thunder(dice: Dice) -> Array:
    """A crack, then a rumble that rolls away over some seconds."""
    length, fade, depth = dice.between(2.5, 4.5), dice.between(0.6, 1.1), dice.ratio(110, 220)
    crack = 1.5 * noise(dice.rng, 0.6, 150, 2500) * fall(0.6, 0.09)
    rolls = (0.3 + drift(dice.rng, length, 5)) * np.minimum(1, clock(length) / 0.08) * fall(length, fade)
    return lay([(0.0, crack), (0.05, 2 * noise(dice.rng, length, 25, depth) * rolls)])


def dripping(dice: Dice) -> Array:
    """Five to nine drops into water, each a short pitch that leaps up."""
    pace, pitch, leap = dice.between(0.22, 0.42), dice.ratio(650, 1200), dice.between(1.5, 2.2)
    pieces = []
    at = 0.0
    for _ in range(dice.count(5, 9)):
        note = pitch * dice.any(0.85, 1.2)
        drop = tone(glide(0.1, [note, note * leap])) * fall(0.1, 0.022) * swell(0.1, 0.004, 0.03)
        pieces.append((at, drop * dice.any(0.6, 1)))
        at += pace * dice.any(0.75, 1.25)
    return lay(pieces)


def engine(dice: Dice) -> Array:
    """Seconds of a motor: a deep buzz of many harmonics, uneven from stroke to stroke, its speed rising or steady."""
    length, speed, body = dice.between(3, 5), dice.ratio(42, 80), dice.between(180, 380)
    rise = dice.between(1.0, 1.5)
    turns = speed * glide(length, [1, rise, rise]) * (1 + 0.02 * drift(dice.rng, length, 8))
    buzz = voiced(turns, [(body, 160, 1.0), (body * 3, 300, 0.35)], 26, tilt=0.1)
    stroke = 1 + 0.35 * tone(turns / 2)
    running: Array = buzz / np.abs(buzz).max() * stroke + 0.08 * noise(dice.rng, length, 100, 2500)
    return running * swell(length, 0.2, 0.3)


def helicopter(dice: Dice) -> Array:
    """Seconds of rotor blades: ten or more soft thumps a second over a rush of air."""
    length, rate, air = dice.between(3, 5), dice.between(9, 15), dice.ratio(350, 800)
    beat = np.exp(-((clock(length) * rate) % 1) * 4.5)
    blades = noise(dice.rng, length, 40, air) * (0.06 + beat)
    return (blades + 0.15 * noise(dice.rng, length, 800, 4000) * (0.3 + beat)) * swell(length, 0.3, 0.4)


def gunshot(dice: Dice) -> Array:
    """One shot: everything at once, then an echo of low noise."""
    crack, echo, depth = dice.between(0.008, 0.02), dice.between(0.08, 0.16), dice.ratio(300, 900)
    blast = noise(dice.rng, 0.8, 60, 7500, order=1) * fall(0.8, crack)
    return blast + 0.35 * noise(dice.rng, 0.8, 60, depth) * fall(0.8, echo)
