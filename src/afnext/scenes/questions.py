"""Questions about a scene whose answers follow from its truth, and from nothing that cannot be heard.

A question is asked only where its answer is beyond doubt: orders where onsets lie more than 0.3 s apart, times of
labels that can be told apart, what comes after something where nothing overlaps. Skills that a scene gives no such
question for are left out. Answers have one short spelling each:

    events            dog barking <t>1.2-2.0</t>; a man speaking <t>3.1-5.0</t>; piano <t>6.0-9.5</t>
    when              <t>1.2-2.0</t>            several: <t>1.2-2.0</t>; <t>5.0-5.8</t>
    count             3
    order_first       the piano
    order_list        a dog barking, the piano, a man speaking
    instrument        piano
    transcript        the words
    timed_transcript  <t>3.1-5.0</t> the words; <t>7.0-8.8</t> more words
    duration          2.3 seconds               the difference of the rounded times
    before_after      a dog barking
    presence          yes                       or no
    speaker           a man                     or a woman
    caption           one to three sentences
    multiple choice   (B) the piano
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from afnext.base.errors import SceneError
from afnext.dialogue.timestamps import Span
from afnext.scenes.phrasing import OPTIONS, shuffled
from afnext.scenes.scene import Scene
from afnext.scenes.skills import ASK, Facts

SKILLS: tuple[str, ...] = tuple(ASK)
"""Everything that can be asked."""


@dataclass(frozen=True)
class Question:
    """A question with its answer.

    Attributes:
        skill: one of ``SKILLS``.
        text: the question, options included.
        answer: in the spelling of the skill, or "(B) ..." where there are options.
        trace: the reasoning that leads to the answer, each step with its time; None where the answer says it all.
        options: of a multiple-choice question.
        evidence: the spans (seconds) that decide the answer.
    """

    skill: str
    text: str
    answer: str
    trace: str | None = None
    options: tuple[str, ...] | None = None
    evidence: tuple[Span, ...] = ()


def questions(
    scene: Scene, rng: np.random.Generator, skills: Collection[str] | None = None, choice: float = 0.1
) -> list[Question]:
    """One question of each skill that ``scene`` gives one for, in the order of ``SKILLS``.

    Args:
        scene: what is asked about.
        rng: chooses what is asked, and how.
        skills: only these.
        choice: share of questions with options, among those that near wrong answers are known for.

    Raises:
        SceneError: a skill is unknown.
    """
    check_skills(skills)
    facts = Facts(scene)
    asked = []
    for skill, ask in ASK.items():
        draft = ask(facts, rng) if skills is None or skill in skills else None
        if draft is None:
            continue
        evidence = tuple(Span(event.start, event.end) for event in draft.evidence)
        question = Question(skill, draft.text, draft.answer, draft.trace, None, evidence)
        if len(draft.near) >= 2 and rng.random() < choice:
            question = _with_options(question, draft.near[:3], rng)
        asked.append(question)
    return asked


def _with_options(question: Question, wrong: Sequence[str], rng: np.random.Generator) -> Question:
    options = tuple(shuffled(rng, [question.answer, *wrong]))
    lettered = [f"({chr(ord('A') + number)}) {option}" for number, option in enumerate(options)]
    text = "\n".join([question.text, OPTIONS, *lettered])
    return replace(question, text=text, answer=lettered[options.index(question.answer)], options=options)


def check_skills(skills: Collection[str] | None) -> None:
    """Raise where one of ``skills`` is unknown.

    Raises:
        SceneError: names it, and those there are.
    """
    unknown = sorted(set(skills or ()) - set(SKILLS))
    if unknown:
        raise SceneError(f"skill {unknown[0]!r}", expected=f"one of {', '.join(SKILLS)}")
    if skills is not None and not skills:
        raise SceneError("no skill", expected=f"some of {', '.join(SKILLS)}")
