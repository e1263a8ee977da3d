"""A piece as it is played: every note of every part, every line of the singer, and the form they make, in seconds.

Seconds count from the first beat.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

from afnext.scenes.music.form import Form
from afnext.scenes.music.harmony import Key
from afnext.scenes.music.phrases import Note
from afnext.scenes.scene import Beat, Stretch, Tempo
from afnext.scenes.speech.voices import Voice
from afnext.scenes.worlds import World

REST = 2.0
"""Seconds without a note after which a part counts as coming in anew."""


@dataclass(frozen=True)
class Part:
    """What one instrument plays, by its ``patch`` (a General MIDI program, or a drum kit), in one role."""

    role: str
    instrument: str
    patch: int
    notes: tuple[Note, ...]

    @property
    def drums(self) -> bool:
        """Whether its pitches are drums."""
        return self.instrument == "drums"

    @property
    def identity(self) -> str:
        """What must not be shared between worlds."""
        return f"{self.instrument}:{self.patch}"

    def stints(self) -> Iterator[tuple[Note, ...]]:
        """Its notes from each entry to the next rest of ``REST`` seconds."""
        first, until = 0, self.notes[0].end
        for index, note in enumerate(self.notes):
            if note.start - until >= REST:
                yield self.notes[first:index]
                first = index
            until = max(until, note.end)
        yield self.notes[first:]


@dataclass(frozen=True)
class SungLine:
    """``words``, each with the number of its syllables; a note for each syllable, one right behind the other.

    Where the line is spoken in rhythm, the notes have pitch 0.
    """

    words: tuple[tuple[str, int], ...]
    notes: tuple[Note, ...]

    @property
    def text(self) -> str:
        """The words with single spaces."""
        return " ".join(word for word, _ in self.words)


@dataclass(frozen=True)
class Score:
    """A whole piece of one world.

    Attributes:
        seed: the same seed and wishes gave the same score.
        harmony: chords by beat, as (first, last, name), where a part plays them.
        singer: whose lines they are; None without lines.
    """

    seed: int
    world: World
    form: Form
    harmony: tuple[tuple[float, float, str], ...]
    parts: tuple[Part, ...]
    lines: tuple[SungLine, ...]
    singer: Voice | None

    @property
    def key(self) -> Key:
        """In which it begins."""
        return self.form.sections[0].key

    @property
    def sung(self) -> bool:
        """Whether lines are sung, not spoken."""
        return bool(self.lines) and self.lines[0].notes[0].pitch > 0

    @cached_property
    def beats(self) -> tuple[Beat, ...]:
        """Every beat, its number counted from the beginning of its bar."""
        metre, seconds = self.form.metre, self.form.metronome.seconds
        return tuple(Beat(seconds(beat), beat % metre + 1) for beat in range(self.form.beats))

    @cached_property
    def tempos(self) -> tuple[Tempo, ...]:
        """Every tempo and when it begins."""
        metronome = self.form.metronome
        return tuple(Tempo(metronome.seconds(pace.beat), pace.bpm) for pace in metronome.paces)

    @cached_property
    def chords(self) -> tuple[Stretch, ...]:
        """Chords where they are heard; one that is struck again goes on."""
        return self._stretches(joined(self.harmony))

    @cached_property
    def sections(self) -> tuple[Stretch, ...]:
        """The sections, one right behind the other."""
        return self._stretches([(section.first, section.last, section.name) for section in self.form.sections])

    @cached_property
    def dynamics(self) -> tuple[Stretch, ...]:
        """How loud it is played, neighbours of one name joined."""
        return self._stretches(joined([(each.first, each.last, each.dynamic) for each in self.form.sections]))

    @cached_property
    def keys(self) -> tuple[Stretch, ...]:
        """The key, neighbours of one name joined."""
        return self._stretches(joined([(each.first, each.last, each.key.name) for each in self.form.sections]))

    def _stretches(self, spans: Sequence[tuple[float, float, str]]) -> tuple[Stretch, ...]:
        seconds = self.form.metronome.seconds
        return tuple(Stretch(seconds(first), seconds(last), name) for first, last, name in spans)


@overload
def steady(values: Sequence[Tempo], first: float, last: float) -> float | None: ...
@overload
def steady(values: Sequence[Stretch], first: float, last: float) -> str | None: ...
def steady(values: Sequence[Tempo | Stretch], first: float, last: float) -> float | str | None:
    """The tempo, or the key, from second ``first`` to ``last``, if it is one all the time."""
    starts = [value[0] for value in values]
    within = values[max(0, bisect_right(starts, first) - 1) : bisect_left(starts, last)]
    told = {value[-1] for value in within}
    return told.pop() if len(told) == 1 else None


def joined(spans: Sequence[tuple[float, float, str]]) -> list[tuple[float, float, str]]:
    """``spans`` with neighbours of one name made one; a crescendo behind another begins anew."""
    whole = list[tuple[float, float, str]]()
    for first, last, name in spans:
        if whole and whole[-1][1:] == (first, name) and name != "crescendo":
            whole[-1] = (whole[-1][0], last, name)
        else:
            whole.append((first, last, name))
    return whole
