"""One thing strikes another: each is told by what rings, for how long, and how the strokes follow each other."""

import numpy as np

from afnext.scenes.kinds.wave import Array, burst, clock, fall, lay, noise, ping, struck, swell, through
from afnext.scenes.worlds import Dice


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


def glass(dice: Dice) -> Array:
    """A pane breaks: one crash, then many high splinters that ring."""
    length, low, fade = dice.between(0.6, 1.2), dice.ratio(2200, 3200), dice.between(0.03, 0.07)
    pieces = [(0.0, 0.6 * noise(dice.rng, 0.4, 1500, 7500) * fall(0.4, fade))]
    for _ in range(dice.count(30, 50)):
        at = length * dice.any(0, 1) ** 1.8
        splinter = ping(0.4, low * dice.any(1, 2.4), fade * dice.any(0.4, 1.6))
        pieces.append((at, splinter * dice.any(0.15, 0.8) * (1 - 0.7 * at / length)))
    return lay(pieces)


def gunshot(dice: Dice) -> Array:
    """One shot: everything at once, then an echo of low noise."""
    crack, echo, depth = dice.between(0.008, 0.02), dice.between(0.08, 0.16), dice.ratio(300, 900)
    blast = noise(dice.rng, 0.8, 60, 7500, order=1) * fall(0.8, crack)
    return blast + 0.35 * noise(dice.rng, 0.8, 60, depth) * fall(0.8, echo)


def hammer(dice: Dice) -> Array:
    """Three to six blows of a hammer: steel rings, wood thuds, and the nail's pitch rises as it goes in."""
    pace, steel, bench = dice.between(0.34, 0.5), dice.ratio(2300, 3600), dice.ratio(150, 280)
    fade = dice.between(0.02, 0.045)
    pieces = []
    for index in range(dice.count(3, 6)):
        nail = struck(0.25, steel * (1 + 0.04 * index), fade, [(1, 1, 0.8), (1.47, 0.7, 0.5), (2.1, 0.5, 0.4)])
        wood = struck(0.25, bench, 0.03, [(1, 1, 1.0), (2.4, 0.6, 0.4)])
        click = 0.5 * burst(dice.rng, 0.02, 1500, 7500, 0.003, order=1)
        at, weight = index * pace * dice.any(0.97, 1.03), dice.any(0.8, 1)
        pieces += [(at, weight * (nail + wood)), (at, weight * click)]
    return lay(pieces)


def chop(dice: Dice) -> Array:
    """Two to four blows of an axe: a deep thud, the crack of wood that splits; in the end two logs fall."""
    pace, block, grain = dice.between(0.5, 0.66), dice.ratio(70, 125), dice.ratio(500, 1000)
    pieces = []
    blows = dice.count(2, 4)
    for index in range(blows):
        thud = struck(0.35, block, 0.05, [(1, 1, 1.0), (1.7, 0.7, 0.6), (grain / block, 0.3, 0.4)])
        crack = burst(dice.rng, 0.12, grain, 5 * grain, 0.012)
        weight = dice.any(0.8, 1)
        pieces += [(index * pace, weight * thud), (index * pace + 0.008, 0.5 * weight * crack)]
        pieces.append((index * pace + dice.any(0.03, 0.05), 0.25 * crack))
    for place in (0.2, 0.29, 0.37):
        log = struck(0.2, grain * dice.any(0.8, 1.2), 0.018, [(1, 1, 0.6), (1.8, 0.6, 0.3), (0.4, 1, 0.4)])
        pieces.append(((blows - 1) * pace + place + dice.any(0, 0.03), log * dice.any(0.4, 0.7)))
    return lay(pieces)


def ball(dice: Dice) -> Array:
    """A ball bounces, each time lower and sooner: a thud of the floor and the ring of the air in it."""
    gap, spring, floor = dice.between(0.36, 0.49), dice.between(0.8, 0.88), dice.ratio(95, 170)
    skin = dice.ratio(420, 800)
    bounce = struck(0.25, floor, 0.03, [(1, 1, 1.0), (2.2, 0.7, 0.4)])
    bounce += struck(0.25, skin, 0.036, [(1, 1, 0.35), (1.62, 0.7, 0.15)])
    bounce[: len(clock(0.02))] += 0.4 * burst(dice.rng, 0.02, 500, 4000, 0.004)
    at, weight, pieces = 0.0, 1.0, []
    while gap > 0.05 and weight > 0.03:
        pieces.append((at, weight * bounce))
        at, gap, weight = at + gap, gap * spring, weight * spring**1.5
    return lay(pieces)


def clink(dice: Dice) -> Array:
    """One to three times two glasses meet: two high, clear rings, a little apart."""
    pitch, apart, fade = dice.ratio(2100, 3500), dice.between(1.05, 1.19), dice.between(0.12, 0.3)
    gap, modes = dice.between(0.28, 0.45), [(1, 1, 1.0), (2.27, 0.5, 0.5), (0.53, 0.3, 0.12)]
    ring = struck(1.2, pitch, fade, modes) + 0.8 * struck(1.2, apart * pitch, 0.8 * fade, modes)
    pieces = []
    for index in range(dice.count(1, 3)):
        touch = 0.5 * burst(dice.rng, 0.01, 3000, 7500, 0.002)
        at, weight = index * gap * dice.any(0.9, 1.1), dice.any(0.6, 1)
        pieces += [(at, weight * ring), (at, weight * touch)]
    return lay(pieces)


def explosion(dice: Dice) -> Array:
    """One blast of seconds: everything at once, a boom that darkens as it dies, and debris that comes down."""
    length, boom, fade = dice.between(2.2, 3.8), dice.ratio(70, 150), dice.between(0.35, 0.6)
    low = 3 * burst(dice.rng, length, 20, boom, fade)
    middle = 2 * burst(dice.rng, length, 60, 6 * boom, 0.5 * fade)
    high = 2 * burst(dice.rng, length, 300, 7000, 0.2 * fade, order=1)
    pieces = [(0.0, np.tanh(low + middle + high) * swell(length, 0.002, 0.3))]
    stones = [burst(dice.rng, 0.08, 300, 3500, dice.any(0.004, 0.015)) for _ in range(6)]
    for _ in range(dice.count(25, 40)):
        at = dice.any(0.35, 1)
        pieces.append((at * (length - 0.3), stones[dice.count(0, 5)] * dice.any(0.02, 0.16) * (1.1 - at)))
    return lay(pieces)


def gong(dice: Dice) -> Array:
    """One stroke on a large gong: a low hum at once, and a shimmer that blooms a moment later and dies first."""
    length, pitch, fade = dice.between(4, 5.8), dice.ratio(85, 165), dice.between(0.9, 1.5)
    bloom = dice.between(0.12, 0.35)
    modes = ((1, 1, 1.0), (1.5, 1, 0.8), (1.96, 1, 0.8), (2.42, 1, 0.7), (2.97, 0.9, 0.6), (3.71, 0.8, 0.6))
    bright = ((4.48, 0.8, 0.5), (5.23, 0.7, 0.5), (6.31, 0.7, 0.4), (7.4, 0.7, 0.4), (8.77, 0.6, 0.3), (10.3, 0.6, 0.3))
    hum = struck(length, pitch * dice.any(0.99, 1.01), fade, modes)
    ringing = struck(length, pitch, fade, bright)
    shimmer = through(
        burst(dice.rng, length, 8 * pitch, 50 * pitch, 0.6 * fade, order=1),
        *((pitch * ratio * dice.any(0.98, 1.02), 6, 1.0) for ratio in (12, 14.3, 17.1, 19.6, 22.4, 25.3, 29.2, 33)),
    )
    risen = 1 - fall(length, bloom)
    mallet = burst(dice.rng, 0.1, 60, 600, 0.02)
    return lay([(0.0, hum + (ringing + 0.7 * shimmer) * risen), (0.0, mallet)])


def slam(dice: Dice) -> Array:
    """A door falls shut: one heavy thud of door and wall, the latch, the frame's short rattle, the hall's boom."""
    leaf, frame, fade = dice.ratio(55, 100), dice.ratio(150, 280), dice.between(0.07, 0.12)
    latch = dice.ratio(1400, 2300)
    door = [(1, 1, 1.0), (1.6, 0.8, 0.7), (frame / leaf, 0.6, 0.6), (2.3 * frame / leaf, 0.4, 0.3)]
    pieces = [(0.0, struck(0.9, leaf, fade, door)), (0.0, burst(dice.rng, 0.1, 800, 6000, 0.006))]
    pieces.append((0.0, burst(dice.rng, 0.6, 60, 900, 0.4 * fade)))
    pieces.append((0.02, 0.22 * burst(dice.rng, 0.9, 80, 1500, 1.5 * fade)))
    for place in range(dice.count(3, 6)):
        rattle = burst(dice.rng, 0.05, 250, 2500, 0.006) + struck(0.05, latch, 0.004, [(1, 1, 1.0), (1.7, 1, 0.6)])
        pieces.append((0.05 + 0.04 * place * dice.any(0.8, 1.2), rattle * 0.4 * 0.7**place))
    return lay(pieces)


def coin(dice: Dice) -> Array:
    """A coin falls: bright rings that come sooner and sooner; it wobbles on its rim, ever faster, and lies still."""
    pitch, fade, gap = dice.ratio(3200, 5000), dice.between(0.05, 0.11), dice.between(0.2, 0.34)
    metal = struck(0.5, pitch, fade, [(1, 1, 1.0), (1.53, 0.7, 0.6), (0.61, 0.4, 0.2)])
    at, weight, pieces = 0.0, 1.0, []
    for _ in range(dice.count(3, 5)):
        pieces.append((at, weight * metal))
        at, gap, weight = at + gap, gap * 0.62, weight * 0.75
    wobble, level = dice.between(0.075, 0.11), 0.4
    while wobble > 0.018:
        pieces.append((at, level * metal * dice.any(0.8, 1)))
        at, wobble, level = at + wobble, wobble * 0.94, level * 0.97
    return lay(pieces)
