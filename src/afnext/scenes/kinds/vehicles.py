"""What moves, or warns of moving: motors with their strokes, wheels and jets that pass, horns."""

import numpy as np

from afnext.audio.spec import SAMPLE_RATE
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


def horn(dice: Dice) -> Array:
    """One or two honks of two steady, buzzing tones."""
    pitch, apart, length = dice.ratio(320, 460), dice.between(1.18, 1.28), dice.between(0.3, 0.8)
    steady = np.ones(len(clock(length)))
    reed = [voiced(steady * note, [(900, 700, 0.7), (2400, 900, 1.0)], 18, tilt=0.1) for note in (pitch, pitch * apart)]
    honk = np.tanh(2 * (reed[0] + reed[1]) / np.abs(reed[0]).max()) * swell(length, 0.02, 0.04)
    return lay([(index * (length + 0.15), honk) for index in range(dice.count(1, 2))])


def motorcycle(dice: Dice) -> Array:
    """Seconds of a big twin: uneven, popping strokes, revved up two or three times."""
    length, idle, revved = dice.between(3, 4.8), dice.ratio(20, 32), dice.between(2.4, 3.6)
    pipe = dice.ratio(110, 210)
    blips = [each for _ in range(dice.count(2, 3)) for each in (revved * dice.any(0.85, 1), dice.any(1, 1.3))]
    revs = glide(length, [1, 1, *blips, 1])
    turns = idle * revs * shaken(dice.rng, length, 12, 0.03)
    # Two cylinders fire at uneven distances: every stroke has a weaker one in its shadow.
    firing = buzz(turns, 900) + 0.6 * np.roll(buzz(turns, 700), round(0.38 * SAMPLE_RATE / idle))
    pops = noise(dice.rng, length, 200, 3000) * beats(turns, 5)
    exhaust = through(firing, (pipe, 70, 1.0), (3 * pipe, 200, 0.5), (8 * pipe, 600, 0.25)) + 0.35 * pops
    loud: Array = np.tanh(1.2 * exhaust) * (0.35 + 0.65 * revs / revs.max()) * swell(length, 0.1, 0.3)
    return loud


def _passing(length: float, nearest: float, speed: float, distance: float) -> tuple[Array, Array, Array]:
    """What passes at ``speed`` m/s, ``distance`` m off: its loudness, its Doppler factor, and 1 (comes) to 0 (gone)."""
    along = speed * (clock(length) - nearest)
    away = np.sqrt(along**2 + distance**2)
    return distance / away, 1 / (1 + speed * along / away / 343), (1 - along / away) / 2


def train(dice: Dice) -> Array:
    """Seconds of a train that passes: pairs of wheels over rail joints, ta-tum ta-tum, over rumble and rush."""
    length, wagon, pair = dice.between(4, 5.5), dice.between(0.6, 0.95), dice.between(0.09, 0.15)
    thud, rail = dice.ratio(90, 170), dice.ratio(700, 1500)
    bogie = struck(0.2, thud, 0.04, [(1, 1, 1.0), (2.3, 0.6, 0.5)])
    clack = (
        bogie + struck(0.2, rail, 0.016, [(1, 1, 0.4), (2.7, 0.6, 0.2)]) + 0.4 * burst(dice.rng, 0.2, 300, 3500, 0.012)
    )
    pieces = [(0.0, 0.22 * noise(dice.rng, length, 40, 350) + 0.06 * noise(dice.rng, length, 800, 4500))]
    for index in range(int((length - 0.4) / wagon)):
        for end in (0.0, 0.42):
            at = (index + end) * wagon + dice.any(0, 0.01)
            pieces += [(at, clack * dice.any(0.8, 1)), (at + pair, 0.8 * clack * dice.any(0.8, 1))]
    rolling = lay(pieces)
    loud, _, _ = _passing(len(rolling) / SAMPLE_RATE, length / 2, 12, 18)
    return rolling * loud * swell(len(rolling) / SAMPLE_RATE, 0.3, 0.4)


def train_horn(dice: Dice) -> Array:
    """One or two long blasts of three brassy horns in a chord, with an echo."""
    pitch, third, fifth = dice.ratio(215, 300), dice.between(1.19, 1.27), dice.between(1.46, 1.6)
    length = dice.between(0.8, 1.5)
    pieces = []
    for index in range(dice.count(1, 2)):
        last = length * (1 if index == 0 else dice.any(0.5, 1))
        rise = glide(last, [0.97, *[1] * 8, 0.985])
        horns = sum((buzz(pitch * ratio * rise, 1300) for ratio in (1, third, fifth)), np.zeros(len(rise)))
        blast = np.tanh(through(horns, (700, 600, 1.0), (1900, 1000, 0.8))) * swell(last, 0.06, 0.12)
        at = index * (length + 0.25)
        pieces += [(at, blast), (at + 0.19, 0.2 * blast), (at + 0.33, 0.1 * blast)]
    return lay(pieces)


def bicycle(dice: Dice) -> Array:
    """One or two rings of a bicycle bell: a handful of quick strokes on one small, high dome that rings on."""
    pitch, rate, fade = dice.ratio(2100, 3200), dice.between(13, 22), dice.between(0.1, 0.22)
    dome = struck(1.0, pitch, fade, [(1, 1, 1.0), (1.006, 1.1, 0.6), (2.31, 0.4, 0.5), (0.5, 0.3, 0.15)])
    pieces = []
    for index in range(dice.count(1, 2)):
        ring = dice.count(5, 8)
        pieces += [(index * (ring / rate + 0.3) + stroke / rate, dome * dice.any(0.7, 1)) for stroke in range(ring)]
    return lay(pieces)


def airplane(dice: Dice) -> Array:
    """Seconds of a jet overhead: a roar that the ground's echo combs, a whine that sinks, and at last a rumble."""
    length, colour, whine = dice.between(4.8, 5.8), dice.ratio(900, 1800), dice.ratio(1500, 2700)
    echo, side = dice.between(0.0012, 0.003), dice.between(0.4, 0.55)
    loud, shift, nearing = _passing(length, side * length, 90, 95)
    bright = noise(dice.rng, length, 0.3 * colour, 2.5 * colour, order=1) * nearing
    dark = 1.3 * noise(dice.rng, length, 50, 0.4 * colour) * (1.2 - nearing)
    roar = bright + dark
    late = np.arange(len(roar)) - SAMPLE_RATE * echo * (1 / loud - 0.75)
    combed = roar + 0.7 * np.interp(late, np.arange(len(roar)), roar)
    turbine = 0.25 * tone(whine * shift) * nearing + 0.1 * tone(1.52 * whine * shift) * nearing
    return (combed + turbine) * loud * swell(length, 0.5, 0.6)


def car_pass(dice: Dice) -> Array:
    """One car drives by: tyres hiss louder and louder, drop in pitch, and are gone."""
    length, speed, tyres = dice.between(2, 3.4), dice.between(14, 28), dice.ratio(650, 1150)
    motor = dice.ratio(75, 130)
    loud, shift, nearing = _passing(length, length * dice.any(0.42, 0.55), speed, 4)
    coming = noise(dice.rng, length, tyres, 4 * tyres) * nearing
    going = noise(dice.rng, length, 0.5 * tyres, 2 * tyres) * (1 - nearing)
    hum = through(buzz(motor * shift, 600), (2 * motor, motor, 1.0), (6 * motor, 2 * motor, 0.3))
    return (coming + going + 0.45 * hum) * loud * swell(length, 0.15, 0.25)


def reversing(dice: Dice) -> Array:
    """Four to six even beeps of a truck in reverse, as long as the pauses between them, over its idling diesel."""
    pitch, beep, pause = dice.ratio(980, 1350), dice.between(0.32, 0.46), dice.between(0.3, 0.44)
    idle, body = dice.ratio(22, 36), dice.ratio(80, 150)
    steady = np.full(len(clock(beep)), pitch)
    one = (tone(steady) + 0.3 * tone(3 * steady)) * swell(beep, 0.005, 0.01)
    beeping = lay([(0.15 + index * (beep + pause), one) for index in range(dice.count(4, 6))])
    length = len(beeping) / SAMPLE_RATE
    diesel = through(buzz(idle * shaken(dice.rng, length, 10, 0.04), 700), (body, 60, 1.0), (5 * body, 300, 0.4))
    return beeping + 0.16 * diesel * swell(length, 0.1, 0.2)
