"""What calls for attention: bells, beeps, sirens and horns, each with its own pitch and pattern."""

import numpy as np

from afnext.scenes.kinds.wave import Array, buzz, clock, glide, lay, ping, shaken, struck, swell, through, tone, voiced
from afnext.scenes.worlds import Dice


def telephone(dice: Dice) -> Array:
    """The double ring of an old telephone: two small bells struck in turn some twenty times a second."""
    pitch, rate, length = dice.ratio(1100, 1700), dice.between(18, 26), dice.between(0.4, 0.6)
    bells = [pitch, pitch * dice.between(1.18, 1.3)]
    strikes = []
    for index in range(round(length * rate)):
        note = bells[index % 2]
        strike = ping(0.25, note, 0.06) + 0.5 * ping(0.25, 2.42 * note, 0.04) + 0.3 * ping(0.25, 3.9 * note, 0.02)
        strikes.append((index / rate, strike))
    ring = lay(strikes)
    return lay([(index * (length + 0.25), ring) for index in range(2 * dice.count(1, 2))])


def alarm(dice: Dice) -> Array:
    """Groups of four electronic beeps."""
    pitch, beep, pause = dice.ratio(1900, 2500), dice.between(0.07, 0.12), dice.between(0.25, 0.4)
    one = voiced(np.full(len(clock(beep)), pitch), [(pitch, 100, 1.0), (3 * pitch, 100, 0.6)], 3, tilt=0) * swell(
        beep, 0.004, 0.004
    )
    group = lay([(index * 1.8 * beep, one) for index in range(4)])
    return lay([(index * (4 * 1.8 * beep + pause), group) for index in range(dice.count(2, 4))])


def siren(dice: Dice) -> Array:
    """Seconds of a loud pitch that climbs and falls over and over."""
    low, span, cycle = dice.ratio(450, 650), dice.between(1.9, 2.6), dice.between(0.6, 1.8)
    length = dice.between(2.5, 4.5)
    wail = low * span ** ((1 - np.cos(2 * np.pi * clock(length) / cycle)) / 2)
    return voiced(wail, [(1200, 900, 1.0), (3000, 1000, 0.4)], 7, tilt=0.2) * swell(length, 0.15, 0.3)


def bell(dice: Dice) -> Array:
    """One to three strokes of a church bell: uneven partials that ring on."""
    strike, fade, gap = dice.ratio(380, 760), dice.between(0.5, 0.9), dice.between(0.6, 0.95)
    partials = ((0.5, 1.0, 0.6), (1, 1.0, 1.0), (1.19, 0.8, 0.9), (1.5, 0.6, 0.5), (2, 0.5, 1.0), (2.51, 0.35, 0.6))
    bright = ((2.66, 0.3, 0.5), (3.01, 0.25, 0.5), (4.17, 0.18, 0.4), (5.43, 0.12, 0.3))
    stroke = sum(level * ping(2.5, ratio * strike, fade * share) for ratio, share, level in partials + bright)
    return lay([(index * gap, np.asarray(stroke)) for index in range(dice.count(1, 3))])


def smoke_alarm(dice: Dice) -> Array:
    """One or two groups of three piercing beeps of half a second: the pattern that smoke alarms share."""
    pitch, beep, gap = dice.ratio(2850, 3450), dice.between(0.42, 0.54), dice.between(0.2, 0.36)
    steady = np.full(len(clock(beep)), pitch)
    one = (tone(steady) + 0.25 * tone(2 * steady)) * swell(beep, 0.003, 0.006)
    group = lay([(index * (beep + gap), one) for index in range(3)])
    return lay([(index * (3 * beep + 2 * gap + 0.48), group) for index in range(dice.count(1, 2))])


def fire_bell(dice: Dice) -> Array:
    """Seconds of a hammer that drums on one large steel bell without a pause."""
    length, pitch, rate = dice.between(2.5, 4.2), dice.ratio(620, 960), dice.between(11, 17)
    modes = [(1, 1, 0.8), (2.13, 0.8, 1.0), (3.47, 0.6, 0.9), (4.9, 0.5, 0.7), (6.6, 0.3, 0.4)]
    stroke = struck(0.9, pitch, 0.22, modes)
    strokes = range(round(length * rate))
    return lay([(index / rate + dice.any(0, 0.004), stroke * dice.any(0.75, 1)) for index in strokes])


def foghorn(dice: Dice) -> Array:
    """One very low, brassy blast of seconds that ends in a grunt; its echo comes back over the water."""
    pitch, length, sunk = dice.ratio(78, 128), dice.between(1.8, 3), dice.between(0.7, 0.9)
    curve = pitch * glide(length, [0.96, *[1] * 9, sunk]) * shaken(dice.rng, length, 12, 0.004)
    blast = through(buzz(curve, 700), (3 * pitch, 180, 1.0), (7 * pitch, 300, 0.6)) * swell(length, 0.12, 0.12)
    return lay([(0.0, blast), (0.42, 0.16 * blast), (0.8, 0.07 * blast)])


def buzzer(dice: Dice) -> Array:
    """One or two presses of a buzzer: an iron plate that a magnet shakes, hard-edged and dead even."""
    pitch, length, plate = dice.ratio(92, 165), dice.between(0.6, 1.6), dice.ratio(1100, 2300)
    magnet = buzz(np.full(len(clock(length)), pitch), 2000)
    shaking = through(magnet, (plate, 500, 1.0), (2.1 * plate, 900, 0.8), (3 * pitch, 200, 0.5))
    press = np.tanh(2 * shaking) * swell(length, 0.004, 0.01)
    return lay([(index * (length + 0.2), press) for index in range(dice.count(1, 2))])


def doorbell(dice: Dice) -> Array:
    """Ding-dong: two mellow bars struck one after the other, the second lower."""
    pitch, interval, gap = dice.ratio(600, 880), dice.between(1.18, 1.34), dice.between(0.34, 0.6)
    bar, fade = [(1, 1, 1.0), (2.76, 0.35, 0.3), (5.4, 0.15, 0.15)], dice.between(0.3, 0.6)
    return lay([(0.0, struck(2.2, pitch, fade, bar)), (gap, struck(2.2, pitch / interval, 1.2 * fade, bar))])
