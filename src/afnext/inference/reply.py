"""What comes back: the answer, the reasoning before it, the moments both name, and what it cost."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from afnext.dialogue.timestamps import Timed, clock, parse

FinishReason = Literal["stop", "length", "repetition"]
Verdict = Literal["holds", "fails", "unknown"]


@dataclass(frozen=True)
class Usage:
    """What the request took: seconds of sound heard, tokens read (audio slots included) and tokens written.

    Of those read, ``cached_tokens`` had been read before, for another question.
    """

    audio_seconds: float
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = field(default=0, compare=False)


@dataclass(frozen=True)
class HeardPart:
    """A part of a recording that was too long to be heard whole: ``start`` and ``end`` in seconds, what was asked of it
    and answered, times counted from the recording's beginning."""

    start: float
    end: float
    question: str
    text: str

    @property
    def clock(self) -> str:
        """``0:00-29:37``."""
        return f"{clock(self.start)}-{clock(self.end)}"


@dataclass(frozen=True)
class Check:
    """A step heard again: whether the sound that it cites holds what it claims."""

    start: float
    end: float
    """The cited span, in seconds."""

    claim: str
    """What the step says is heard there; empty if it says nothing."""

    probability: float | None
    """That the claim is true, in the model's own judgement; None if it could not be asked."""

    verdict: Verdict
    """``holds``: a probability of a half or more. ``fails``: less, or a span that does not lie within the recording
    (probability 0). ``unknown``: it could not be asked: no claim, no recording, a claim too long to be asked
    about, or a model that cannot check."""

    recording: int | None
    """Which recording, from 0, bears the claim out best, or was heard alone; None if none was heard."""


@dataclass(frozen=True)
class Reply:
    """A finished answer. ``str(reply)`` is its text."""

    text: str
    """The answer, without the reasoning."""

    reasoning: str
    """What stood in ``<think>...</think>``; empty if the model did not reason."""

    steps: tuple[Timed, ...]
    """The reasoning's steps that name a moment: ``start`` and ``end`` in seconds, ``text``."""

    events: tuple[Timed, ...]
    """The answer's parts that name a moment."""

    usage: Usage
    finish_reason: FinishReason
    """``stop``: the model ended, or met a stop string. ``length``: the tokens ran out, and the text is cut.
    ``repetition``: the model went in circles, and the text is cut behind the first round."""

    truncated: bool
    """Whether a recording was over the limit and only its beginning was heard."""

    notes: tuple[str, ...] = ()
    """What was done that the text does not show, one sentence each."""

    parts: tuple[HeardPart, ...] = ()
    """Of a recording over the limit that was heard in parts (``over_limit="stitch"``): what each gave."""

    raw: str = ""
    """The text exactly as the model wrote it."""

    checks: tuple[Check, ...] = ()
    """Where it was verified: a check of each step, or of each event where there are no steps."""

    grounding: float | None = None
    """The mean probability of the checks; None where there is none."""

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> dict[str, Any]:
        """All fields as plain values."""
        return asdict(self)

    def to_json(self) -> str:
        """All fields as one line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)


def read_reply(
    raw: str,
    *,
    usage: Usage,
    finish_reason: FinishReason,
    truncated: bool = False,
    notes: Sequence[str] = (),
    duration: float | None = None,
) -> Reply:
    """Turn what the model wrote into a reply. Nothing a model writes raises; what is odd in it becomes a note.

    Args:
        raw: the text as it was written.
        usage: what it took.
        finish_reason: why it ended.
        truncated: whether a recording was cut.
        notes: remarks so far.
        duration: seconds of the longest recording, to notice times beyond it.
    """
    parsed = parse(raw, duration=duration)
    remarks = [*notes, *(f"in the model's answer: {problem}" for problem in parsed.problems)]
    if finish_reason == "length":
        remarks.append(f"the answer was cut at {usage.completion_tokens} tokens; a higher max_new_tokens lets it go on")
    if finish_reason == "repetition":
        remarks.append("the answer went in circles and was cut; stop_loops=False lets it go on")
    return Reply(
        text=parsed.answer,
        reasoning=parsed.reasoning,
        steps=parsed.steps,
        events=parsed.events,
        usage=usage,
        finish_reason=finish_reason,
        truncated=truncated,
        notes=tuple(remarks),
        raw=raw,
    )
