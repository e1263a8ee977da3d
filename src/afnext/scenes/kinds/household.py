"""Rooms of a home: water, doors, and what is switched on in kitchen and bathroom."""

import numpy as np

from afnext.scenes.kinds.wave import (
    Array,
    beats,
    buzz,
    clock,
    drift,
    fall,
    glide,
    lay,
    moments,
    noise,
    ping,
    shaken,
    swell,
    through,
    tone,
)
from afnext.scenes.worlds import Dice


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


def vacuum(dice: Dice) -> Array:
    """Seconds of a vacuum cleaner: it spins up, then a whining motor and a broad rush of air, then it spins down."""
    length, pitch, hose = dice.between(3, 5), dice.ratio(210, 380), dice.ratio(550, 1100)
    spin = glide(length, [0.3, 0.85, 1, 1, 1, 1, 0.99, 0.35])
    motor = through(buzz(pitch * spin, 1200), (pitch, 100, 1.0), (2 * pitch, 150, 0.8), (2500, 1500, 0.4))
    rush = noise(dice.rng, length, 150, 6000, order=1)
    air = through(rush, (hose, 300, 1.0), (2.7 * hose, 700, 0.7), (5000, 3000, 0.5))
    return (0.9 * motor * spin + air * spin**2) * swell(length, 0.06, 0.25)


def hair_dryer(dice: Dice) -> Array:
    """Seconds of blown air, bright and even, with a thin high whine; a switch clicks before and after."""
    length, air, whine = dice.between(2.5, 4.5), dice.ratio(1300, 2200), dice.ratio(2500, 3600)
    spin = glide(length, [0.6, *[1] * 9, 0.75])
    blow = through(noise(dice.rng, length, 300, 7500, order=1), (air, 900, 1.0), (2.4 * air, 1800, 1.0))
    blow += 0.22 * tone(whine * spin) + 0.1 * tone(100 * spin)
    switch = 2.5 * ping(0.03, 0.7 * air, 0.003)
    return lay([(0.0, switch), (0.02, blow * swell(length, 0.12, 0.2)), (length - 0.05, switch)])


def blender(dice: Dice) -> Array:
    """Two or three runs of a blender: a loud, dirty whine that starts heavily and races once the lumps are gone."""
    pitch, length, lumps = dice.ratio(170, 290), dice.between(0.8, 1.3), dice.between(14, 28)
    jar = dice.ratio(800, 1500)
    pieces = []
    for index in range(dice.count(2, 3)):
        crushed = 0.12 * drift(dice.rng, length, lumps) * glide(length, [1, 1, 0.6, 0.3, 0.1])
        spin = glide(length, [0.35, 0.8, 0.9, 1, 1.05, 1.05, 0.5]) - crushed
        blades = through(buzz(pitch * spin, 1800), (jar, 500, 1.0), (2.3 * jar, 800, 0.8), (2 * pitch, 200, 0.7))
        grit = noise(dice.rng, length, 1200, 7000) * (0.3 + 4 * crushed)
        run = np.tanh(1.3 * (blades + 0.6 * grit)) * (1 - 3 * crushed) * swell(length, 0.04, 0.15)
        pieces.append((index * (length + 0.2) + dice.any(0, 0.1), run))
    return lay(pieces)


def toilet(dice: Dice) -> Array:
    """A flush: a gush, the bowl's gurgling swirl, and the hiss of the tank that fills."""
    length, gush, gurgle = dice.between(4, 5.5), dice.ratio(600, 1300), dice.between(4, 7.5)
    water = noise(dice.rng, length, 150, 7000, order=1)
    bowl = through(water, (0.5 * gush, 250, 1.0), (gush, 500, 1.0), (3 * gush, 1500, 0.5))
    rush = bowl * glide(length, [0.15, 1, 1, 0.8, 0.35, 0.1, 0.05, 0.03])
    throat = noise(dice.rng, length, 120, 0.7 * gush) * beats(gurgle * shaken(dice.rng, length, 3, 0.3), 4)
    swirl = throat * glide(length, [0, 0, 0.3, 0.9, 1.3, 0.8, 0.15, 0])
    refill = noise(dice.rng, length, 2800, 7000) * glide(length, [0, 0, 0.05, 0.1, 0.12, 0.12, 0.12, 0.1])
    return (rush + swirl + refill) * swell(length, 0.08, 0.25)


def tap(dice: Dice) -> Array:
    """Seconds of water from a tap into a basin, which rings at a few pitches; opened and closed within a moment."""
    length, basin, splash = dice.between(2.5, 4.5), dice.ratio(380, 700), dice.between(15, 40)
    jet = noise(dice.rng, length, 200, 7500, order=1) * shaken(dice.rng, length, 25, 0.25)
    flow = through(jet, (basin, 70, 1.0), (2.35 * basin, 120, 1.0), (3.9 * basin, 180, 0.7), (5200, 2500, 0.6))
    pieces = [(0.0, flow * swell(length, 0.15, 0.2))]
    for at in moments(dice.rng, length - 0.2, splash):
        drop = basin * dice.any(1.2, 4)
        pieces.append((at + 0.1, dice.any(0.3, 1.2) * tone(glide(0.04, [drop, 1.4 * drop])) * fall(0.04, 0.01)))
    return lay(pieces)


def creak(dice: Dice) -> Array:
    """One or two creaks of a hinge: it sticks and slips, slowly, then faster, and the door's wood rings with it."""
    length, rate, wood = dice.between(0.8, 1.6), dice.ratio(26, 60), dice.ratio(520, 1050)
    hurry = dice.between(1.6, 3)
    pieces = []
    for index in range(dice.count(1, 2)):
        slips = rate * glide(length, [1, hurry, 0.8 * hurry, 1.3 * hurry, 0.9]) * shaken(dice.rng, length, 30, 0.12)
        boards = (wood, 60, 1.0), (1.93 * wood, 90, 0.9), (3.2 * wood, 150, 0.9), (5.1 * wood, 300, 0.5)
        door = through(buzz(slips, 2000), *boards) * (0.3 + 0.7 * drift(dice.rng, length, 5))
        pieces.append((index * (length + 0.2), door * swell(length, 0.08, 0.1)))
    return lay(pieces)


def kettle(dice: Dice) -> Array:
    """Seconds of a whistling kettle: steam, then a tone that climbs and shrieks, and sinks when it is taken off."""
    length, pitch, steam = dice.between(3, 4.8), dice.ratio(1500, 2500), dice.ratio(2200, 3800)
    flutter = dice.between(9, 17)
    curve = pitch * glide(length, [0.6, 0.82, 0.97, 1, 1.01, 1, 1, 0.8]) * shaken(dice.rng, length, 20, 0.006)
    shriek = (tone(curve) + 0.35 * tone(2 * curve)) * (1 + 0.2 * np.sin(2 * np.pi * flutter * clock(length)))
    grown = glide(length, [0.03, 0.3, 0.8, 1, 1, 1, 0.9, 0.2])
    return (shriek * grown + 0.13 * noise(dice.rng, length, steam, 7500, order=1)) * swell(length, 0.3, 0.25)


def zipper(dice: Dice) -> Array:
    """One or two pulls of a zip: teeth that click so quickly one after the other that they make a climbing pitch."""
    length, teeth, metal = dice.between(0.4, 0.8), dice.ratio(120, 230), dice.ratio(2300, 3600)
    faster = dice.between(1.7, 2.8)
    pieces = []
    for index in range(dice.count(1, 2)):
        rate = teeth * (glide(length, [1, faster]) if index == 0 else glide(length, [0.9 * faster, 0.9]))
        clicks = buzz(rate * shaken(dice.rng, length, 60, 0.05), 2000)
        scratch = noise(dice.rng, length, 900, 7800, order=1) * beats(rate, 4)
        pull = through(4 * clicks + scratch, (metal, 900, 1.0), (1.9 * metal, 1200, 1.0))
        pieces.append((index * (length + 0.18), pull * glide(length, [0.5, 0.8, 1]) * swell(length, 0.03, 0.02)))
    return lay(pieces)


def microwave(dice: Dice) -> Array:
    """Three to five long, pure beeps."""
    pitch, beep, pause = dice.ratio(1480, 1800), dice.between(0.4, 0.62), dice.between(0.24, 0.42)
    one = tone(np.full(len(clock(beep)), pitch)) * swell(beep, 0.008, 0.012)
    return lay([(index * (beep + pause), one) for index in range(dice.count(3, 5))])
