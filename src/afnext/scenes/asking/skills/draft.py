"""A question before it is decided whether options are offered, and how hard it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from afnext.dialogue.timestamps import Span
from afnext.scenes.asking.wording import Worded
from afnext.scenes.scene import Event, Scene


class Timed(Protocol):
    """Anything with a place in time: an event, a word, a chord, a span. Seconds."""

    @property
    def start(self) -> float:
        """When it begins."""

    @property
    def end(self) -> float:
        """When it ends."""


@dataclass(frozen=True)
class Draft:
    """A question whose answer is beyond doubt.

    Attributes:
        words: the question.
        answer: in the one spelling of its skill.
        evidence: what decides the answer.
        trace: the reasoning, each step with its time; None where the answer says it all.
        near: wrong answers, the nearest first.
        carriers: the events that the evidence lies in; by default those that are themselves evidence.
        pool: answers given under this name, in whatever scene, are wrong answers for one another.
        choice_only: makes no sense without options.
        clips: of a question about several recordings, which of them (from 0) each piece of evidence lies in.
    """

    words: Worded
    answer: str
    evidence: Sequence[Timed]
    trace: str | None = None
    near: Sequence[str] = ()
    carriers: Sequence[Event] = ()
    pool: str | None = None
    choice_only: bool = False
    clips: tuple[int, ...] = ()


@dataclass(frozen=True)
class Hardness:
    """What makes a question hard, measured on its evidence.

    Attributes:
        events: how many the recording holds (all recordings of a question together).
        overlap: share of the evidence's time in which something else sounds, 0 to 1.
        level: decibels from the loudest of all else, or from the background where nothing else sounds, to the quietest
            piece of evidence: negative where it is quieter. None where there is nothing to compare with.
        distance: seconds from the end of the first piece of evidence to the start of the last; 0 for one piece.
    """

    events: int
    overlap: float
    level: float | None
    distance: float


def hardness(scenes: Sequence[Scene], draft: Draft) -> Hardness:
    """How hard ``draft`` is, a question about ``scenes``, of which there is mostly one. The hardest of them counts."""
    clips = draft.clips or (0,) * len(draft.evidence)
    each = [
        _in_one(scene, draft, [piece for clip, piece in zip(clips, draft.evidence, strict=True) if clip == number])
        for number, scene in enumerate(scenes)
    ]
    levels = [one.level for one in each if one.level is not None]
    return Hardness(
        sum(one.events for one in each),
        max(one.overlap for one in each),
        min(levels, default=None),
        max(one.distance for one in each),
    )


def _in_one(scene: Scene, draft: Draft, evidence: Sequence[Timed]) -> Hardness:
    pieces = sorted((Span(piece.start, piece.end) for piece in evidence), key=lambda piece: piece.start)
    if not pieces:
        return Hardness(len(scene.events), 0.0, None, 0.0)
    whole = {(piece.start, piece.end) for piece in pieces}
    carrying = {id(event) for event in draft.carriers}
    carriers = [
        event for event in scene.events if (id(event) in carrying if carrying else (event.start, event.end) in whole)
    ]
    mine = {id(event) for event in carriers}
    others = [event for event in scene.events if id(event) not in mine]
    total = sum(piece.end - piece.start for piece in pieces)
    overlap = sum(_covered(piece, others) for piece in pieces) / total if total else 0.0
    loudest = max((other.level for other in others), default=scene.background.level if scene.background else None)
    quietest = min((event.level for event in carriers), default=None)
    level = None if loudest is None or quietest is None else round(quietest - loudest, 1)
    distance = max(0.0, pieces[-1].start - pieces[0].end)
    return Hardness(len(scene.events), round(overlap, 3), level, round(distance, 2))


def _covered(piece: Span, others: Iterable[Event]) -> float:
    """Seconds of ``piece`` in which one of ``others``, sorted by start, sounds."""
    covered, reached = 0.0, piece.start
    for other in others:
        begin, end = max(reached, other.start), min(piece.end, other.end)
        covered += max(0.0, end - begin)
        reached = max(reached, end)
    return covered
