"""An answer's steps heard again: does the sound that a step cites hold what the step claims?

Each step of the reasoning that names a span is checked, or each event of the answer where there is no such step. The
span alone, with a margin, is put to the model in the words of its card, in one of two ways:

* a question with a slot for the claim (``Do you hear {claim}?``) is answered with yes or no. The probability is that
  of yes against no, in either spelling;
* a question without a slot (``What do you hear first?``) has the claim for its answer. The probability is that of the
  claim's words about the span against those of the same words about silence of the same length, at even odds. A claim
  without an article is weighed with each in front, too.

Whatever a model wrote, no step raises: see ``Check.verdict``.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Protocol

import numpy as np

from afnext.audio.clip import Clip
from afnext.audio.spec import SAMPLE_RATE, SECONDS_PER_TOKEN
from afnext.base.errors import AfnextError, RequestError
from afnext.base.progress import Tell, silent
from afnext.dialogue.message import AudioPart, user
from afnext.dialogue.timestamps import Timed
from afnext.inference.card import Card
from afnext.inference.listen import Heard, Recording
from afnext.inference.prompt import CLAIM
from afnext.inference.reply import Check, Reply, Verdict
from afnext.inference.request import Request

MARGIN = 0.25
"""Seconds heard before and behind a span: as good as less, and it forgives a time that is a little off; twice as much
separates true steps from false ones less well (docs/verify.md)."""

LEAST = 0.5
"""Seconds that are heard at least: a shorter stretch is widened around its middle."""

LONGEST_RECORDING = 24 * 3600.0
"""Seconds of a recording that are read to find spans in it; only the spans are heard."""

LONGEST_CLAIM = 4_000
"""Characters of a claim that is asked about; no step that says one thing is longer."""

HOLDS = 0.5
"""The probability from which on a claim is said to hold."""

_NTH = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_SOURCE = r"(?:recording|clip|audio|file)"
_NAMED = re.compile(rf"\b(?:({'|'.join(_NTH)}) {_SOURCE}\b|{_SOURCE} ([0-9]{{1,3}}|[A-J])\b)")
_LEAD = re.compile(
    r"(?:(?:and|then|next|now|finally|after that)\b,?\s*"
    rf"|in (?:the \w+ {_SOURCE}|{_SOURCE} \w+),?\s+"
    r"|(?:I|we|you|one) (?:(?:can|could|first|then|also|again) )*hears?\s+|(?:I|we) (?:first |then |also )?heard\s+"
    r"|there (?:is|are|was|were)\s+)+",
    re.IGNORECASE,
)
_WHEN = r"\s+(?:at|from|between|during|around)"
_SOUNDS = re.compile(rf"\s+(?:(?:is|are|was|were|can be) heard(?:{_WHEN})?|(?:sounds?|plays?){_WHEN})$")
_AT = re.compile(f"{_WHEN}$")
_ARTICLE = re.compile(r"(?:a|an|the)\b", re.IGNORECASE)
_NOTHING = re.compile(r"(?:nothing of|(?:I|we|you) (?:do not|don't|cannot|can't) hear)\s+(?=\S)", re.IGNORECASE)


class Judge(Protocol):
    """What checking needs of the engine."""

    card: Card

    def score(  # noqa: D102
        self, requests: Sequence[Request], answers: Sequence[str], *, tell: Tell = silent
    ) -> list[list[float]]: ...


@dataclass(frozen=True)
class _Weighing:
    """Answers that speak for a claim and those that speak against it, each to a question about a stretch of sound."""

    denied: bool
    """Whether the claim is that nothing of this is heard."""
    requests: tuple[Request, ...]
    answers: tuple[str, ...]
    half: int
    """How many of them speak for it; the others follow."""


def check_steps(
    judge: Judge, reply: Reply, sources: Sequence[Recording | Heard], *, margin: float = MARGIN, tell: Tell = silent
) -> Reply:
    """``reply`` with ``checks``, one a step, and with ``grounding``, the mean of their probabilities.

    Args:
        judge: the model.
        reply: whose steps are checked, or whose events where it has no steps.
        sources: the recordings it is about. Of several, a step is about the one that it names ("in the second
            recording"), or that the last step before it named; before any is named, about that which bears it out best.
        margin: seconds heard before and behind each span.
        tell: told how far it is.

    Raises:
        RequestError: the margin is not a number of 0 or more.
    """
    if isinstance(margin, bool) or not isinstance(margin, int | float) or not margin >= 0:
        raise RequestError(f"margin {margin!r}", expected="seconds, 0 or more")
    steps, question = reply.steps or reply.events, judge.card.verify
    checks, asked, named = list[Check](), list[tuple[int, int, _Weighing]](), None
    for number, step in enumerate(steps):
        claim = claim_of(step.text)
        named = _named(step.text, len(sources), named)
        wanted = range(len(sources)) if named is None else [named]
        cited = {index: stretch for index in wanted if (stretch := _stretch(step, sources[index].seconds, margin))}
        nowhere = bool(claim and sources and not cited)
        checks.append(
            Check(step.start, step.end, claim, 0.0 if nowhere else None, "fails" if nowhere else "unknown", None)
        )
        if not claim or len(claim) > LONGEST_CLAIM or not question.strip():
            continue
        for index, (start, end) in cited.items():
            part = _cut(sources[index], start, end)
            asked.append((number, index, _weighing(question, claim, part, end - start)))
    found = _probabilities(judge, [weighing for _, _, weighing in asked], tell)
    for (number, index, _), probability in zip(asked, found, strict=True):
        best = checks[number].probability
        if probability is not None and (best is None or probability > best):
            verdict: Verdict = "holds" if probability >= HOLDS else "fails"
            checks[number] = replace(checks[number], probability=probability, verdict=verdict, recording=index)
    known = [check.probability for check in checks if check.probability is not None]
    unknown = len(checks) - len(known)
    note = (f"{unknown} of {len(checks)} steps could not be checked",) if unknown else ()
    grounding = sum(known) / len(known) if known else None
    return replace(reply, checks=tuple(checks), grounding=grounding, notes=(*reply.notes, *note))


def claim_of(step: str) -> str:
    """What a step says is heard: its words without what leads up to it, and without "is heard at" behind it.

    Where nothing would be left, the whole step.

    >>> claim_of("then a cow mooing"), claim_of("I hear a dog barking"), claim_of("The piano is heard at")
    ('a cow mooing', 'a dog barking', 'the piano')
    >>> claim_of("In the second recording I hear rain"), claim_of("A man asks for the time")
    ('rain', 'a man asks for the time')
    """
    whole = " ".join(step.encode("utf-8", "replace").decode().split())
    claim = whole[lead.end() :] if (lead := _LEAD.match(whole)) else whole
    bare = _SOUNDS.sub("", claim)
    found = (bare if bare != claim else _AT.sub("", claim)).strip(" ,;:.")
    if not any(character.isalnum() for character in found):
        return whole if any(character.isalnum() for character in whole) else ""
    return found[0].lower() + found[1:] if bare != claim or _ARTICLE.match(found) else found


def _named(step: str, count: int, before: int | None) -> int | None:
    """Which recording, from 0, a step is about, where it can be told."""
    if count == 1:
        return 0
    for nth, mark in _NAMED.findall(step):
        index = _NTH.index(nth) if nth else int(mark) - 1 if mark.isdigit() else ord(mark) - ord("A")
        if 0 <= index < count:
            return index
    return before


def _stretch(step: Timed, seconds: float, margin: float) -> tuple[float, float] | None:
    """What to hear of a recording: the span with its margin. None where the span is not within the recording."""
    if not 0 <= step.start <= step.end < math.inf or step.start >= seconds:
        return None
    middle = (step.start + min(step.end, seconds)) / 2
    start, end = min(step.start - margin, middle - LEAST / 2), max(step.end + margin, middle + LEAST / 2)
    return max(0.0, start), min(seconds, end)


def _cut(source: Recording | Heard, start: float, end: float) -> AudioPart:
    """The stretch alone: of a recording its sound, to be heard anew; of what was heard, that part of it."""
    if isinstance(source, Recording):
        samples = source.samples[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]
        return AudioPart(Clip(samples, rate=SAMPLE_RATE))
    last = min(source.tokens, max(1, math.ceil(end / SECONDS_PER_TOKEN)))
    first = min(int(start / SECONDS_PER_TOKEN), last - 1)
    digest = blake2b(source.digest + b"%d-%d" % (first, last), digest_size=16).digest()
    return AudioPart(Heard(source.name, end - start, source.embeddings[first:last], digest))


def _weighing(question: str, claim: str, part: AudioPart, seconds: float) -> _Weighing:
    """How a claim about a stretch of sound is weighed; see the module."""
    denied = (nothing := _NOTHING.match(claim)) is not None
    heard = claim[nothing.end() :] if nothing else claim
    if CLAIM in question:
        request = Request((user(part, question.replace(CLAIM, heard)),), over_limit="truncate")
        return _Weighing(denied, (request,) * 4, ("yes", "Yes", "no", "No"), 2)
    silence = AudioPart(Clip(np.zeros(max(1, round(seconds * SAMPLE_RATE)), np.float32), rate=SAMPLE_RATE))
    spelt = (heard,) if _ARTICLE.match(heard) else (heard, f"a {heard}", f"an {heard}", f"the {heard}")
    requests = [Request((user(sound, question),), over_limit="truncate") for sound in (part, silence) for _ in spelt]
    return _Weighing(denied, tuple(requests), spelt * 2, len(spelt))


def _probabilities(judge: Judge, weighings: Sequence[_Weighing], tell: Tell) -> list[float | None]:
    """Of each weighing, all scored together; None where it cannot be asked, such as a claim beyond the context."""
    try:
        requests = [request for weighing in weighings for request in weighing.requests]
        answers = [answer for weighing in weighings for answer in weighing.answers]
        scores = iter(judge.score(requests, answers, tell=tell))
    except AfnextError:
        return [None] if len(weighings) == 1 else [_probabilities(judge, [one], tell)[0] for one in weighings]
    return [_probability(weighing, [math.fsum(next(scores)) for _ in weighing.answers]) for weighing in weighings]


def _probability(weighing: _Weighing, scores: Sequence[float]) -> float | None:
    """Of what speaks for the claim, against what speaks against it; ``scores`` are logarithms."""
    for_it, against = (float(np.logaddexp.reduce(some)) for some in (scores[: weighing.half], scores[weighing.half :]))
    if not math.isfinite(for_it - against):
        return None
    probability = 0.5 * (1 + math.tanh((for_it - against) / 2))  # the logistic function, which cannot overflow
    return 1 - probability if weighing.denied else probability
