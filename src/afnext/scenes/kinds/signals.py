"""What calls for attention: telephone, alarm clock, siren, car horn, bell, a person whistling."""

import numpy as np

from afnext.audio.spec import SAMPLE_RATE
from afnext.scenes.kinds.wave import Array, clock, glide, lay, noise, ping, swell, tone, voiced
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


def horn(dice: Dice) -> Array:
    """One or two honks of two steady, buzzing tones."""
    pitch, apart, length = dice.ratio(320, 460), dice.between(1.18, 1.28), dice.between(0.3, 0.8)
    steady = np.ones(len(clock(length)))
    buzz = [voiced(steady * note, [(900, 700, 0.7), (2400, 900, 1.0)], 18, tilt=0.1) for note in (pitch, pitch * apart)]
    honk = np.tanh(2 * (buzz[0] + buzz[1]) / np.abs(buzz[0]).max()) * swell(length, 0.02, 0.04)
    return lay([(index * (length + 0.15), honk) for index in range(dice.count(1, 2))])


def bell(dice: Dice) -> Array:
    """One to three strokes of a church bell: uneven partials that ring on."""
    strike, fade, gap = dice.ratio(380, 760), dice.between(0.5, 0.9), dice.between(0.6, 0.95)
    partials = ((0.5, 1.0, 0.6), (1, 1.0, 1.0), (1.19, 0.8, 0.9), (1.5, 0.6, 0.5), (2, 0.5, 1.0), (2.51, 0.35, 0.6))
    bright = ((2.66, 0.3, 0.5), (3.01, 0.25, 0.5), (4.17, 0.18, 0.4), (5.43, 0.12, 0.3))
    stroke = sum(level * ping(2.5, ratio * strike, fade * share) for ratio, share, level in partials + bright)
    return lay([(index * gap, np.asarray(stroke)) for index in range(dice.count(1, 3))])


def whistling(dice: Dice) -> Array:
    """A person whistling three to six notes, sliding from each into the next."""
    base, length, tremble = dice.ratio(850, 1350), dice.between(0.22, 0.42), dice.between(4.5, 7)
    steps = dice.rng.choice([0, 2, 4, 5, 7, 9], dice.count(3, 6))
    curve, loud = [], []
    for step in np.append(steps, steps[-1]).tolist():
        note = base * 2 ** (step / 12)
        curve.append(glide(length, [note * 0.97, note, note, note]))
        loud.append(0.25 + 0.75 * swell(length, 0.05, 0.06))
    pitch = np.concatenate(curve)
    shaken = pitch * (1 + 0.012 * np.sin(2 * np.pi * tremble * np.arange(len(pitch)) / SAMPLE_RATE))
    envelope = np.concatenate(loud) * swell(len(pitch) / SAMPLE_RATE, 0.04, 0.1)
    breath = noise(dice.rng, len(pitch) / SAMPLE_RATE, base, 2.5 * base)
    return (tone(shaken) + 0.02 * breath[: len(pitch)]) * envelope
