"""A sample's recordings with what is known and what was said of them on a line of time: what the page draws."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from afnext.dialogue.timestamps import parse
from afnext.evaluation.facts import Stretch, duration, evidence, heard
from afnext.evaluation.record import Record
from afnext.evaluation.runs import Run
from afnext.evaluation.sounds import seconds_of

WIDTH = 1000.0
THINNEST = 4.0
"""Of a span on the line, so that it can be hit."""
STEPS = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
"""Seconds from tick to tick."""
MOST_TICKS = 10
SAME = 0.05
"""Seconds by which a span of evidence and an event may differ and be the same."""
MOST_SPANS = 60
"""Of one lane: a model that went in circles names hundreds."""


@dataclass(frozen=True)
class Mark:
    """A span from ``start`` to ``end`` (seconds), drawn from ``left`` on."""

    start: float
    end: float
    text: str
    left: float
    width: float


@dataclass(frozen=True)
class Lane:
    """Spans of one kind: "truth" (evidence), "step" (of the reasoning) or "event" (of the answer)."""

    kind: str
    name: str
    spans: tuple[Mark, ...]


@dataclass(frozen=True)
class Tick:
    """A time that is written below the line; ``anchor`` as in SVG."""

    text: str
    left: float
    anchor: str


@dataclass(frozen=True)
class Clip:
    """One recording of a sample.

    Attributes:
        name: of its player in the page.
        digest: of its samples.
        seconds: its length, or the end of the last span where that is not known.
        path: where the run keeps it; "" where it does not.
        link: the same, from the page.
        embedded: whether the page holds its sound.
        lanes: what is drawn.
        ticks: the times below.
    """

    name: str
    digest: str
    seconds: float
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    path: str = ""
    link: str = ""
    embedded: bool = False


def clips(run: Run, record: Record, name: str) -> list[Clip]:
    """The recordings of ``record``, none of them embedded yet.

    Times that the model wrote are drawn where there is one recording alone: they do not say which they are of.
    """
    alone, known = len(record.audio) == 1, _told(record)
    steps = [Stretch(step.start, step.end, step.text) for step in record.steps] if alone else []
    events = [Stretch(event.start, event.end, event.text) for event in parse(record.text).events] if alone else []
    made = []
    for number, digest in enumerate(record.audio):
        path = run.folder.sound(record.task, digest)
        own = {
            ("truth", "evidence"): [span for span in known if span.clip == number],
            ("step", "reasoning"): steps,
            ("event", "answer"): events,
        }
        told = (seconds_of(path) if path else None) or (duration(record) if alone else None)
        end = told or max((span.end for spans in own.values() for span in spans), default=0.0)
        lanes = tuple(Lane(*kind, _drawn(spans, end)) for kind, spans in own.items() if spans and end > 0)
        clip = Clip(f"{name}-{number}", digest, end, lanes, ticks(end) if lanes else ())
        made.append(clip if path is None else replace(clip, path=str(path)))
    return made


def _told(record: Record) -> list[Stretch]:
    """The evidence; a span without words has those of what is heard there, where that is known."""
    events = heard(record) or []
    named = []
    for span in evidence(record):
        same = [
            event.text
            for event in events
            if event.clip == span.clip and max(abs(event.start - span.start), abs(event.end - span.end)) <= SAME
        ]
        named.append(span if span.text else replace(span, text=", ".join(same)))
    return named


def ticks(seconds: float) -> tuple[Tick, ...]:
    """The times below a line of ``seconds``, at most ten steps of a round length."""
    step = next((step for step in STEPS if seconds / step <= MOST_TICKS), STEPS[-1])
    return tuple(
        Tick(clock(number * step), round(WIDTH * number * step / seconds, 1), "middle" if number else "start")
        for number in range(int(seconds / step) + 1)
        if number * step <= 0.97 * seconds
    )


def clock(seconds: float) -> str:
    """A time as it is written below a line.

    >>> clock(7.5), clock(60), clock(3661)
    ('7.5', '1:00', '1:01:01')
    """
    if seconds < 60:
        return f"{seconds:g}"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"


def _drawn(spans: Sequence[Stretch], seconds: float) -> tuple[Mark, ...]:
    drawn = []
    for span in spans[:MOST_SPANS]:
        left = min(WIDTH - THINNEST, WIDTH * span.start / seconds)
        width = max(THINNEST, min(WIDTH, WIDTH * span.end / seconds) - left)
        drawn.append(Mark(round(span.start, 3), round(span.end, 3), span.text, round(left, 1), round(width, 1)))
    return tuple(drawn)
