"""Questions as rows of JSON: what training reads of them, and all that is known of them."""

import json
from collections.abc import Sequence

import numpy as np

from afnext.base.config import Frozen
from afnext.dialogue.example import Example, Provenance, Recording
from afnext.dialogue.timestamps import THINK, format_reply
from afnext.scenes.asking.questions import Question
from afnext.scenes.asking.skills.draft import Hardness
from afnext.scenes.scene import Scene

THOUGHTFUL = 0.25
"""Share of training rows that ask for reasoning, among those whose reasoning is known."""


class Evidence(Frozen):
    """A span of a recording that decides an answer, in seconds."""

    clip: int
    """Which of the row's recordings, from 0."""
    start: float
    end: float


class Asked(Frozen):
    """A question with all that is known of it: a line of ``questions.jsonl``, and of a benchmark."""

    id: str
    audio: tuple[Recording, ...]
    question: str
    """Options included, each with its letter."""
    choices: tuple[str, ...] | None
    """The options without their letters; None where the answer is free."""
    answer: str
    """One of ``choices``, or in the spelling of the skill (see questions.py)."""
    letter: str | None
    skill: str
    domain: str
    """"sound", "speech", "music" or "mixed": what the recordings hold."""
    form: str
    """Of the recordings (see forms/)."""
    seconds: float
    """Of all recordings together."""
    position: float | None
    """Where the first piece of evidence begins, from 0 to 1 of its recording."""
    evidence: tuple[Evidence, ...]
    reasoning: str | None
    """Steps that lead to the answer, each with the span that proves it."""
    hardness: Hardness | None
    template: str
    """The wording with its slots open."""

    def line(self) -> str:
        """The row as one line of JSON."""
        fields = self.model_dump(mode="json")
        fields["audio"] = [recording.model_dump(exclude_none=True) for recording in self.audio]
        return json.dumps(fields, ensure_ascii=False)


def domain_of(scenes: Sequence[Scene]) -> str:
    """The kind of sound that ``scenes`` hold, if it is one."""
    kinds = {event.kind for scene in scenes for event in scene.events}
    return kinds.pop() if len(kinds) == 1 else "mixed"


def example(
    name: str, question: Question, scenes: Sequence[Scene], audio: Sequence[Recording], rng: np.random.Generator
) -> Example:
    """The training row of ``question``; some ask for reasoning."""
    text, answer = question.text, question.answer
    if question.trace is not None and rng.random() < THOUGHTFUL:
        text, answer = f"{text} {THINK}", format_reply(answer, question.trace)
    parts = [*({"type": "audio"} for _ in audio), {"type": "text", "text": text}]
    return Example(
        id=name,
        messages=(
            {"role": "user", "content": parts},
            {"role": "assistant", "content": [{"type": "text", "text": answer}]},
        ),
        audio=tuple(audio),
        skill=question.skill,
        domain=domain_of(scenes),
        source="scenes",
        licence="synthetic",
        provenance=Provenance(step="scenes"),
        checks=("exact truth",),
    )


def asked(
    name: str, question: Question, scenes: Sequence[Scene], audio: Sequence[Recording], *, form: str, skill: str = ""
) -> Asked:
    """All that is known of ``question``; ``skill`` where it is asked under another name."""
    clips = question.clips or (0,) * len(question.evidence)
    evidence = tuple(
        Evidence(clip=clip, start=round(span.start, 3), end=round(span.end, 3))
        for clip, span in zip(clips, question.evidence, strict=True)
    )
    options, answer, letter = question.options, question.answer, None
    if options is not None:
        letter, answer = answer[1], answer[4:]
    return Asked(
        id=name,
        audio=tuple(audio),
        question=question.text,
        choices=options,
        answer=answer,
        letter=letter,
        skill=skill or question.skill,
        domain=domain_of(scenes),
        form=form,
        seconds=round(sum(scene.duration for scene in scenes), 2),
        position=round(evidence[0].start / scenes[evidence[0].clip].duration, 4) if evidence else None,
        evidence=evidence,
        reasoning=question.trace,
        hardness=question.hardness,
        template=question.template,
    )
