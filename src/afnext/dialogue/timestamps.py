"""Times and reasoning in text: ``<t>12.4-15.0</t>`` and ``<think>...</think>``, written, read and checked.

What a model wrote is never refused. ``parse`` takes any string; whatever does not fit is named in ``problems``.

Two conventions are read, and the first is written. *Seconds*: ``<t>12.4-15.0</t>``, also ``<t>12.4 - 15</t>``.
*Minutes*, seen in released models' output: minutes, a point, two digits of seconds and a digit of tenths, so that
``1.034`` is 1:03.4.
"""

import math
import re
from dataclasses import dataclass
from typing import Literal

from afnext.base.errors import ConversationError

Convention = Literal["seconds", "minutes"]

THINK = "Reason step by step with timestamps, then give the final answer."
"""Put after a question, this makes the Think checkpoints reason (their model card); scenes teach it to ours."""

_NUMBER = r"[0-9]{1,6}(?:\.[0-9]{1,6})?"
_BOUNDS = re.compile(rf"\s*({_NUMBER})\s*s?\s*(?:-|–|—|to)\s*({_NUMBER})\s*s?\s*")
_TAG = re.compile(r"<t>([^<>]{0,64})</t>")
_STRAY = re.compile(r"</?t>")
_BRACKET = re.compile(rf"\[\s*({_NUMBER})\s*-\s*({_NUMBER})\s*\]")  # lyrics: [11.0 - 14.0] "..."
_ANSWER = re.compile(r"</?answer>")  # Music Flamingo's
_THINK = re.compile(r"</?think>")
_LEAD = re.compile(r"[\s\-*•(\[#]*(?:[0-9]{1,3}[.)]\s+)?[(\[]?")
_AROUND = " \t\r\n,;:.()[]-–—•*"
_CLAUSE = re.compile(r"(?<=[.!?])\s+|[;\n]")
_INDENT = re.compile(r"^[ \t]*", re.MULTILINE)
_MOST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in seconds from the start of the recording."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Timed:
    """Something said to happen from ``start`` to ``end`` (seconds)."""

    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A reply as data.

    Attributes:
        reasoning: what stands in ``<think>``, or "".
        answer: the rest.
        steps: the reasoning, divided at its times: each step is the narrative that leads up to a span.
        events: what the answer says happens when.
        problems: what did not fit, one line each.
        convention: how the times were read.
    """

    reasoning: str
    answer: str
    steps: tuple[Timed, ...]
    events: tuple[Timed, ...]
    problems: tuple[str, ...]
    convention: Convention


def format_span(start: float, end: float) -> str:
    """``<t>12.4-15.0</t>``: seconds with one decimal.

    >>> format_span(12.4, 15)
    '<t>12.4-15.0</t>'

    Raises:
        ConversationError: not 0 <= start <= end, or not finite.
    """
    if not 0 <= start <= end < math.inf:
        raise ConversationError(f"a span from {start} to {end} s", expected="0 <= start <= end")
    return f"<t>{abs(start):.1f}-{end:.1f}</t>"  # abs: a zero may bear a minus


def clock(seconds: float) -> str:
    """``30:00``, ``1:02:03``: minutes and seconds, with hours where there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def format_reply(answer: str, reasoning: str = "") -> str:
    """The text of an assistant turn: reasoning within ``<think>``, a blank line, the answer; or the answer alone.

    Raises:
        ConversationError: a think tag within the reasoning or the answer.
    """
    if _THINK.search(reasoning) or _THINK.search(answer):
        raise ConversationError("a <think> tag within an answer or its reasoning", expected="neither to hold one")
    return f"<think>{reasoning.strip()}</think>\n\n{answer.strip()}" if reasoning.strip() else answer.strip()


def spans(text: str, convention: Convention | None = None) -> list[Span]:
    """Every span of ``text`` that can be read and runs forwards, as written; ``convention`` as in ``parse``."""
    return [tag.span for tag in _find(text, convention or _guess(text, None), []) if tag.span is not None]


def without_spans(text: str) -> str:
    """``text`` with its ``<t>`` spans left out and the blanks around them made one."""
    return re.sub(r"[ \t]{2,}", " ", _STRAY.sub("", _TAG.sub("", text))).strip()


def shifted(text: str, seconds: float, *, convention: Convention | None = None) -> str:
    """``text`` with every span that can be read moved by ``seconds``, and written in seconds; the rest as it was.

    >>> shifted("a dog <t>1.0-2.5</t>, and <t>x</t>", 60)
    'a dog <t>61.0-62.5</t>, and <t>x</t>'
    """
    pieces, end = list[str](), 0
    for tag in _find(text, convention or _guess(text, None), []):
        if tag.span is not None:
            pieces += [text[end : tag.first], format_span(tag.span.start + seconds, tag.span.end + seconds)]
            end = tag.last
    return "".join([*pieces, text[end:]])


def parse(text: str, *, convention: Convention | None = None, duration: float | None = None) -> Parsed:
    """Read a reply. Never raises, whatever the string.

    Args:
        text: what a model wrote.
        convention: how its times are meant. By default it is guessed: minutes where there are fractions, each of three
            digits with the first two below 60, and no time read so lies beyond ``duration``; else seconds.
        duration: seconds of the recording, so that times beyond its end are noticed.
    """
    problems: list[str] = []
    reasoning, answer = _divide(text, problems)
    convention = convention or _guess(text, duration)
    steps = _timed(reasoning, convention, problems, clause=False)
    events = _timed(answer, convention, problems, clause=True)
    if duration is not None:
        late = [item for item in (*steps, *events) if item.end > duration + 0.05]
        problems += [f"{item.start:.1f}-{item.end:.1f} s ends after the recording ({duration:.1f} s)" for item in late]
    if len(problems) > _MOST_PROBLEMS:
        problems[_MOST_PROBLEMS:] = [f"and {len(problems) - _MOST_PROBLEMS} more"]
    return Parsed(reasoning, answer, tuple(steps), tuple(events), tuple(problems), convention)


@dataclass(frozen=True, slots=True)
class _Tag:
    """What is written as a span, from character ``first`` to ``last``; ``span`` is None where it cannot be one."""

    span: Span | None
    first: int
    last: int


def _divide(text: str, problems: list[str]) -> tuple[str, str]:
    """Reasoning and answer."""
    opening = text.find("<think>")
    closing = text.find("</think>", max(opening, 0))
    if closing < 0 and opening < 0:
        reasoning, answer = "", text
    elif closing < 0:
        problems.append("<think> was not closed: what follows is read as reasoning")
        reasoning, answer = text[opening + len("<think>") :], text[:opening]
    else:
        if opening < 0:
            problems.append("</think> without <think>: what stands before is read as reasoning")
        head = text[: max(opening, 0)]
        reasoning = text[opening + len("<think>") if opening >= 0 else 0 : closing]
        answer = head + text[closing + len("</think>") :]
        if head.strip():
            problems.append("words before <think>: read as a part of the answer")
    if _THINK.search(reasoning) or _THINK.search(answer):
        problems.append("more than one pair of <think> tags")
    return _THINK.sub("", reasoning).strip(), _ANSWER.sub("", _THINK.sub("", answer)).strip()


def _guess(text: str, duration: float | None) -> Convention:
    bounds = [bound for tag in _TAG.findall(text) if (found := _BOUNDS.fullmatch(tag)) for bound in found.groups()]
    fractions = [bound.partition(".")[2] for bound in bounds if "." in bound]
    if not fractions or any(len(digits) != 3 or int(digits[:2]) >= 60 for digits in fractions):
        return "seconds"
    if duration is not None and max(_seconds(bound, "minutes") for bound in bounds) > duration + 1:
        return "seconds"
    return "minutes"


def _seconds(bound: str, convention: Convention) -> float:
    if convention == "seconds":
        return float(bound)
    minutes, _, digits = bound.partition(".")
    digits = digits.ljust(3, "0")
    return round(int(minutes) * 60 + int(digits[:2]) + float(f"0.{digits[2:]}"), 6)


def _find(text: str, convention: Convention, problems: list[str]) -> list[_Tag]:
    """What is written as spans, in order; what is wrong with it goes to ``problems``."""
    tags: list[_Tag] = []
    last = stray = 0
    for tag in _TAG.finditer(text):
        stray += len(_STRAY.findall(text, last, tag.start()))
        last = tag.end()
        tags.append(_Tag(_span(_BOUNDS.fullmatch(tag[1]), tag[0], convention, problems), *tag.span()))
    stray += len(_STRAY.findall(text, last))
    if stray:
        problems.append(f"{stray} <t> tags without their other half")
    if not tags:
        lines = (_BRACKET.match(text, line.end()) for line in _INDENT.finditer(text))
        tags = [_Tag(_span(line, line[0], convention, problems), *line.span()) for line in lines if line]
    return tags


def _span(bounds: re.Match[str] | None, written: str, convention: Convention, problems: list[str]) -> Span | None:
    if bounds is None:
        problems.append(f"{written} is not a span of time")
        return None
    start, end = (_seconds(bound, convention) for bound in bounds.groups())
    if end < start:
        problems.append(f"{written} runs backwards")
        return None
    return Span(start, end)


def _timed(text: str, convention: Convention, problems: list[str], *, clause: bool) -> list[Timed]:
    """Each span with the words that belong to it.

    Words come after the spans where the first begins its line (``<t>3-5</t> A man speaks``), and before them elsewhere
    (``a man speaks <t>3-5</t>``). Spans with no words of their own share their neighbour's. With ``clause``, words
    before a span are only those of its last clause.
    """
    tags = _find(text, convention, problems)
    if not tags:
        return []
    edges = [0, *(edge for tag in tags for edge in (tag.first, tag.last)), len(text)]
    between = [text[edges[i] : edges[i + 1]] for i in range(0, len(edges), 2)]
    if _LEAD.fullmatch(between[0].rpartition("\n")[2]):
        words = _shared([_tidy(_without_next_bullet(own)) for own in reversed(between[1:])])[::-1]
    else:
        words = _shared([_tidy(_last_clause(own) if clause else own) for own in between[:-1]])
    return [Timed(tag.span.start, tag.span.end, own) for tag, own in zip(tags, words, strict=True) if tag.span]


def _shared(words: list[str]) -> list[str]:
    """``words`` with each empty one taken from the one before it."""
    shared = [""]
    for own in words:
        shared.append(own or shared[-1])
    return shared[1:]


def _last_clause(words: str) -> str:
    return next((part for part in reversed(_CLAUSE.split(words)) if part.strip(_AROUND)), "")


def _without_next_bullet(words: str) -> str:
    """Words up to the line that opens with the next span."""
    head, line_end, tail = words.rpartition("\n")
    return head if line_end and _LEAD.fullmatch(tail) else words


def _tidy(words: str) -> str:
    """Words without the punctuation that tied them to their span."""
    tidy = " ".join(_STRAY.sub("", words).split()).strip(_AROUND)
    return "" if tidy in ("and", "or", "then") else tidy
