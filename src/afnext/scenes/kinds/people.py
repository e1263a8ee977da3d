"""What people do without words: with hands, feet and lips, and with a buzz of the voice that the throat filters."""

import numpy as np

from afnext.audio.spec import SAMPLE_RATE
from afnext.scenes.kinds.wave import (
    Array,
    beats,
    burst,
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
    struck,
    swell,
    through,
    tone,
)
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


def clapping(dice: Dice) -> Array:
    """Five to ten claps of one pair of hands."""
    pace, palm, fade = dice.between(0.19, 0.33), dice.ratio(1000, 1900), dice.between(0.012, 0.025)
    pieces = []
    for index in range(dice.count(5, 10)):
        clap = noise(dice.rng, 0.2, palm * 0.7, palm * 1.9) * fall(0.2, fade)
        tail = 0.15 * noise(dice.rng, 0.2, 600, 5000) * fall(0.2, 0.04)
        pieces.append((index * pace + dice.any(0, 0.02), (clap + tail) * dice.any(0.7, 1)))
    return lay(pieces)


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
    trembling = pitch * (1 + 0.012 * np.sin(2 * np.pi * tremble * np.arange(len(pitch)) / SAMPLE_RATE))
    envelope = np.concatenate(loud) * swell(len(pitch) / SAMPLE_RATE, 0.04, 0.1)
    breath = noise(dice.rng, len(pitch) / SAMPLE_RATE, base, 2.5 * base)
    return (tone(trembling) + 0.02 * breath[: len(pitch)]) * envelope


def coughing(dice: Dice) -> Array:
    """Two to four coughs: the throat bursts open, air rushes, and a hoarse voice falls away."""
    pitch, length, gap = dice.ratio(130, 270), dice.between(0.2, 0.32), dice.between(0.08, 0.25)
    throat = dice.ratio(550, 850)
    vowel = ((throat, 180, 1.0), (1.9 * throat, 250, 0.7), (4 * throat, 500, 0.35))
    pieces = []
    for index in range(dice.count(2, 4)):
        curve = pitch * dice.any(0.9, 1.1) * glide(length, [1.15, 1, 0.75]) * shaken(dice.rng, length, 60, 0.12)
        hoarse = through(buzz(curve, 1200), *vowel) * swell(length, 0.04, 0.15)
        air = through(noise(dice.rng, length, 200, 7500, order=1), *vowel, (3500, 2500, 0.9))
        rush = air * (1.6 * fall(length, 0.035) + 0.5 * fall(length, 0.12))
        cough = (0.7 * hoarse + rush) * swell(length, 0.004, 0.05)
        pieces.append((index * (length + gap) * dice.any(0.95, 1.05), cough * dice.any(0.7, 1)))
    return lay(pieces)


def sneezing(dice: Dice) -> Array:
    """Ah-choo: a voiced breath drawn in and up, a stop, an explosion of hiss, and the rest of a vowel."""
    pitch, drawn, mouth = dice.ratio(150, 300), dice.between(0.35, 0.6), dice.ratio(650, 950)
    hiss = dice.ratio(2300, 3600)
    breath = through(noise(dice.rng, drawn, 200, 7000, order=1), (mouth, 250, 1.0), (2.2 * mouth, 400, 0.8))
    folds = buzz(pitch * glide(drawn, [0.9, 1.1, 1.5]), 1200)
    ah = through(folds, (mouth, 200, 1.0), (1.7 * mouth, 250, 0.6), (3.6 * mouth, 400, 0.3))
    inhaled = (0.5 * breath + 0.7 * ah) * glide(drawn, [0.05, 0.25, 0.5]) * swell(drawn, 0.1, 0.05)
    blown = noise(dice.rng, 0.32, hiss, 7500, order=1) * swell(0.32, 0.006, 0.2) * fall(0.32, 0.16)
    sinking = buzz(pitch * glide(0.35, [1.7, 1.2, 0.8]), 1000)
    oo = through(sinking, (0.5 * mouth, 150, 1.0), (1.5 * mouth, 250, 0.5)) * swell(0.35, 0.03, 0.25)
    return lay([(0.0, inhaled), (drawn + 0.06, 1.1 * blown), (drawn + 0.12, 0.7 * oo)])


def snoring(dice: Dice) -> Array:
    """Two snores: the palate flutters thirty times a second as breath goes in, and air sighs out."""
    drawn, flutter, nose = dice.between(0.9, 1.4), dice.ratio(24, 48), dice.ratio(280, 480)
    sigh = dice.ratio(700, 1300)
    pieces, at = [], 0.0
    for _ in range(2):
        rate = flutter * glide(drawn, [0.8, 1, 1.15, 1.1]) * shaken(dice.rng, drawn, 15, 0.12)
        rattle = through(buzz(rate, 1400), (nose, 90, 1.0), (2.7 * nose, 200, 0.6), (5.5 * nose, 400, 0.35))
        air = noise(dice.rng, drawn, 400, 4000) * beats(rate, 2)
        pieces.append((at, (rattle + 0.3 * air) * glide(drawn, [0.2, 0.7, 1, 0.8]) * swell(drawn, 0.1, 0.12)))
        at, out = at + drawn + 0.15, 0.6 * drawn
        pieces.append((at, 0.13 * noise(dice.rng, out, 0.6 * sigh, 2 * sigh) * swell(out, 0.1, 0.5 * out)))
        at += out + 0.15
    return lay(pieces)


def laughing(dice: Dice) -> Array:
    """Ha-ha-ha: five to eight short vowels, four or five a second, each from a breath, the pitch sinking."""
    pitch, rate, mouth = dice.ratio(170, 400), dice.between(4, 5.4), dice.ratio(680, 960)
    sink = dice.between(0.6, 0.8)
    vowel = ((mouth, 200, 1.0), (1.75 * mouth, 250, 0.7), (3.6 * mouth, 400, 0.4))
    count = dice.count(5, 8)
    pieces = []
    for index in range(count):
        bend = pitch * sink ** (index / (count - 1)) * dice.any(0.96, 1.04)
        last = 0.55 / rate
        ha = through(buzz(bend * glide(last, [0.95, 1.12, 0.85]), 1500), *vowel) * swell(last, 0.03, 0.5 * last)
        air = noise(dice.rng, 0.5 / rate, 300, 7000, order=1)
        breath = through(air, *vowel, (3500, 2000, 0.5)) * swell(0.5 / rate, 0.02, 0.3 / rate)
        loud = dice.any(0.8, 1) * (1 - 0.55 * index / count)
        pieces += [(index / rate, 0.3 * loud * breath), (index / rate + 0.25 / rate, loud * ha)]
    return lay(pieces)


def baby(dice: Dice) -> Array:
    """Three or four wails of about a second: the pitch rises and sinks in an arch; a snatched breath between."""
    pitch, length, mouth = dice.ratio(350, 540), dice.between(0.7, 1.1), dice.ratio(1000, 1450)
    pieces = []
    for index in range(dice.count(3, 4)):
        last = length * dice.any(0.85, 1.1)
        top = pitch * dice.any(0.95, 1.05)
        curve = top * glide(last, [0.75, 1.08, 1.12, 1.05, 0.7]) * shaken(dice.rng, last, 25, 0.025)
        wail = through(buzz(curve, 1900), (mouth, 350, 1.0), (2.6 * mouth, 700, 0.8), (4.3 * mouth, 900, 0.3))
        at = index * (length * 1.1 + 0.26)
        pieces.append((at, wail * swell(last, 0.08, 0.22)))
        gasp = noise(dice.rng, 0.18, 1800, 6000) * swell(0.18, 0.08, 0.06)
        pieces.append((at + length * 1.1 + 0.05, 0.14 * gasp))
    return lay(pieces[:-1])


def applause(dice: Dice) -> Array:
    """Seconds of a crowd that claps: hundreds of hands a second, growing together and dying away one by one."""
    length, rate, palm = dice.between(3, 5), dice.between(110, 220), dice.ratio(900, 1500)
    claps = []
    for _ in range(16):
        hands = palm * dice.any(0.75, 1.35)
        claps.append(burst(dice.rng, 0.1, 0.7 * hands, 2.2 * hands, dice.any(0.008, 0.02)) * dice.any(0.2, 1) ** 2)
    crowd = [(at, claps[dice.count(0, 15)]) for at in moments(dice.rng, length, rate)]
    clapped = lay(crowd)
    last = len(clapped) / SAMPLE_RATE
    return clapped * glide(last, [0.3, 1, 1, 0.9, 0.7, 0.25]) * swell(last, 0.15, 0.4)


def breathing(dice: Dice) -> Array:
    """Three or four heavy breaths: in, bright and rising; out, darker, longer, sinking."""
    drawn, mouth, nose = dice.between(0.42, 0.6), dice.ratio(500, 850), dice.ratio(1500, 2300)
    pieces, at = [], 0.0
    for _ in range(dice.count(3, 4)):
        into = through(noise(dice.rng, drawn, 300, 7500, order=1), (nose, 500, 1.0), (2.2 * nose, 1200, 0.7))
        last = 1.15 * drawn
        out = through(noise(dice.rng, last, 100, 6000, order=1), (mouth, 250, 1.0), (2.3 * mouth, 400, 0.5))
        pieces.append((at, 0.55 * into * swell(drawn, 0.6 * drawn, 0.2 * drawn)))
        pieces.append((at + drawn + 0.08, out * swell(last, 0.12, 0.7 * last)))
        at += drawn + last + 0.12
    return lay(pieces)


def referee(dice: Dice) -> Array:
    """One or two blasts of a pea whistle: a piercing tone that the pea breaks up thirty times a second."""
    pitch, trill, length = dice.ratio(2350, 3300), dice.between(24, 42), dice.between(0.35, 0.8)
    second = dice.between(1.05, 1.12)
    at, pieces = 0.0, []
    for share in (dice.any(0.4, 1), 1.0)[dice.count(0, 1) :]:
        last = share * length
        pea = np.sin(2 * np.pi * trill * clock(last))
        curve = pitch * glide(last, [0.94, 1, 1, 1, 0.95]) * (1 + 0.025 * pea)
        air = 0.12 * noise(dice.rng, last, 2000, 7000)
        blown = (tone(curve) + 0.5 * tone(second * curve)) * (0.6 + 0.4 * pea) + air
        pieces.append((at, blown * swell(last, 0.015, 0.03)))
        at += last + dice.any(0.1, 0.3)
    return lay(pieces)


def snapping(dice: Dice) -> Array:
    """Three to five snaps of the fingers: one sharp, hollow click each."""
    pace, hollow, fade = dice.between(0.34, 0.5), dice.ratio(1500, 2500), dice.between(0.004, 0.009)
    pieces = []
    for index in range(dice.count(3, 5)):
        note = hollow * dice.any(0.97, 1.03)
        snap = struck(0.08, note, fade, [(1, 1, 1.0), (1.8, 0.6, 0.5), (0.45, 0.8, 0.3)])
        slide = 0.15 * noise(dice.rng, 0.04, 2500, 6500) * swell(0.04, 0.03, 0.005)
        at = index * pace + dice.any(0, 0.01)
        pieces += [(at, slide), (at + 0.035, snap * dice.any(0.8, 1))]
    return lay(pieces)


def heartbeat(dice: Dice) -> Array:
    """Five to seven beats of a heart, lub-dub: two dull, very low thumps, the second shorter and softer."""
    pace, chest, apart = dice.between(0.62, 0.84), dice.ratio(42, 68), dice.between(0.33, 0.42)
    lub = struck(0.25, chest, 0.04, [(1, 1, 1.0), (1.6, 0.7, 0.5), (2.5, 0.4, 0.2)]) * swell(0.25, 0.012, 0.1)
    dub = struck(0.2, 1.3 * chest, 0.03, [(1, 1, 1.0), (1.6, 0.7, 0.5)]) * swell(0.2, 0.01, 0.1)
    pieces = []
    for index in range(dice.count(5, 7)):
        at = index * pace * dice.any(0.99, 1.01)
        pieces += [(at, lub * dice.any(0.9, 1)), (at + apart * pace, 0.7 * dub)]
    return lay(pieces)


def sobbing(dice: Dice) -> Array:
    """Two or three sobs: breath snatched in shaking gasps, then a thin, trembling voice that sinks."""
    pitch, length, mouth = dice.ratio(240, 420), dice.between(0.6, 0.95), dice.ratio(480, 720)
    tremble = dice.between(6, 9)
    vowel = ((mouth, 150, 1.0), (2.1 * mouth, 250, 0.5), (4.6 * mouth, 500, 0.3))
    pieces, at = [], 0.0
    for _ in range(dice.count(2, 3)):
        for _ in range(dice.count(2, 3)):
            gasp = through(noise(dice.rng, 0.11, 500, 7000, order=1), *vowel, (3000, 1500, 0.8))
            pieces.append((at, 0.3 * gasp * swell(0.11, 0.05, 0.04)))
            at += 0.16
        shake = np.sin(2 * np.pi * tremble * clock(length))
        curve = pitch * dice.any(0.93, 1.07) * glide(length, [1.25, 1.15, 0.95, 0.75]) * (1 + 0.03 * shake)
        voice = through(buzz(curve, 1000), *vowel) + 0.2 * noise(dice.rng, length, 800, 5000)
        pieces.append((at, voice * (0.65 + 0.35 * shake) * swell(length, 0.05, 0.5 * length)))
        at += length + 0.12
    return lay(pieces)


def screaming(dice: Dice) -> Array:
    """One long scream: a very high, pressed voice, rough from folds that beat out of step."""
    pitch, length, rough = dice.ratio(820, 1400), dice.between(0.9, 1.8), dice.ratio(45, 90)
    mouth = dice.ratio(1500, 2200)
    curve = pitch * glide(length, [0.7, 1, 1.04, 1.02, 0.98, 0.75]) * shaken(dice.rng, length, 18, 0.025)
    torn = 1 + 0.45 * np.sin(2 * np.pi * rough * clock(length)) * drift(dice.rng, length, 6)
    voice = through(buzz(curve, 2000), (mouth, 600, 1.0), (1.9 * mouth, 800, 0.8), (pitch, 300, 0.5))
    return np.tanh(1.2 * voice + 0.15 * noise(dice.rng, length, 1500, 7000)) * torn * swell(length, 0.05, 0.15)
