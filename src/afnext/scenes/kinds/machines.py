"""Tools and office machines: a motor's whine or strokes, and what it works on."""

import numpy as np

from afnext.audio.spec import SAMPLE_RATE
from afnext.scenes.kinds.wave import (
    Array,
    beats,
    burst,
    buzz,
    clock,
    glide,
    lay,
    noise,
    ping,
    shaken,
    struck,
    swell,
    through,
)
from afnext.scenes.worlds import Dice


def drill(dice: Dice) -> Array:
    """One or two pulls of an electric drill: its whine runs up, bogs down in the wall, grinds, and runs out."""
    length, pitch, load = dice.between(1, 1.9), dice.ratio(330, 640), dice.between(0.68, 0.85)
    case = dice.ratio(1500, 2600)
    pieces = []
    for index in range(dice.count(1, 2)):
        spin = glide(length, [0.25, 1, 1, load, load * dice.any(0.95, 1.05), load, 1, 0.3])
        motor = through(buzz(pitch * spin, 1900), (case, 900, 1.0), (2 * pitch, 300, 0.8), (0.3 * case, 400, 0.4))
        grip = glide(length, [0, 0, 0, 1, 1, 1, 0, 0])
        grinding = noise(dice.rng, length, 700, 5500) * beats(pitch * spin / 9, 2) * grip
        pieces.append((index * (length + 0.2), (motor * spin + 0.8 * grinding) * swell(length, 0.05, 0.12)))
    return lay(pieces)


def saw(dice: Dice) -> Array:
    """Five to eight strokes of a hand saw, there and back: rasping noise whose pitch rises on the push."""
    stroke, teeth, wood = dice.between(0.28, 0.44), dice.ratio(70, 130), dice.ratio(900, 1900)
    pieces = []
    for index in range(dice.count(5, 8)):
        push = index % 2 == 0
        rate = teeth * glide(stroke, [0.5, 1, 1.1, 0.6] if push else [0.5, 0.8, 0.8, 0.4])
        scrape = noise(dice.rng, stroke, 200, 7000, order=1)
        rasp = through(scrape, (wood if push else 0.75 * wood, 500, 1.0), (2.6 * wood, 1200, 0.6))
        cut = rasp * (0.3 + beats(rate, 3)) * swell(stroke, 0.06, 0.1) * (1 if push else 0.55)
        pieces.append((index * stroke * 1.08, cut * dice.any(0.85, 1)))
    return lay(pieces)


def printer(dice: Dice) -> Array:
    """Four to seven lines of a printer: a stepping motor whirs the carriage across, it clicks, the paper moves."""
    sweep, pause, step = dice.between(0.3, 0.5), dice.between(0.12, 0.22), dice.ratio(420, 800)
    turn = dice.between(0.8, 0.92)
    pieces = []
    for index in range(dice.count(4, 7)):
        rate = step * (1 if index % 2 else turn) * glide(sweep, [0.5, 1, 1, 1, 1, 0.5])
        whir = through(buzz(rate, 1500), (1800, 700, 1.0), (step, 100, 0.7)) * 0.6
        jets = noise(dice.rng, sweep, 2500, 7000) * (0.25 + beats(np.full(len(whir), 55.0), 3))
        at = index * (sweep + pause)
        pieces.append((at, (whir + 0.5 * jets) * swell(sweep, 0.03, 0.03)))
        pieces.append((at + sweep, 1.5 * ping(0.05, 900 * dice.any(0.9, 1.1), 0.006)))
        feed = noise(dice.rng, 0.6 * pause, 500, 2500) * beats(np.full(len(clock(0.6 * pause)), 140.0), 3)
        pieces.append((at + sweep + 0.3 * pause, 0.35 * feed))
    return lay(pieces)


def sewing(dice: Dice) -> Array:
    """One or two seams of a sewing machine: a needle that clatters up and down ten times a second, over a motor."""
    length, rate, steel = dice.between(1.3, 2.3), dice.between(8.5, 14), dice.ratio(700, 1500)
    hum, between = dice.ratio(105, 190), dice.between(0.4, 0.6)
    down = struck(0.06, steel, 0.008, [(1, 1, 1.0), (2.6, 0.7, 0.5), (0.3, 1.2, 0.7)])
    down += burst(dice.rng, 0.06, 800, 6000, 0.006)
    up = 0.5 * struck(0.06, 1.4 * steel, 0.006, [(1, 1, 1.0), (2.2, 0.7, 0.5)])
    pieces, start = [], 0.0
    for _ in range(dice.count(1, 2)):
        speed = rate * glide(length, [0.45, 1, 1, 1, 1, 0.5])
        turned = np.cumsum(speed) / SAMPLE_RATE
        for stitch in range(int(turned[-1])):
            at = start + float(np.searchsorted(turned, stitch)) / SAMPLE_RATE
            pieces += [(at, down * dice.any(0.8, 1)), (at + between / rate, up * dice.any(0.8, 1))]
        motor = through(buzz(hum * speed / rate, 900), (2 * hum, hum, 1.0), (6 * hum, 300, 0.4))
        pieces.append((start, 0.12 * motor * swell(length, 0.1, 0.1)))
        start += length + 0.2
    return lay(pieces)


def camera(dice: Dice) -> Array:
    """Two to four pictures: the mirror's clack, the shutter's click, and the whirr that winds on."""
    pace, mirror, click = dice.between(0.32, 0.5), dice.ratio(600, 1100), dice.ratio(2600, 4200)
    delay, wind = dice.between(0.05, 0.09), dice.ratio(500, 900)
    clack = struck(0.06, mirror, 0.007, [(1, 1, 1.0), (2.4, 0.6, 0.5)]) + 0.6 * burst(dice.rng, 0.06, 1200, 6000, 0.004)
    shut = struck(0.05, click, 0.004, [(1, 1, 1.0), (1.4, 1, 0.6)]) + 0.5 * burst(dice.rng, 0.05, 2500, 7500, 0.003)
    winding = buzz(wind * glide(0.14, [0.6, 1, 1, 0.7]), 1600)
    motor = 0.12 * through(winding, (2 * wind, 500, 1.0), (2800, 1500, 0.6)) * swell(0.14, 0.02, 0.03)
    pieces = []
    for index in range(dice.count(2, 4)):
        at = index * pace + dice.any(0, 0.01)
        pieces += [(at, clack * dice.any(0.85, 1)), (at + delay, shut), (at + delay + 0.03, motor)]
    return lay(pieces)


def mower(dice: Dice) -> Array:
    """Seconds of a lawn mower: one cylinder firing fast and evenly, and the blade that chops the air."""
    length, speed, deck = dice.between(3, 5), dice.ratio(24, 36), dice.ratio(220, 420)
    blade = dice.ratio(1300, 2400)
    turns = speed * glide(length, [0.8, 1, 1, 1, 1, 0.97, 0.8]) * shaken(dice.rng, length, 7, 0.025)
    firing = through(buzz(turns, 1600), (deck, 130, 1.0), (3.2 * deck, 300, 0.7), (0.4 * deck, 60, 0.6))
    chopped = noise(dice.rng, length, 0.6 * blade, 2.2 * blade) * (0.25 + beats(2 * turns, 2.5))
    return (np.tanh(firing) + 0.35 * chopped) * swell(length, 0.2, 0.35)


def jackhammer(dice: Dice) -> Array:
    """One or two runs of a jackhammer: some twenty blows of steel on stone a second, each with a hiss of air."""
    length, rate, steel = dice.between(1.2, 2.3), dice.between(15, 26), dice.ratio(900, 1800)
    stone = dice.ratio(90, 170)
    pieces = []
    blow = struck(0.12, stone, 0.02, [(1, 1, 1.0), (steel / stone, 0.7, 0.6), (1.83 * steel / stone, 0.5, 0.4)])
    chips = burst(dice.rng, 0.12, 600, 7000, 0.008, order=1)
    for index in range(dice.count(1, 2)):
        start = index * (length + 0.25)
        pieces.append((start, 0.2 * noise(dice.rng, length, 1500, 6500) * swell(length, 0.04, 0.12)))
        for stroke in range(round(length * rate)):
            at = start + stroke / rate + dice.any(0, 0.004)
            pieces.append((at, blow * dice.any(0.75, 1) + 0.5 * chips * dice.any(0.6, 1)))
    return lay(pieces)
