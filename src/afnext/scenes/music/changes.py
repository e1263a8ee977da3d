"""What all parts of a section stand on: its key, its metre, and the chords over its bars.

Beats count from the beginning of the section. A section goes in phrases of up to four bars; of two phrases the second
begins like the first and ends otherwise.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from afnext.scenes.music.harmony import HOME, OPEN, Chord, Key, progression

PHRASE = 4
"""Bars of a phrase, where the section has so many."""
ACCENTS: dict[int, tuple[int, ...]] = {3: (0,), 4: (0, 2), 5: (0, 3), 6: (0, 3)}
"""Beats of the bar that weigh more, from 0."""
TWICE = 0.3
"""Share of sections some of whose bars have two chords, in metres that can be halved."""


@dataclass(frozen=True)
class Change:
    """``chord`` from beat ``first`` until before ``last``."""

    first: float
    last: float
    chord: Chord


@dataclass(frozen=True)
class Ground:
    """Key, beats in a bar, and chords by beat without a gap."""

    key: Key
    metre: int
    changes: tuple[Change, ...]

    @property
    def beats(self) -> float:
        """Of the whole section."""
        return self.changes[-1].last

    def at(self, beat: float) -> Change:
        """The chord that sounds at ``beat``."""
        return self.changes[max(0, bisect_right(self.changes, beat, key=lambda change: change.first) - 1)]

    def weight(self, beat: float) -> int:
        """2 at the beginning of a bar, 1 on its other accents, else 0."""
        place = beat % self.metre
        return 2 if place == 0 else int(place in ACCENTS[self.metre])


def phrase_bars(bars: int) -> list[int]:
    """The length of each phrase of a section."""
    return [PHRASE] * (bars // PHRASE) + ([bars % PHRASE] if bars % PHRASE else [])


def draw_ground(rng: np.random.Generator, key: Key, metre: int, bars: int, *, closes: bool) -> Ground:
    """Chords for a section of so many ``bars``, one or two a bar; if it ``closes``, it ends at home."""
    mode, home = key.mode, HOME[key.mode]
    twice = metre % 2 == 0 and bool(rng.random() < TWICE)
    shapes = [_lengths(metre, count, twice=twice) for count in phrase_bars(bars)]
    question: Sequence[str] = ()
    changes, beat = list[Change](), 0.0
    for number, shape in enumerate(shapes):
        ends = home if closes and number == len(shapes) - 1 else OPEN[mode]
        half = len(shape) // 2
        if number % 2 and len(question) == len(shape) and half:
            answer = progression(rng, mode, len(shape) - half + 1, first=question[half - 1], last=ends)
            degrees = [*question[:half], *answer[1:]]
        else:
            # Of two chords, one leads home.
            first = OPEN[mode][0] if len(shape) == 2 and ends == home else home[0]
            degrees = question = progression(rng, mode, len(shape), first=first, last=ends)
        for length, degree in zip(shape, degrees, strict=True):
            changes.append(Change(beat, beat + length, key.chord(degree)))
            beat += length
    return Ground(key, metre, tuple(changes))


def _lengths(metre: int, bars: int, *, twice: bool) -> list[float]:
    """Beats of each chord of a phrase: with two a bar, every other bar has them, and never the last of several."""
    if bars == 1:
        return [float(metre - metre // 2), float(metre // 2)]
    halves, whole = [metre / 2] * 2, [float(metre)]
    return [length for bar in range(bars) for length in (halves if twice and bar % 2 and bar < bars - 1 else whole)]
