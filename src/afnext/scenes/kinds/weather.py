"""The elements: rain, wind, thunder, hail, water and fire. Mostly noise, told apart by colour, rhythm and grain."""

import numpy as np

from afnext.audio.spec import SAMPLE_RATE
from afnext.scenes.kinds.wave import Array, burst, clock, drift, fall, glide, lay, moments, noise, ping, swell, tone
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


def hail(dice: Dice) -> Array:
    """Seconds of stones on a roof: dozens of hard, short strokes a second, large and small, and silence between."""
    length, rate, roof = dice.between(2.5, 5), dice.between(35, 80), dice.ratio(1200, 2600)
    stones = []
    for _ in range(12):
        stone = ping(0.06, roof * dice.any(0.7, 1.8), dice.any(0.003, 0.01)) + 0.4 * ping(0.06, 0.3 * roof, 0.006)
        stones.append(stone + 0.3 * burst(dice.rng, 0.06, 1000, 7000, 0.002, order=1))
    times = moments(dice.rng, length, rate)
    pieces = [(at, stones[dice.count(0, 11)] * dice.any(0.2, 1) ** 2) for at in times]
    return lay(pieces)


def waves(dice: Dice) -> Array:
    """Two waves on a shore: a low roar that grows, breaks brightly, and runs back as a long, fading fizz."""
    period, roar, fizz = dice.between(2.2, 2.8), dice.ratio(350, 700), dice.ratio(1300, 2600)
    length = 2 * period
    swelling, foam = np.zeros(len(clock(length))), np.zeros(len(clock(length)))
    for start in (0.0, period):
        since = clock(length) - start - period * dice.any(0.3, 0.4)  # the moment of breaking is 0
        crest = dice.any(0.75, 1)
        swelling += crest * np.exp(-((since / (0.22 * period)) ** 2))
        foam += crest * np.where(since > 0, np.exp(-since / (0.35 * period)), np.exp(since / 0.12))
    surf = noise(dice.rng, length, 60, roar) * swelling
    surf += 0.6 * noise(dice.rng, length, 0.4 * fizz, 6500, order=1) * foam
    return surf * swell(length, 0.2, 0.4)


def stream(dice: Dice) -> Array:
    """Seconds of a brook: bubbles without number, each a short pitch that rises as it closes, over a soft rush."""
    length, rate, pitch = dice.between(2.5, 5), dice.between(45, 90), dice.ratio(420, 800)
    bubbles = []
    for _ in range(24):
        size, last = pitch * dice.any(0.7, 3.2), dice.any(0.04, 0.09)
        rising = tone(size * glide(last, [1, 1, dice.any(1.15, 1.5)]))
        bubbles.append(rising * fall(last, last / 4) * swell(last, 0.004, 0.01))
    times = moments(dice.rng, length - 0.1, rate)
    flow = lay([(at, bubbles[dice.count(0, 23)] * dice.any(0.2, 1)) for at in times])
    rush = noise(dice.rng, len(flow) / SAMPLE_RATE, 1.5 * pitch, 4000, order=1)
    return (flow + 0.07 * rush) * swell(len(flow) / SAMPLE_RATE, 0.2, 0.3)


def fire(dice: Dice) -> Array:
    """Seconds of a wood fire: sparks that crack at random, few of them loud, over flames that flutter low."""
    length, rate, wood = dice.between(2.5, 5), dice.between(14, 32), dice.ratio(1500, 3200)
    flames = noise(dice.rng, length, 40, 260) * (0.3 + drift(dice.rng, length, 9)) * swell(length, 0.15, 0.2)
    pieces = [(0.0, 0.13 * flames + 0.012 * noise(dice.rng, length, 2000, 7000))]
    sparks = [burst(dice.rng, 0.03, wood * dice.any(0.4, 1), 7500, dice.any(0.001, 0.004)) for _ in range(10)]
    for at in moments(dice.rng, length - 0.05, rate):
        pieces.append((at, sparks[dice.count(0, 9)] * (0.04 + dice.any(0, 1) ** 4)))
    return lay(pieces)
