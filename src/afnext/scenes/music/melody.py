"""Tunes: where their notes go, and which notes fit the chords."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from afnext.scenes.music.changes import PHRASE, Change, Ground, phrase_bars

RHYTHMS: dict[int, tuple[tuple[float, ...], ...]] = {
    3: ((1, 1, 1), (2, 1), (1.5, 0.5, 1), (1, 0.5, 0.5, 1), (0.5, 0.5, 1, 1), (1, 2)),
    4: ((1, 1, 1, 1), (2, 1, 1), (1, 1, 2), (1.5, 0.5, 1, 1), (0.5, 0.5, 1, 1, 1), (1, 0.5, 0.5, 2)),
    5: ((1, 1, 1, 2), (2, 1, 2), (1.5, 0.5, 1, 1, 1), (1, 1, 1, 1, 1), (1, 0.5, 0.5, 1, 2)),
    6: ((2, 1, 2, 1), (3, 2, 1), (2, 1, 3), (1, 1, 1, 3), (2, 1, 1, 1, 1)),
}
"""Note lengths that fill a bar."""
LONG = 1.5
"""Beats from which on a note is long enough to weigh."""
BREATH = 0.5
"""Beats left at the end of a phrase."""


@dataclass(frozen=True)
class Tone:
    """A note of a section, ``beats`` long from ``beat`` on.

    Attributes:
        accent: how much louder than the others, in steps of MIDI velocity.
        delay: seconds by which it comes later than its beat, of chords that are strummed.
    """

    beat: float
    beats: float
    pitch: int
    accent: int = 0
    delay: float = 0.0

    @property
    def last(self) -> float:
        """The beat at which it is let go."""
        return self.beat + self.beats


Slot = tuple[float, float]
"""Where a note goes: its beat, and how many beats it lasts."""


def rhythm(rng: np.random.Generator, metre: int, bars: int) -> list[Slot]:
    """Slots for a section: two patterns in turn, and a long note at the end of every phrase."""
    first, second = (RHYTHMS[metre][int(rng.integers(len(RHYTHMS[metre])))] for _ in range(2))
    slots, beat = list[Slot](), 0.0
    for count in phrase_bars(bars):
        for bar in range(count):
            ends = bar == count - 1 and count > 1
            for length in (float(metre),) if ends else (first, second)[bar % 2]:
                slots.append((beat, length - BREATH if ends else length))
                beat += length
    return slots


def tune(rng: np.random.Generator, slots: Sequence[Slot], ground: Ground, span: tuple[int, int]) -> tuple[Tone, ...]:
    """Pitches within ``span`` for ``slots``: tones of the chord where it weighs, steps of the scale between.

    A second phrase begins with the notes of the first, as far as chords and rhythm are the same.
    """
    pitch, phrase = sum(span) // 2, PHRASE * ground.metre
    tones: list[Tone] = []
    asked: dict[tuple[object, ...], int] = {}
    for beat, length in slots:
        change = ground.at(beat)
        place = beat % phrase
        same = (place, length, change.chord, change.first % phrase)
        if beat // phrase % 2 and place < phrase / 2 and same in asked:
            pitch = asked[same]
        else:
            weighs = beat == change.first or ground.weight(beat) > 0 or length >= LONG
            pitch = _next_pitch(rng, pitch, change, ground, span, weighs=weighs)
        asked[same] = pitch
        accent = 4 * ground.weight(beat) + int(rng.integers(-3, 4))
        tones.append(Tone(beat, fitting(ground, beat, length, pitch), pitch, accent))
    return tuple(tones)


def fitting(ground: Ground, beat: float, length: float, pitch: int) -> float:
    """The beats for which ``pitch`` can be held from ``beat`` on: not into a chord to which it is foreign."""
    change = ground.at(beat)
    while change.last < beat + length:
        change = ground.at(change.last)
        if pitch % 12 not in change.chord.tones:
            return change.first - beat
    return length


def _next_pitch(
    rng: np.random.Generator, before: int, change: Change, ground: Ground, span: tuple[int, int], *, weighs: bool
) -> int:
    """A step is likelier than a leap, a leap than the same note again; far from the middle, it is drawn back."""
    allowed, reach = frozenset(change.chord.tones), 7
    if not weighs:
        allowed, reach = ground.key.scale_with(change.chord), 4
    near = [pitch for pitch in range(span[0], span[1] + 1) if pitch % 12 in allowed and abs(pitch - before) <= reach]
    middle, half = sum(span) / 2, (span[1] - span[0]) / 2
    leaps = np.array([abs(pitch - before) or 4 for pitch in near])
    weights = (1.2 - np.abs(np.array(near) - middle) / half) / leaps
    return near[int(rng.choice(len(near), p=weights / weights.sum()))]
