"""From beats to seconds, where the tempo may change on any beat."""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from afnext.scenes.music.ensemble import on_grid


@dataclass(frozen=True)
class Pace:
    """Beats a minute from a beat on, counted from 0."""

    beat: float
    bpm: float


@dataclass(frozen=True)
class Metronome:
    """When each beat falls; ``paces`` by beat, the first at beat 0."""

    paces: tuple[Pace, ...]

    def seconds(self, beat: float) -> float:
        """When ``beat`` (or a fraction of one) comes, from the beginning; at a time at which a note can begin."""
        index = max(0, bisect_right(self.paces, beat, key=lambda pace: pace.beat) - 1)
        pace = self.paces[index]
        return on_grid(self._starts[index] + (beat - pace.beat) * 60 / pace.bpm)

    @cached_property
    def _starts(self) -> list[float]:
        """The exact second of every pace."""
        starts = [0.0]
        for pace, after in pairwise(self.paces):
            starts.append(starts[-1] + (after.beat - pace.beat) * 60 / pace.bpm)
        return starts
