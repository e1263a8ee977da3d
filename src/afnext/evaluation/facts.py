"""What the data say of a sample, in the groups that scores are broken down by. The borders of the groups stand here."""

import math
import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from afnext.evaluation.record import Record

SECONDS = (10.0, 30.0, 120.0, 600.0)
"""Borders of the lengths of recordings: a sentence, a window of the model, a clip, a conversation, a talk."""
POSITIONS = (0.2, 0.4, 0.6, 0.8)
"""Borders of the places of the evidence: fifths of the recording."""
EVENTS = (2, 4, 7, 13)
"""Borders of the numbers of events in the recording."""
SPEAKERS = (1, 2, 3, 4)
"""Borders of the numbers of speakers."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of one of a sample's recordings (``clip``, from 0), in seconds, and what is heard there."""

    start: float
    end: float
    text: str = ""
    clip: int = 0


def duration(record: Record) -> float | None:
    """Seconds of all recordings of the sample together, or None where it is not told."""
    return _number(record, "duration", "seconds")


def evidence(record: Record) -> list[Stretch]:
    """The parts of the recordings that decide the answer, as far as they are told.

    They may be told as ``[start, end]``, ``[start, end, text]`` or objects with ``start``, ``end`` and perhaps ``clip``
    and ``text``; what is none of these is passed over.
    """
    return _stretches(record.facts.get("evidence"))


def heard(record: Record) -> list[Stretch] | None:
    """All that happens in the recordings, where the data tell it (``events``, a list); else None."""
    told = record.facts.get("events")
    return _stretches(told) if isinstance(told, list | tuple) else None


def position(record: Record) -> float | None:
    """Where the evidence begins, from 0 to 1 of the recording, or None."""
    told, seconds, spans = _number(record, "position"), duration(record), evidence(record)
    if told is None and seconds and spans and len(record.audio) < 2:
        told = spans[0].start / seconds
    return None if told is None else min(1.0, max(0.0, told))


def _named(*names: str) -> Callable[[Record], str]:
    def read(record: Record) -> str:
        for name in names:
            value = record.facts.get(name)
            if isinstance(value, str) and value.strip():
                return value.strip()
            if isinstance(value, list | tuple) and value and all(isinstance(one, str) for one in value):
                return " and ".join(sorted(value))
            if isinstance(value, int) and not isinstance(value, bool):
                return str(value)
        return ""

    return read


def _of_seconds(record: Record) -> str:
    value = duration(record)
    return "" if value is None else _between(value, SECONDS, lambda border: f"{border:g} s")


def _of_position(record: Record) -> str:
    value = position(record)
    return "" if value is None else _between(value, POSITIONS, lambda border: f"{border:.0%}")


def _of_events(record: Record) -> str:
    return _counted(record, EVENTS, "events")


def _of_speakers(record: Record) -> str:
    return _counted(record, SPEAKERS, "speakers")


DIMENSIONS: Mapping[str, Callable[[Record], str]] = {
    "task": lambda record: record.task,
    "skill": _named("skill", "task_name", "sub_category", "sub_cat", "category"),
    "domain": _named("domain"),
    "modality": _named("modality", "task"),
    "difficulty": _named("difficulty"),
    "duration": _of_seconds,
    "position of the evidence": _of_position,
    "events": _of_events,
    "language": _named("language"),
    "speakers": _of_speakers,
}
"""What scores are broken down by: name -> the group of a record, "" where nothing is told."""


def order_of(group: str) -> tuple[float, str]:
    """A key by which groups stand in the order of their borders, and others in that of the alphabet."""
    number = re.match(r"\d+(?:\.\d+)?", group)
    return (-1.0 if group.startswith("under ") else float(number[0]) if number else 0.0), group


def _between(value: float, borders: Sequence[float], told: Callable[[float], str]) -> str:
    place = bisect_right(borders, value)
    if place == 0:
        return f"under {told(borders[0])}"
    if place == len(borders):
        return f"{told(borders[-1])} and more"
    return f"{told(borders[place - 1])} to under {told(borders[place])}"


def _counted(record: Record, borders: Sequence[int], name: str) -> str:
    told = record.facts.get(name)
    value = float(len(told)) if isinstance(told, list | tuple) else _number(record, name)
    if value is None and isinstance(hardness := record.facts.get("hardness"), Mapping):
        value = _finite(hardness.get(name))
    if value is None or value < 0:
        return ""
    place = bisect_right(borders, value)
    low = borders[place - 1] if place else 0
    if place == len(borders):
        return f"{low} and more"
    return f"{low}" if low == borders[place] - 1 else f"{low} to {borders[place] - 1}"


def _number(record: Record, *names: str) -> float | None:
    return next((value for name in names if (value := _finite(record.facts.get(name))) is not None), None)


def _finite(value: Any) -> float | None:
    right = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if right else None


def _stretches(told: Any) -> list[Stretch]:
    return [found for item in told if (found := _stretch(item))] if isinstance(told, list | tuple) else []


def _stretch(item: Any) -> Stretch | None:
    if isinstance(item, list | tuple):
        item = dict(zip(("start", "end", "text"), item, strict=False))
    if not isinstance(item, Mapping):
        return None
    start, end = _finite(item.get("start")), _finite(item.get("end"))
    if start is None or end is None or not 0 <= start <= end:
        return None
    text, clip = item.get("text") or item.get("label") or "", item.get("clip")
    return Stretch(start, end, text if isinstance(text, str) else "", clip if isinstance(clip, int) and clip > 0 else 0)
