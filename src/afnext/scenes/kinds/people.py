"""Hands, feet and small things: footsteps, knocking, clapping, typing, a clock, glass."""

from afnext.scenes.kinds.wave import Array, fall, lay, noise, ping
from afnext.scenes.worlds import Dice


def footsteps(dice: Dice) -> Array:
    """Four to seven steps: a heel that thuds, then a sole that scuffs."""
    pace, thud, scuff = dice.between(0.42, 0.6), dice.ratio(70, 130), dice.between(1200, 2600)
    pieces = []
    for index in range(dice.count(4, 7)):
        heel = ping(0.2, thud * dice.any(0.95, 1.05), 0.035) + 0.35 * noise(dice.rng, 0.2, 100, 500) * fall(0.2, 0.02)
        sole = 0.13 * noise(dice.rng, 0.15, scuff * 0.6, scuff * 1.6) * fall(0.15, 0.03)
        at = index * pace + dice.any(0, 0.02)
        pieces += [(at, heel * dice.any(0.8, 1)), (at + 0.09, sole)]
    return lay(pieces)


def knocking(dice: Dice) -> Array:
    """Three to five quick knocks on wood."""
    pace, wood, fade = dice.between(0.14, 0.24), dice.ratio(190, 380), dice.between(0.02, 0.04)
    pieces = []
    for index in range(dice.count(3, 5)):
        knock = (
            ping(0.25, wood, fade)
            + 0.7 * ping(0.25, 2.31 * wood, fade * 0.7)
            + 0.4 * ping(0.25, 4.2 * wood, fade * 0.5)
        )
        knuckle = 0.3 * noise(dice.rng, 0.25, 500, 2500) * fall(0.25, 0.006)
        pieces.append((index * pace + dice.any(0, 0.01), (knock + knuckle) * dice.any(0.75, 1)))
    return lay(pieces)


def clapping(dice: Dice) -> Array:
    """Five to ten claps of one pair of hands."""
    pace, palm, fade = dice.between(0.19, 0.33), dice.ratio(1000, 1900), dice.between(0.012, 0.025)
    pieces = []
    for index in range(dice.count(5, 10)):
        clap = noise(dice.rng, 0.2, palm * 0.7, palm * 1.9) * fall(0.2, fade)
        tail = 0.15 * noise(dice.rng, 0.2, 600, 5000) * fall(0.2, 0.04)
        pieces.append((index * pace + dice.any(0, 0.02), (clap + tail) * dice.any(0.7, 1)))
    return lay(pieces)


def typing(dice: Dice) -> Array:
    """A dozen or two keys, each a bright click, a dull bottom and a fainter release."""
    pace, click, bottom = dice.between(0.07, 0.14), dice.ratio(3000, 4600), dice.ratio(450, 900)
    pieces = []
    at = 0.0
    for _ in range(dice.count(14, 26)):
        press = noise(dice.rng, 0.06, click * 0.7, click * 1.6) * fall(0.06, 0.003)
        body = 0.8 * ping(0.06, bottom * dice.any(0.9, 1.1), 0.008)
        release = 0.35 * noise(dice.rng, 0.04, click, click * 1.7) * fall(0.04, 0.003)
        pieces += [(at, (press + body) * dice.any(0.5, 1)), (at + 0.055, release)]
        at += pace * dice.any(0.6, 1.7)
    return lay(pieces)


def ticking(dice: Dice) -> Array:
    """Six to ten ticks of a clock, even to the hundredth, every other one lower."""
    pace, pitch, apart = dice.between(0.33, 0.48), dice.ratio(2300, 3400), dice.between(0.7, 0.85)
    pieces = []
    for index in range(dice.count(6, 10)):
        note = pitch * (apart if index % 2 else 1)
        tick = ping(0.08, note, 0.006) + 0.5 * ping(0.08, 1.62 * note, 0.004) + 0.3 * ping(0.08, 0.37 * note, 0.008)
        pieces.append((index * pace, tick))
    return lay(pieces)


def glass(dice: Dice) -> Array:
    """A pane breaks: one crash, then many high splinters that ring."""
    length, low, fade = dice.between(0.6, 1.2), dice.ratio(2200, 3200), dice.between(0.03, 0.07)
    pieces = [(0.0, 0.6 * noise(dice.rng, 0.4, 1500, 7500) * fall(0.4, fade))]
    for _ in range(dice.count(30, 50)):
        at = length * dice.any(0, 1) ** 1.8
        splinter = ping(0.4, low * dice.any(1, 2.4), fade * dice.any(0.4, 1.6))
        pieces.append((at, splinter * dice.any(0.15, 0.8) * (1 - 0.7 * at / length)))
    return lay(pieces)
