"""What lives in a field, a pond or a house: throats that are driven by folds, wings, legs."""

import numpy as np

from afnext.scenes.kinds.wave import (
    Array,
    beats,
    burst,
    buzz,
    clock,
    drift,
    glide,
    lay,
    noise,
    shaken,
    struck,
    swell,
    through,
    tone,
    voiced,
)
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


def sheep(dice: Dice) -> Array:
    """One or two bleats: a nasal voice that shakes about ten times a second, in pitch and in loudness."""
    length, pitch, shake = dice.between(0.6, 1.1), dice.ratio(180, 330), dice.between(7.5, 12)
    nose, gap = dice.ratio(850, 1250), dice.between(0.2, 0.35)
    bleats = []
    for index in range(dice.count(1, 2)):
        tremor = np.sin(2 * np.pi * shake * clock(length))
        bend = pitch * dice.any(0.95, 1.05)
        curve = glide(length, [0.9 * bend, 1.1 * bend, bend, 0.85 * bend]) * (1 + 0.05 * tremor)
        throat = through(buzz(curve, 1800), (0.45 * nose, 150, 0.4), (nose, 220, 1.0), (2.4 * nose, 400, 0.7))
        bleats.append((index * (length + gap), throat * (0.6 + 0.4 * tremor) * swell(length, 0.06, 0.2)))
    return lay(bleats)


def rooster(dice: Dice) -> Array:
    """One cock-a-doodle-doo: three short notes and a long one that soars and sinks, in a pressed, bright voice."""
    pitch, pace, throat = dice.ratio(430, 640), dice.between(0.85, 1.25), dice.ratio(1500, 2300)
    notes = [
        (0.17, (0.8, 1.0, 0.9)),
        (0.13, (1.0, 1.1, 1.0)),
        (0.3, (1.1, 1.45, 1.3)),
        (0.95, (1.2, 1.7, 1.6, 1.4, 0.9)),
    ]
    at, pieces = 0.0, []
    for share, shape in notes:
        length = share * pace * dice.any(0.92, 1.08)
        curve = pitch * glide(length, shape) * shaken(dice.rng, length, 30, 0.02)
        voice = through(buzz(curve, 1900), (throat, 700, 1.0), (0.5 * throat, 400, 0.5), (1.9 * throat, 900, 0.5))
        pieces.append((at, voice * swell(length, 0.025, 0.3 * length)))
        at += length + 0.05 * pace
    return lay(pieces)


def frog(dice: Dice) -> Array:
    """Three to six croaks: some forty pulses a second, quickening, each ringing in the throat sac."""
    length, gap = dice.between(0.18, 0.38), dice.between(0.12, 0.35)
    rate, sac = dice.ratio(28, 52), dice.ratio(480, 1000)
    pieces = []
    for index in range(dice.count(3, 6)):
        curve = rate * dice.any(0.95, 1.05) * glide(length, [0.8, 1, 1.7])
        croak = through(buzz(curve, 2000), (sac, 90, 1.0), (2.3 * sac, 160, 0.6)) * swell(length, 0.05, 0.05)
        pieces.append((index * (length + gap) + dice.any(0, 0.03), croak * dice.any(0.7, 1)))
    return lay(pieces)


def owl(dice: Dice) -> Array:
    """Four or five hoots, long, two short, long: almost a pure tone that swells, bends a little and breathes."""
    pitch, length, bend = dice.ratio(300, 560), dice.between(0.38, 0.6), dice.between(0.88, 0.96)
    at, pieces = 0.0, []
    for share in (1.0, 0.4, 0.4, 1.0, 0.9)[: dice.count(4, 5)]:
        last = share * length
        curve = pitch * glide(last, [bend, 1, 1, bend])
        hoot = tone(curve) + 0.12 * tone(2 * curve) + 0.03 * noise(dice.rng, last, pitch, 4 * pitch)
        pieces.append((at, hoot * swell(last, 0.07, 0.4 * last) * dice.any(0.8, 1)))
        at += last + length * (0.25 if share < 0.5 else 0.5)
    return lay(pieces)


def gallop(dice: Dice) -> Array:
    """Five to eight strides of a galloping horse: three hooves in quick turn, then a moment in the air."""
    stride, thud, hollow = dice.between(0.44, 0.62), dice.ratio(75, 130), dice.ratio(350, 800)
    scrape = burst(dice.rng, 0.15, hollow, 3.5 * hollow, 0.015)
    hoof = struck(0.2, thud, 0.035, [(1, 1, 1.0), (1.9, 0.6, 0.4), (hollow / thud, 0.3, 0.5)])
    pieces = []
    for index in range(dice.count(5, 8)):
        for beat, weight in ((0.0, 0.7), (0.21, 0.85), (0.42, 1.0)):
            at, weight = (index + beat) * stride + dice.any(0, 0.015), weight * dice.any(0.8, 1)
            pieces += [(at, weight * hoof), (at, 0.25 * weight * scrape)]
    return lay(pieces)


def bee(dice: Dice) -> Array:
    """Seconds of wings that beat some two hundred times a second, nearer and farther, never quite steady."""
    length, pitch, near = dice.between(2, 4.5), dice.ratio(175, 290), dice.between(1.5, 3)
    body = dice.ratio(380, 720)
    curve = pitch * shaken(dice.rng, length, 3, 0.09) * shaken(dice.rng, length, 40, 0.02)
    wings = through(buzz(curve, 1500), (body, 250, 1.0), (4 * body, 900, 0.4))
    return wings * (0.3 + 0.7 * drift(dice.rng, length, near)) * swell(length, 0.3, 0.4)


def duck(dice: Dice) -> Array:
    """Three to six quacks, the first the loudest: a rough falling voice through a hard bill."""
    length, gap = dice.between(0.13, 0.23), dice.between(0.08, 0.2)
    pitch, bill = dice.ratio(190, 300), dice.ratio(1050, 1500)
    pieces = []
    for index in range(dice.count(3, 6)):
        last = length * (1.25 if index == 0 else dice.any(0.9, 1.05))
        curve = pitch * dice.any(0.95, 1.05) * glide(last, [0.9, 1.15, 0.9, 0.6]) * shaken(dice.rng, last, 70, 0.04)
        rough = through(buzz(curve, 2000), (bill, 220, 1.0), (2.1 * bill, 350, 0.9), (0.45 * bill, 200, 0.25))
        quack = np.tanh(rough) * swell(last, 0.015, 0.4 * last)
        pieces.append((index * (length + gap) + dice.any(0, 0.02), quack * 0.9**index))
    return lay(pieces)


def pig(dice: Dice) -> Array:
    """Three to five grunts: a deep, broken voice and the snort of air through a snout."""
    length, gap = dice.between(0.16, 0.3), dice.between(0.12, 0.28)
    pitch, snout = dice.ratio(62, 110), dice.ratio(330, 560)
    pieces = []
    for index in range(dice.count(3, 5)):
        curve = pitch * dice.any(0.9, 1.1) * glide(length, [0.8, 1.25, 0.9]) * shaken(dice.rng, length, 50, 0.15)
        deep = through(buzz(curve, 1500), (snout, 130, 1.0), (2.6 * snout, 250, 0.5))
        snort = noise(dice.rng, length, 1.5 * snout, 6 * snout) * beats(curve, 2)
        pieces.append(
            (index * (length + gap), (deep + 0.5 * snort) * swell(length, 0.03, 0.5 * length) * dice.any(0.7, 1))
        )
    return lay(pieces)
