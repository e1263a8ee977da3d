"""What is said in a talk before anybody says it: lines in beats, and what they establish."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from afnext.scenes.scene import Emotion, FactKind, Manner, Role
from afnext.scenes.talks.grammar import plain_words


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who takes part."""

    name: str
    sex: Literal["man", "woman"]


@dataclass(frozen=True, slots=True)
class Line:
    """One utterance.

    A back-channel is said into the turn before it. An interruption cuts off the turn before it, of which only the first
    ``safe`` words are certain to be said.
    """

    who: int
    """Index of the speaker in the cast."""
    text: str
    """Lower case, with the commas and marks that a synthesiser needs to say it well."""
    role: Role = "turn"
    manner: Manner = "plain"
    emotion: Emotion = "neutral"
    safe: int | None = None

    @property
    def words(self) -> list[str]:
        """As in a transcript."""
        return plain_words(self.text)


@dataclass(frozen=True, slots=True)
class Claim:
    """A fact of the truth before its lines are utterances: see :class:`~afnext.scenes.scene.Fact`."""

    kind: FactKind
    about: str
    value: str
    who: int
    lines: tuple[int, ...]
    """Places in the whole script."""
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Beat:
    """A few lines that belong together. A talk may end after any beat."""

    lines: tuple[Line, ...]
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """A talk about one topic."""

    topic: str
    cast: tuple[Person, ...]
    beats: tuple[Beat, ...]

    def lines(self, beats: int | None = None) -> list[Line]:
        """Those of the first ``beats`` beats, or of all."""
        return [line for beat in self.beats[:beats] for line in beat.lines]

    def claims(self, beats: int | None = None) -> list[Claim]:
        """What stands at the end of the first ``beats`` beats, or of all: the last word about everything."""
        return list({claim.about: claim for claim in self._told(beats)}.values())

    def _told(self, beats: int | None) -> Iterator[Claim]:
        for beat in self.beats[:beats]:
            yield from beat.claims
