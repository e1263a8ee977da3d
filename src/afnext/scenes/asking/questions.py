"""Questions about a scene whose answers follow from its truth, and from nothing that cannot be heard.

A question is asked only where its answer is beyond doubt: orders where onsets lie more than 0.3 s apart, times of
labels that can be told apart, what comes after something where nothing overlaps. What is masked, or too faint, is
neither asked about nor counted on. Skills that a scene gives no such question for are left out. Answers have one short
spelling each:

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

and of the further skills:

    a label           a dog barking             overlap, at_time, nth, between, after_nth, order_last, entry ...
    a number          3                         count_...
    seconds           2.3 seconds               gap
    a span            <t>1.2-2.0</t>            ..._when, section_return, crescendo, interruption
    which time        the second                longest, loudest, nearest
    somebody          the second speaker        in the order in which they are first heard
    a recording       the second recording
    words             as they are said          said_..., response, target_transcript
    yes               or no                     longer, louder, same_speaker, changes, sarcasm, channel, same_order ...
    a row             intro, verse, chorus      section_order, progression, entry order; topics are parted by semicolons
    music             F# minor; 96 beats per minute; the chorus; it becomes faster
    facts             as the talk puts them
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np

from afnext.base.errors import SceneError
from afnext.dialogue.timestamps import Span, format_span
from afnext.scenes.asking.balance import Balance
from afnext.scenes.asking.phrasing import OPTIONS, shuffled
from afnext.scenes.asking.skills import ASK, ASK_CLIPS, FIRST
from afnext.scenes.asking.skills.draft import Draft, Hardness, hardness
from afnext.scenes.asking.skills.facts import Facts
from afnext.scenes.asking.wording import Style
from afnext.scenes.asking.wordings.patterns import draw_header
from afnext.scenes.scene import Scene

SKILLS: tuple[str, ...] = tuple(FIRST)
"""What is asked by default: what nano was trained on."""
ALL_SKILLS: tuple[str, ...] = tuple(ASK)
"""Everything that can be asked about one scene."""
CLIP_SKILLS: tuple[str, ...] = tuple(ASK_CLIPS)
"""Everything that can be asked about several."""
TRIES = 3
"""Drafts of each of the first skills that a balance may choose from."""


@dataclass(frozen=True)
class Question:
    """A question with its answer.

    Attributes:
        skill: one of ``ALL_SKILLS`` or ``CLIP_SKILLS``.
        text: the question, options included.
        answer: in the spelling of the skill, or "(B) ..." where there are options.
        trace: the reasoning that leads to the answer, each step with its time; None where the answer says it all.
        options: of a multiple-choice question.
        evidence: the spans (seconds) that decide the answer.
        form: which of the skill's questions it is.
        template: its wording with the slots open.
        clips: of a question about several scenes, which of them (from 0) each span of the evidence lies in.
        hardness: what makes it hard; None where it was not measured, as of the plain first skills.
    """

    skill: str
    text: str
    answer: str
    trace: str | None = None
    options: tuple[str, ...] | None = None
    evidence: tuple[Span, ...] = ()
    form: str = ""
    template: str = ""
    clips: tuple[int, ...] = ()
    hardness: Hardness | None = None


def questions(
    scene: Scene,
    rng: np.random.Generator,
    skills: Collection[str] | None = None,
    choice: float = 0.1,
    *,
    style: Style = "plain",
    balance: Balance | None = None,
) -> list[Question]:
    """One question of each skill that ``scene`` gives one for, in the order of ``ALL_SKILLS``.

    Args:
        scene: what is asked about.
        rng: chooses what is asked, and how.
        skills: only these; by default ``SKILLS`` in plain words, and all in those of the grammar.
        choice: share of questions with options, among those that near wrong answers are known for.
        style: whose words. The plain ones are nano's, who knows no others.
        balance: of the set that the questions are for, so that its answers stay even. It does not touch what is asked
            plainly of the first skills.

    Raises:
        SceneError: a skill is unknown.
    """
    check_skills(skills)
    wanted = (SKILLS if style == "plain" else ALL_SKILLS) if skills is None else skills
    facts, balance = Facts(scene, style), balance or Balance()
    asked = list[Question]()
    own = [skill for skill in ASK if skill in wanted and not (style == "plain" and skill in FIRST)]
    salt = int(rng.spawn(1)[0].integers(2**62)) if own else 0  # what the first skills draw stays as it is
    for skill in [skill for skill in ASK if skill in wanted]:
        if skill not in own:
            asked += _plain(skill, facts, rng, choice)
            continue
        mine = np.random.default_rng((salt, scene.seed, crc32(skill.encode())))
        drafts = list(drafted(skill, facts, mine))
        if drafts:
            asked.append(finish(skill, balance.choose(drafts, mine), (scene,), mine, choice=choice, balance=balance))
    return asked


def clip_questions(
    scenes: Sequence[Scene],
    rng: np.random.Generator,
    skills: Collection[str] | None = None,
    choice: float = 0.1,
    *,
    balance: Balance | None = None,
) -> list[Question]:
    """One question of each skill that two or more ``scenes`` together give one for; arguments as of ``questions``.

    Raises:
        SceneError: a skill is unknown, or there is only one scene.
    """
    check_skills(skills, CLIP_SKILLS)
    if len(scenes) < 2:
        raise SceneError(f"{len(scenes)} scenes to compare", expected="two or more")
    clips, balance = [Facts(scene, "grammar") for scene in scenes], balance or Balance()
    asked = []
    salt = int(rng.spawn(1)[0].integers(2**62))
    for skill in CLIP_SKILLS if skills is None else [skill for skill in CLIP_SKILLS if skill in skills]:
        mine = np.random.default_rng((salt, *(scene.seed for scene in scenes), crc32(skill.encode())))
        drafts = list(ASK_CLIPS[skill](clips, mine))
        if drafts:
            asked.append(finish(skill, balance.choose(drafts, mine), scenes, mine, choice=choice, balance=balance))
    return asked


def _plain(skill: str, facts: Facts, rng: np.random.Generator, choice: float) -> Iterator[Question]:
    """At most one question in plain words, all that is random drawn from the one generator."""
    draft = next(FIRST[skill](facts, rng), None)
    if draft is None:
        return
    evidence = tuple(Span(event.start, event.end) for event in draft.evidence)
    question = Question(skill, draft.words.text, draft.answer, draft.trace, None, evidence, draft.words.form)
    if len(draft.near) >= 2 and rng.random() < choice:
        question = _with_options(question, shuffled(rng, [question.answer, *draft.near[:3]]), OPTIONS)
    yield question


def drafted(skill: str, facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """All that ``skill`` drafts; of the first skills, which draft one at a time, a few."""
    for _ in range(TRIES if skill in FIRST else 1):
        yield from ASK[skill](facts, rng)


def finish(
    skill: str, draft: Draft, scenes: Sequence[Scene], rng: np.random.Generator, *, choice: float, balance: Balance
) -> Question:
    """The question of ``draft``, with options or with a word about the answer, and counted in ``balance``."""
    options = balance.options(draft, rng) if draft.choice_only or rng.random() < choice else None
    balance.note(draft, options)
    words = draft.words if options else draft.words.with_tail(rng)
    trace = None if draft.trace is None else _cited(draft.trace, draft, scenes[0])
    question = Question(
        skill,
        words.text,
        draft.answer,
        trace,
        None,
        tuple(Span(piece.start, piece.end) for piece in draft.evidence),
        words.form,
        words.template,
        draft.clips,
        hardness(scenes, draft),
    )
    return _with_options(question, options, draw_header(rng)) if options else question


def _cited(trace: str, draft: Draft, scene: Scene) -> str:
    """``trace`` with a time for the last step too, where it has none: that of all the evidence."""
    head, _, last = trace.rpartition(". ")
    if "<t>" in last:
        return trace
    pieces = draft.evidence or [Span(0.0, scene.duration)]
    whole = format_span(min(piece.start for piece in pieces), max(piece.end for piece in pieces))
    return f"{head}. {last.removesuffix('.')} ({whole})." if head else f"{last.removesuffix('.')} ({whole})."


def _with_options(question: Question, options: Sequence[str], header: str) -> Question:
    lettered = [f"({chr(ord('A') + number)}) {option}" for number, option in enumerate(options)]
    text = "\n".join([question.text, header, *lettered])
    return replace(question, text=text, answer=lettered[options.index(question.answer)], options=tuple(options))


def check_skills(skills: Collection[str] | None, known: Sequence[str] = ALL_SKILLS) -> None:
    """Raise where one of ``skills`` is unknown.

    Raises:
        SceneError: names it, and those there are.
    """
    unknown = sorted(set(skills or ()) - set(known))
    if unknown:
        raise SceneError(f"skill {unknown[0]!r}", expected=f"one of {', '.join(known)}")
    if skills is not None and not skills:
        raise SceneError("no skill", expected=f"some of {', '.join(known)}")
