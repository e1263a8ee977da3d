"""Keys, chords, and a written grammar of which chord may follow which.

There are twelve tones and twelve names for them (``TONICS``): a chord is called by these whatever the key, so that
"Eb major" is never also "D# major".
"""

from dataclasses import dataclass

import numpy as np

from afnext.scenes.music.phrases import SCALES, TONICS

QUALITIES: dict[str, tuple[int, ...]] = {
    "major": (0, 4, 7),
    "minor": (0, 3, 7),
    "diminished": (0, 3, 6),
    "dominant seventh": (0, 4, 7, 10),
}
"""Semitones above the root."""

# Each chord of a mode: semitones from the tonic to its root, and its quality.
DEGREES: dict[str, dict[str, tuple[int, str]]] = {
    "major": {
        "I": (0, "major"),
        "ii": (2, "minor"),
        "iii": (4, "minor"),
        "IV": (5, "major"),
        "V": (7, "major"),
        "V7": (7, "dominant seventh"),
        "vi": (9, "minor"),
        "vii": (11, "diminished"),
    },
    "minor": {
        "i": (0, "minor"),
        "ii": (2, "diminished"),
        "III": (3, "major"),
        "iv": (5, "minor"),
        "V": (7, "major"),  # with the raised seventh, which leads home
        "V7": (7, "dominant seventh"),
        "VI": (8, "major"),
        "VII": (10, "major"),
    },
}
# What follows, with its weight: from home away, to the chords that prepare, to the dominant, and home again.
FOLLOWS: dict[str, dict[str, dict[str, int]]] = {
    "major": {
        "I": {"IV": 4, "vi": 3, "ii": 2, "V": 3, "iii": 1},
        "ii": {"V": 4, "V7": 3, "vii": 1},
        "iii": {"vi": 3, "IV": 2},
        "IV": {"V": 4, "V7": 2, "I": 2, "ii": 2},
        "V": {"I": 5, "vi": 2},
        "V7": {"I": 5, "vi": 1},
        "vi": {"ii": 3, "IV": 4, "V": 1, "iii": 1},
        "vii": {"I": 1},
    },
    "minor": {
        "i": {"iv": 3, "VI": 3, "VII": 2, "V": 2, "ii": 1, "III": 1},
        "ii": {"V": 3, "V7": 2},
        "III": {"VI": 3, "iv": 2, "VII": 1},
        "iv": {"V": 3, "V7": 2, "i": 2, "VII": 1},
        "V": {"i": 5, "VI": 1},
        "V7": {"i": 5, "VI": 1},
        "VI": {"iv": 2, "VII": 2, "III": 1, "V": 1, "ii": 1},
        "VII": {"III": 2, "i": 2, "VI": 1},
    },
}
HOME: dict[str, tuple[str, ...]] = {"major": ("I",), "minor": ("i",)}
OPEN: dict[str, tuple[str, ...]] = {"major": ("V", "IV"), "minor": ("V", "iv", "VII")}
"""Chords on which a section may end that wants to go on."""


@dataclass(frozen=True)
class Chord:
    """A chord by its ``root``, a pitch class from 0 for C, and its quality."""

    root: int
    quality: str

    @property
    def name(self) -> str:
        """Such as "F# minor"."""
        return f"{TONICS[self.root]} {self.quality}"

    @property
    def tones(self) -> tuple[int, ...]:
        """Its pitch classes, the root first."""
        return tuple((self.root + step) % 12 for step in QUALITIES[self.quality])

    def moved(self, semitones: int) -> "Chord":
        """The same chord higher or lower."""
        return Chord((self.root + semitones) % 12, self.quality)


@dataclass(frozen=True)
class Key:
    """A ``tonic``, a pitch class from 0 for C, and a ``mode`` of ``SCALES``."""

    tonic: int
    mode: str

    @property
    def name(self) -> str:
        """Such as "F# minor"."""
        return f"{TONICS[self.tonic]} {self.mode}"

    @property
    def tones(self) -> tuple[int, ...]:
        """The pitch classes of its scale, the tonic first."""
        return tuple((self.tonic + step) % 12 for step in SCALES[self.mode])

    def moved(self, semitones: int) -> "Key":
        """The same mode on another tonic."""
        return Key((self.tonic + semitones) % 12, self.mode)

    def chord(self, degree: str) -> Chord:
        """The chord of ``degree``, a name of ``DEGREES``."""
        step, quality = DEGREES[self.mode][degree]
        return Chord((self.tonic + step) % 12, quality)

    def scale_with(self, chord: Chord) -> frozenset[int]:
        """The pitch classes that fit while ``chord`` sounds: its own, and of the scale those that it has not raised."""
        raised = {(tone - 1) % 12 for tone in chord.tones if tone not in self.tones}
        return frozenset(chord.tones) | frozenset(self.tones) - raised

    @property
    def neighbours(self) -> tuple["Key", ...]:
        """Keys to which music goes over easily: the relative, and those a fifth up and down."""
        relative = Key((self.tonic - 3) % 12, "minor") if self.mode == "major" else Key((self.tonic + 3) % 12, "major")
        return relative, self.moved(7), self.moved(5)


def progression(rng: np.random.Generator, mode: str, count: int, *, first: str, last: tuple[str, ...]) -> list[str]:
    """``count`` degrees by the grammar, from ``first`` to one of ``last``: drawn evenly by weight among all that fit.

    Where the grammar knows no way of that length, the end is put there all the same.
    """
    follows = FOLLOWS[mode]
    # ways[k][degree]: the weight of all paths of k steps from there to the end.
    ways = [{degree: int(degree in last) for degree in follows}]
    for _ in range(count - 1):
        ways.append(
            {
                degree: sum(weight * ways[-1][after] for after, weight in nexts.items())
                for degree, nexts in follows.items()
            }
        )
    degrees = [first]
    for left in reversed(range(count - 1)):
        nexts = follows[degrees[-1]]
        weights = np.array([weight * ways[left][after] for after, weight in nexts.items()], float)
        if not weights.any():
            return [*degrees, *[last[0]] * (count - len(degrees))]
        degrees.append(list(nexts)[int(rng.choice(len(weights), p=weights / weights.sum()))])
    return degrees
