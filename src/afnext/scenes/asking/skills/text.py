"""How answers and steps of reasoning are spelt."""

import re
from collections.abc import Iterable, Sequence

from afnext.dialogue.timestamps import format_span
from afnext.scenes.asking.phrasing import ORDINALS, cited, mention
from afnext.scenes.asking.skills.draft import Timed
from afnext.scenes.scene import Event

NTH = (*ORDINALS, "seventh", "eighth", "ninth", "tenth")
MOST_COUNTED = 6
MOST_QUOTED = 15
"""Words of an utterance that is quoted to point at it."""


def at(piece: Timed) -> str:
    """``<t>1.2-2.0</t>``."""
    return format_span(piece.start, piece.end)


def ats(pieces: Iterable[Timed]) -> str:
    """``<t>1.2-2.0</t>, <t>5.0-5.8</t>``."""
    return ", ".join(map(at, pieces))


def hull(pieces: Sequence[Timed]) -> str:
    """The span from the first start to the last end."""
    return format_span(min(piece.start for piece in pieces), max(piece.end for piece in pieces))


def words(events: Iterable[Event]) -> str:
    """What is said, one after the other."""
    return " ".join(event.text or "" for event in events)


def quoted(event: Event) -> str:
    """``"room two" (<t>1.2-2.0</t>)``."""
    return f'"{event.text}" ({at(event)})'


def heard(events: Sequence[Event]) -> str:
    """One sentence for each event: "I hear the piano (<t>1.2-2.0</t>).", closer together where they are many."""
    return "I hear " + ", then ".join(map(cited, events)) + "."


def times_of(events: Sequence[Event]) -> str:
    """The times of one label: "I hear a dog barking at <t>1.2-2.0</t>, <t>5.0-5.8</t>."."""
    return f"I hear {mention(events[0].label)} at {ats(events)}."


def spaced(text: str) -> str:
    """The words of ``text``, in lower case, with single spaces and without marks."""
    return " ".join(re.findall(r"[\w']+", text.lower()))


def times(count: int) -> str:
    """``once``, ``twice``, ``3 times``."""
    return {0: "not at all", 1: "once", 2: "twice"}.get(count, f"{count} times")


def tenths(seconds: float) -> int:
    """Seconds as written, in tenths."""
    return round(10 * round(seconds, 1))


def as_seconds(number: int) -> str:
    """Tenths as an answer: "2.3 seconds"."""
    return f"{number / 10:.1f} seconds"
