"""Dog, cat, cow, bird, crickets."""

import numpy as np

from afnext.scenes.kinds.wave import Array, clock, glide, lay, noise, swell, tone, voiced
from afnext.scenes.worlds import Dice


def dog(dice: Dice) -> Array:
    """Two to four barks: short, rough, their pitch rising and falling."""
    pitch, length, gap = dice.ratio(260, 620), dice.between(0.12, 0.22), dice.between(0.12, 0.3)
    throat = dice.between(800, 1300)
    pieces = []
    at = 0.0
    for _ in range(dice.count(2, 4)):
        bend = pitch * dice.any(0.95, 1.05)
        curve = glide(length, [bend * 0.7, bend * 1.15, bend, bend * 0.6])
        voice = voiced(curve, [(throat, 500, 1.0), (2.2 * throat, 600, 0.5)], 14, tilt=0.3)
        rough = voice / np.abs(voice).max() + 0.25 * noise(dice.rng, length, 600, 4500)
        pieces.append((at, np.tanh(2 * rough) * swell(length, 0.012, length * 0.7) * dice.any(0.8, 1)))
        at += length + gap * dice.any(0.9, 1.1)
    return lay(pieces)


def cat(dice: Dice) -> Array:
    """One long meow: the mouth opens and closes over a pitch that arches."""
    length, pitch, mouth = dice.between(0.6, 1.2), dice.ratio(430, 720), dice.between(1500, 2200)
    curve = glide(length, [pitch * 0.8, pitch * 1.1, pitch * 1.15, pitch, pitch * 0.75])
    opening = glide(length, [mouth * 0.4, mouth, mouth * 0.9, mouth * 0.55, mouth * 0.4])
    return voiced(curve, [(opening, 500, 1.0), (opening * 2, 700, 0.4)], 12, tilt=0.2) * swell(length, 0.12, 0.25)


def cow(dice: Dice) -> Array:
    """One deep moo of a second or two."""
    length, pitch, mouth = dice.between(1.2, 2.2), dice.ratio(95, 150), dice.between(420, 640)
    curve = glide(length, [pitch * 0.8, pitch, pitch * 1.1, pitch * 1.05, pitch * 0.8])
    opening = glide(length, [mouth * 0.5, mouth, mouth * 1.1, mouth * 0.7])
    return voiced(curve, [(opening, 220, 1.0), (opening * 2.6, 300, 0.25)], 24, tilt=0.3) * swell(length, 0.15, 0.3)


def bird(dice: Dice) -> Array:
    """Five to ten quick high chirps of one shape."""
    pitch, length, gap = dice.ratio(2600, 4600), dice.between(0.05, 0.11), dice.between(0.05, 0.12)
    shape = [dice.between(0.8, 1.4), dice.between(1.0, 1.5), dice.between(0.75, 1.3)]
    chirp = tone(pitch * glide(length, shape)) * swell(length, 0.01, 0.03)
    return lay([(index * (length + gap), chirp * dice.any(0.6, 1)) for index in range(dice.count(5, 10))])


def crickets(dice: Dice) -> Array:
    """Seconds of one high pitch, in groups of three to five pulses."""
    pitch, rate = dice.ratio(3900, 5400), dice.between(24, 36)
    group, pulses = dice.between(0.3, 0.45), dice.count(3, 5)
    pulse = tone(np.full(len(clock(0.8 / rate)), pitch)) * swell(0.8 / rate, 0.006, 0.01)
    each = lay([(index / rate, pulse) for index in range(pulses)])
    return lay([(index * group, each * dice.any(0.8, 1)) for index in range(dice.count(6, 10))])
