"""Lines over music: who sings them, and where each syllable goes."""

import math
from functools import lru_cache

import numpy as np

from afnext.scenes.music.changes import phrase_bars
from afnext.scenes.music.lyrics import SYLLABLES
from afnext.scenes.music.melody import Slot
from afnext.scenes.speech.voices import Sex, Voice, voices
from afnext.scenes.worlds import World

RANGES: dict[Sex, tuple[int, int]] = {"man": (43, 60), "woman": (52, 69)}
"""MIDI pitches that a voice is moved to: up to an octave above where it speaks."""
SECONDS = (2.0, 7.5)
"""Shortest and longest line."""
SYLLABLE = (0.22, 0.62)
"""Seconds of the shortest and the longest step from one syllable to the next."""
BREATH = 0.4
"""Seconds at the end of a line without a syllable."""
LAST = 1.5
"""Seconds that a last syllable is held at most."""


@lru_cache
def singers(world: World) -> tuple[tuple[Voice, ...], ...]:
    """The voices of each speaker of ``world`` that can say a song quickly: flite takes five times as long."""
    everyone: dict[str, list[Voice]] = {}
    for voice in voices(world):
        if voice.engine == "espeak-ng":
            everyone.setdefault(voice.identity, []).append(voice)
    return tuple(tuple(mine) for mine in everyone.values())


def pick_singer(world: World, rng: np.random.Generator) -> Voice:
    """A voice of ``world``: each singer as likely as another."""
    everyone = singers(world)
    mine = everyone[int(rng.integers(len(everyone)))]
    return mine[int(rng.integers(len(mine)))]


def draw_slots(rng: np.random.Generator, metre: int, bars: int, beat_seconds: float) -> tuple[tuple[Slot, ...], ...]:
    """For each line of a section of so many ``bars``, the slots of its syllables; none where there is no room for one.

    Every phrase has the same rhythms. A syllable takes one step or two, the last of a line what is left.
    """
    options = [
        (line_bars, step)
        for line_bars in (1, 2, 4)
        for step in (0.5, 1.0)
        if line_bars <= bars
        and SECONDS[0] <= line_bars * metre * beat_seconds <= SECONDS[1]
        and SYLLABLE[0] <= step * beat_seconds <= SYLLABLE[1]
        and _most(metre, line_bars, step, beat_seconds) >= SYLLABLES[0] + 1
    ]
    if not options:
        return ()
    # A line of many more steps than syllables would leave the singer waiting.
    tight = [(line_bars, step) for line_bars, step in options if line_bars * metre / step <= 2 * SYLLABLES[1]]
    options = tight or options
    line_bars, step = options[int(rng.integers(len(options)))]
    most = _most(metre, line_bars, step, beat_seconds)
    phrase = max(1, phrase_bars(bars)[0] // line_bars)
    rhythms = [_line(rng, most, step, round(line_bars * metre / step), beat_seconds) for _ in range(phrase)]
    return tuple(
        tuple((number * line_bars * metre + beat, beats) for beat, beats in rhythms[number % phrase])
        for number in range(bars // line_bars)
    )


def _most(metre: int, bars: int, step: float, beat_seconds: float) -> int:
    """Syllables that a line can have, one a step, before a breath."""
    steps = round(bars * metre / step) - math.ceil(BREATH / (step * beat_seconds))
    return min(steps, SYLLABLES[1] - 1)


def _line(rng: np.random.Generator, most: int, step: float, steps: int, beat_seconds: float) -> tuple[Slot, ...]:
    count = int(rng.integers(max(SYLLABLES[0], most // 2), most + 1))
    spare = steps - count - math.ceil(BREATH / (step * beat_seconds))
    lengths = np.ones(count, int)
    for index in rng.permutation(count - 1)[: int(rng.integers(0, spare + 1))]:
        lengths[index] += 1
    spare -= int(lengths.sum()) - count
    lengths[-1] += min(spare, max(0, int(LAST / (step * beat_seconds)) - 1))
    starts = np.cumsum([0, *lengths[:-1]])
    return tuple((start * step, length * step) for start, length in zip(starts.tolist(), lengths.tolist(), strict=True))
