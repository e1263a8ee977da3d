"""What plays under and beside a tune: chords, pad, bass, drums and a counter-melody, each in one of several manners."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy as np

from afnext.scenes.music.changes import ACCENTS, Change, Ground
from afnext.scenes.music.instruments import CYMBALS, KICK, SNARE
from afnext.scenes.music.melody import Tone, fitting
from afnext.scenes.worlds import World

ChordManner = Literal["held", "beats", "off-beats", "broken"]
BassManner = Literal["held", "beats", "fifths", "walking"]
CHORD_MANNERS: tuple[ChordManner, ...] = ("held", "beats", "off-beats", "broken")
BASS_MANNERS: tuple[BassManner, ...] = ("held", "beats", "fifths", "walking")

# Beats of the bar, from 0, on which bass drum and snare are struck.
KICKS: dict[int, tuple[float, ...]] = {3: (0,), 4: (0, 2), 5: (0, 3), 6: (0,)}
SNARES: dict[int, tuple[float, ...]] = {3: (2,), 4: (1, 3), 5: (2, 4), 6: (3,)}
STROKE = 0.2
"""Beats for which a drum's key is held."""
ROOM = 19
"""Semitones within which chords move."""


def chords(ground: Ground, manner: ChordManner, low: int, strum: float) -> tuple[Tone, ...]:
    """The chords of ``ground``, none of their tones below ``low``, each in the position nearest to the one before."""
    tones = list[Tone]()
    for change, voicing in zip(ground.changes, _voicings(ground.changes, low), strict=True):
        if manner == "broken":
            tones += _broken(change, voicing, ground)
            continue
        for beat, beats in _strokes(change, manner, ground.metre):
            # Struck again at once, a key would be let go by the note before.
            held = beats if manner == "held" else 0.8 * beats
            accent = 3 * ground.weight(beat)
            tones += [Tone(beat, held, pitch, accent, order * strum) for order, pitch in enumerate(voicing)]
    return tuple(tones)


def _voicings(changes: Sequence[Change], low: int) -> list[tuple[int, ...]]:
    """For each chord its tones, close together."""
    voicings, centre = list[tuple[int, ...]](), low + ROOM / 2
    for change in changes:
        classes = change.chord.tones
        stacks = list[tuple[int, ...]]()
        for bottom in range(low, low + ROOM):
            if bottom % 12 in classes:
                turned = sorted((tone - bottom) % 12 for tone in classes)
                stacks.append(tuple(bottom + step for step in turned))
        inside = [stack for stack in stacks if stack[-1] <= low + ROOM]
        nearest = min(inside, key=lambda stack: (abs(sum(stack) / len(stack) - centre), stack))
        centre = (sum(nearest) / len(nearest) + low + ROOM / 2) / 2
        voicings.append(nearest)
    return voicings


def _strokes(change: Change, manner: ChordManner, metre: int) -> list[tuple[float, float]]:
    """The beat and the length of each time that a chord is struck."""
    if manner == "held":
        return [(change.first, change.last - change.first)]
    step = 3.0 if metre == 6 and manner == "beats" else 1.0
    beats = np.arange(change.first, change.last, step).tolist()
    if manner == "off-beats":
        return [(beat + 0.5, 0.5) for beat in beats]
    return [(beat, min(step, change.last - beat)) for beat in beats]


def _broken(change: Change, voicing: Sequence[int], ground: Ground) -> list[Tone]:
    """One tone after the other, up and down."""
    step = 1.0 if ground.metre == 6 else 0.5
    order = [*voicing, *voicing[-2:0:-1]]
    beats = np.arange(change.first, change.last, step).tolist()
    return [Tone(beat, step, order[index % len(order)], 3 * ground.weight(beat)) for index, beat in enumerate(beats)]


def bass(rng: np.random.Generator, ground: Ground, manner: BassManner, span: tuple[int, int]) -> tuple[Tone, ...]:
    """Roots of the chords where they begin, and other tones of theirs after."""
    tones, before = list[Tone](), sum(span) / 2
    for change in ground.changes:
        count = 1 if manner == "held" else round(change.last - change.first)
        beats = [change.first + index for index in range(count)]
        if ground.metre == 6 and manner != "held":
            beats = [beat for beat in beats if beat % 3 == 0]
        ends = [*beats[1:], change.last]
        for index, (beat, end) in enumerate(zip(beats, ends, strict=True)):
            tone = change.chord.root
            if manner == "fifths" and index % 2:
                tone = change.chord.tones[2]
            elif manner == "walking" and index:
                tone = int(rng.choice(change.chord.tones))
            fits = [pitch for pitch in range(span[0], span[1] + 1) if pitch % 12 == tone]
            pitch = min(fits, key=lambda pitch: (abs(pitch - before), pitch))
            before = (pitch + sum(span) / 2) / 2
            tones.append(Tone(beat, 0.92 * (end - beat), pitch, 4 * ground.weight(beat)))
    return tuple(tones)


def drums(rng: np.random.Generator, ground: Ground, world: World, *, dense: bool) -> tuple[Tone, ...]:
    """A cymbal on every beat, or every half, with bass drum and snare."""
    closed, opened = CYMBALS[world]
    metre, half = ground.metre, 0.5 if dense and ground.metre != 6 else 1.0
    extra = (
        {float(place) + 0.5 for place in range(metre) if rng.random() < 0.2} if dense and metre != 6 else set[float]()
    )
    tones = list[Tone]()
    for beat in np.arange(0, ground.beats, half).tolist():
        place = beat % metre
        last = beat + half >= ground.beats
        strokes = [(opened if last else closed, 4 * ground.weight(beat) - 6 * (beat % 1 > 0))]
        if place in KICKS[metre] or place in extra:
            strokes.append((KICK, 6))
        if place in SNARES[metre]:
            strokes.append((SNARE, 6))
        tones += [Tone(beat, STROKE, pitch, accent) for pitch, accent in strokes]
    return tuple(tones)


def counter(
    rng: np.random.Generator, ground: Ground, against: Sequence[Tone], span: tuple[int, int]
) -> tuple[Tone, ...]:
    """A slow second voice: tones of the chord that the tune ``against`` it does not have, moving the other way."""
    tones, pitch = list[Tone](), sum(span) // 2
    beats = sorted({change.first for change in ground.changes} | _middles(ground))
    for beat, end in pairwise([*beats, ground.beats]):
        change = ground.at(beat)
        now = [tone.pitch for tone in against if tone.beat <= beat < tone.last]
        then = [tone.pitch for tone in against if end <= tone.beat < end + ground.metre]
        rises = bool(now and then and then[0] > now[0])
        taken = {other % 12 for other in now}
        near = [
            other
            for other in range(span[0], span[1] + 1)
            if other % 12 in change.chord.tones and other % 12 not in taken and abs(other - pitch) <= 9
        ]
        weights = np.array([(2.0 if (other < pitch) == rises else 1.0) / (abs(other - pitch) or 3) for other in near])
        pitch = near[int(rng.choice(len(near), p=weights / weights.sum()))]
        tones.append(Tone(beat, 0.95 * fitting(ground, beat, end - beat, pitch), pitch, 2 * ground.weight(beat)))
    return tuple(tones)


def _middles(ground: Ground) -> set[float]:
    """The second accent of every bar."""
    accents = ACCENTS[ground.metre][1:]
    return {bar + place for bar in range(0, round(ground.beats), ground.metre) for place in accents}
