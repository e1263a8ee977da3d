"""Judges: what a language model is asked about an answer, and how its words become a score.

A spec is a value: its prompt, the model and settings it was made for, and the reading of the reply. Its ``key``
changes with any of them, so that a score names the judge that gave it. A reply that cannot be read is counted and left
out: nothing is put in its place unless the official script does so (MMAU-Pro's neutral 3).

The prompts are in our words, after the official ones: the criteria, the scales and the form of the reply are theirs.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from afnext.base.errors import ScoreError
from afnext.scoring.mark import Mark, Row, take
from afnext.scoring.mmau_pro import NEUTRAL
from afnext.scoring.said import said
from afnext.scoring.voicebench import majority, read_rating

CRITERIA = ("correctness", "relevance", "completeness", "clarity")
LONGEST = 20_000
"""Characters of an answer that a judge is shown."""
_FIELD = re.compile(r"\{(\w+)\}")


class Judge(Protocol):
    """A language model that judges."""

    def reply(self, messages: Sequence[Mapping[str, str]], model: str, settings: Mapping[str, Any]) -> list[str]:
        """Its replies to ``messages`` (role and content), as many as ``settings`` ask for with ``n``."""


@dataclass(frozen=True)
class Spec:
    """How one kind of answer is judged.

    Attributes:
        name: of the spec; with its version it is never used for another prompt again.
        system: the system prompt, or "".
        prompt: with ``{question}`` and the like for the fields of a row.
        model: the judge of the official protocol.
        settings: of its sampling, as the OpenAI API names them.
        reading: the name of the function in ``READINGS`` that reads a reply.
        top: the highest score; scores are told as they are, and divided by it for means.
        source: where the protocol comes from.
    """

    name: str
    version: int
    prompt: str
    model: str
    reading: str
    top: float
    source: str
    system: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Twelve hexadecimal digits that change with anything in the spec."""
        told = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()[:12]

    def messages(self, fields: Mapping[str, Any]) -> list[dict[str, str]]:
        """What the judge is sent; what stands in ``fields`` is never taken for a place to fill.

        Raises:
            ScoreError: a field of the prompt is missing.
        """
        if missing := sorted({name for name in _FIELD.findall(self.prompt) if name not in fields}):
            raise ScoreError(f"no {', '.join(missing)} for the judge {self.name}", expected="the fields of its prompt")
        text = _FIELD.sub(lambda match: said(fields[match[1]])[:LONGEST], self.prompt)
        system = [{"role": "system", "content": self.system}] if self.system else []
        return [*system, {"role": "user", "content": text}]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a judge made of an answer.

    Attributes:
        score: the mean of what could be read; None where nothing could.
        replies: the judge's words.
        failures: how many of them could not be read.
        key: of the spec.
        model: that judged.
    """

    score: float | None
    replies: tuple[str, ...]
    failures: int
    key: str
    model: str


def judge(spec: Spec, fields: Mapping[str, Any], by: Judge, model: str | None = None) -> Judged:
    """Ask ``by`` about one answer. ``model`` stands in for the spec's own, and is told in the result.

    Raises:
        ScoreError: a field of the prompt is missing, or the judge cannot be reached.
    """
    replies = by.reply(spec.messages(fields), model or spec.model, spec.settings)
    return Judged(*read(spec, replies), key=spec.key, model=model or spec.model)


def read(spec: Spec, replies: Sequence[str]) -> tuple[float | None, tuple[str, ...], int]:
    """Score, replies and failures of what a judge said."""
    if spec.reading == "majority":
        yes = majority([reply.strip().rstrip(".") for reply in replies])
        return (None if yes is None else float(yes)), tuple(replies), int(yes is None)
    found = [READINGS[spec.reading](reply) for reply in replies]
    kept = [score for score in found if score is not None and 0 <= score <= spec.top]
    return (sum(kept) / len(kept) if kept else None), tuple(replies), len(found) - len(kept)


def read_mmau_pro(reply: str) -> dict[str, float]:
    """The four criteria and ``overall`` of MMAU-Pro's open questions, as its script reads them.

    Source: sonalkum/MMAUPro (960e93a). A criterion that is not rated is 3; an overall rating that is missing, or is
    3 exactly, is replaced by the mean of the four.

    >>> read_mmau_pro("CORRECTNESS: 5 - yes\\nOVERALL: 3")["overall"]
    3.5
    """
    scores: dict[str, float] = {}
    for name in (*CRITERIA, "overall"):
        number = r"\d+(?:\.\d+)?" if name == "overall" else r"\d+"
        match = re.search(rf"{name.upper()}:\s*({number})", reply, re.IGNORECASE)
        scores[name] = float(match[1]) if match else NEUTRAL
    if scores["overall"] == NEUTRAL:
        scores["overall"] = sum(scores[name] for name in CRITERIA) / len(CRITERIA)
    return scores


def read_json_score(reply: str) -> float | None:
    """The number under ``score`` in a reply that holds a JSON object, fenced or not."""
    for candidate in re.findall(r"\{[^{}]{0,2000}\}", reply):
        try:
            value = json.loads(candidate).get("score")
        except ValueError:
            continue
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    return None


READINGS: Mapping[str, Callable[[str], float | None]] = {
    "mmau-pro": lambda reply: read_mmau_pro(reply)["overall"],
    "rating": read_rating,
    "json": read_json_score,
}


def rubric_score(replies: Sequence[str], allowed: Sequence[Sequence[float]]) -> float | None:
    """MMAR-Rubrics: each reply is a JSON list of one allowed value an entry; a share of the highest sum.

    Of five raters the lowest and the highest are dropped and three averaged; of fewer, all are averaged. None where no
    reply can be read. A wrong answer, by ``mmau``, scores 0 without being judged. Source: ddlBoJack/MMAR
    ``code/evaluation_rubrics.py`` (3bce090).
    """
    top = sum(max(values) for values in allowed) if allowed else 0
    shares = sorted(sum(values) / top for reply in replies if top and (values := _rubric(reply, allowed)) is not None)
    kept = shares[1:-1] if len(shares) == 5 else shares
    return sum(kept) / len(kept) if kept else None


def mark_judged(row: Row, spec: Spec) -> Mark:
    """Field: ``judgement``, the judge's text or texts. Verdict: the score, null where none can be read."""
    value = take(row, "judgement", "judgements", "evaluation", expected="judgement, the judge's text")
    replies = [said(reply) for reply in (value if isinstance(value, list) else [value])]
    score, _, failures = read(spec, replies)
    official = None if score is None else score / spec.top
    return Mark(score, official, unparsed=failures > 0)


def _rubric(reply: str, allowed: Sequence[Sequence[float]]) -> list[float] | None:
    found = re.search(r"\[[^\[\]]*\]", reply)
    try:
        values = json.loads(found[0]) if found else None
    except ValueError:
        return None
    if not isinstance(values, list) or len(values) != len(allowed):
        return None
    return values if all(value in options for value, options in zip(values, allowed, strict=True)) else None
