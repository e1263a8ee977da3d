"""What went wrong in a wrong answer: decided by rule where the truth is known, else by a judge or not at all.

The first rule that fits decides:

    not asked           the sample could not be asked or heard
    parse failure       the benchmark's rule found no answer in what was written
    without listening   the same answer came when the recording was left out
    wrong time          the truth is a time, and another was told; or the right things were told at other times
    wrong order         the things of the truth were told in another order; or, asked what comes when, something else
                        that does happen
    hallucinated event  something was told where nothing is, or that does not happen in the recording
    wrong perception    what is heard is known, and was taken for something else, or missed
    undecided           nothing is known of what is heard: a judge may say

A truth of several timed things is compared thing by thing, and the most frequent fault names the answer's.
"""

import re
from collections.abc import Sequence

from afnext.dialogue.timestamps import Timed, parse, without_spans
from afnext.evaluation.facts import DIMENSIONS, evidence, heard
from afnext.evaluation.record import Record
from afnext.evaluation.runs import score_of
from afnext.scenes.asking.questions import ALL_SKILLS, CLIP_SKILLS
from afnext.scenes.asking.skills.taxonomy import FAMILIES
from afnext.scenes.sources import LABELS
from afnext.scoring.judge import Judge, Spec, judge
from afnext.scoring.options import normal, parse_option
from afnext.scoring.said import said as spelt
from afnext.scoring.span import COLLAR, name_of

NOT_ASKED = "not asked"
UNREAD = "parse failure"
DEAF = "without listening"
TIME = "wrong time"
ORDER = "wrong order"
HALLUCINATED = "hallucinated event"
PERCEPTION = "wrong perception"
OTHER = "reasoning or knowledge"
UNDECIDED = "undecided"
RIGHT = 0.5
"""From this score on an answer is right; rules that give shares, such as F1 of events, reach it half right."""

JUDGED = (PERCEPTION, TIME, ORDER, HALLUCINATED, OTHER)
"""What a judge may say, in the order of its numbers. The last is a judge's word only: no rule sees it."""
SPEC = Spec(
    name="error-kind",
    version=1,
    source="ours: the kinds of afnext gaps",
    model="gpt-4o-mini",
    settings={"temperature": 0.0, "max_tokens": 8},
    prompt="A model was asked about a recording, and its answer is wrong.\n\nQuestion: {question}\n\n"
    "Right answer: {answer}\n\nThe model's answer: {response}\n\nWhat is its mistake?\n"
    "1: it took what is heard for something else, or missed it\n2: it has the wrong time\n3: it has the wrong order\n"
    "4: it tells of something that is not there\n5: it heard rightly, and reasoned wrongly or lacks knowledge\n"
    "Reply with the number alone.",
    reading="rating",
    top=5.0,
)

_SECONDS = re.compile(
    r"(?:about |around )?\d+(?:\.\d+)? ?(?:s|sec|secs|seconds?)?(?: ?(?:-|–|to) ?\d+(?:\.\d+)? ?\w*)?"
)
_CLOCK = re.compile(r"\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?(?: ?(?:-|–|to) ?\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?)?")
_UNIT = re.compile(r"\d ?(?:s|sec|secs|seconds?)\b")
_PARTED = re.compile(r"\s*(?:;|,|->|→|\bthen\b)\s*")
_SKILLS = {*ALL_SKILLS, *CLIP_SKILLS}
_TIMED = {*FAMILIES["temporal grounding"], "duration", "gap"}
_ORDERED = {*FAMILIES["temporal order"], *FAMILIES["temporal referring"]} - {"overlap"}
_THERE = {"presence"}
_LABELS = {name_of(Timed(0.0, 0.0, label)) for labels in LABELS.values() for label in labels}
"""Whatever a scene may hold: an answer of these words alone is a claim that something is heard."""


def is_wrong(record: Record, protocol: str) -> bool | None:
    """Whether the answer is wrong under ``protocol``; None where the protocol leaves the sample out."""
    score = score_of(record, protocol)
    return None if score is None else score < RIGHT


def decide(record: Record, silent: Record | None = None) -> str:
    """The kind of mistake in the wrong answer of ``record``.

    Args:
        record: what was answered.
        silent: the same sample asked without its recording, if it was.
    """
    if record.raw is None or (record.error and not record.text.strip()):
        return NOT_ASKED
    if record.unparsed or not record.text.strip():
        return UNREAD
    if silent is not None and silent.raw is not None and _answer(record) == _answer(silent):
        return DEAF
    truth, answer = truth_of(record), _answer(record)
    if not truth:
        return UNDECIDED
    skill = DIMENSIONS["skill"](record)
    return _by_time(truth, answer, skill) or _by_order(truth, answer) or _by_name(record, truth, answer, skill)


def decide_by(by: Judge, record: Record, model: str | None = None) -> str:
    """What a judge says of a wrong answer that no rule decides; ``UNDECIDED`` where its reply cannot be read.

    Raises:
        ScoreError: the judge cannot be reached.
    """
    fields = {"question": record.prompt, "answer": truth_of(record), "response": record.text}
    score = judge(SPEC, fields, by, model).score
    return JUDGED[int(score) - 1] if score is not None and score >= 1 and score == int(score) else UNDECIDED


def truth_of(record: Record) -> str:
    """The right answer as text: of a question with choices, the choice; "" where it is held back."""
    value, choices = record.answer, record.choices
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(choices):
        return choices[value]
    text = spelt(value).strip()
    if choices and text not in choices and (index := parse_option(text, choices)) is not None:
        return choices[index]
    return text


def _answer(record: Record) -> str:
    """What was answered: of a question with choices, the choice where one can be read."""
    index = parse_option(record.text, record.choices) if record.choices else None
    return record.text.strip() if index is None else record.choices[index]


def _by_time(truth: str, answer: str, skill: str) -> str | None:
    right, told = parse(truth).events, parse(answer).events
    if right and told:
        return _thing_by_thing(right, told) if any(event.text for event in right) else TIME
    clock = _CLOCK.fullmatch(truth.casefold()) or (
        _SECONDS.fullmatch(truth.casefold()) and _UNIT.search(truth.casefold())
    )
    return TIME if clock or (skill in _TIMED and right) else None


def _thing_by_thing(right: Sequence[Timed], told: Sequence[Timed]) -> str | None:
    """Each thing told is right, at another time, in the place of another, or there alone; the rest was missed."""
    left, elsewhere, faults = list(right), list[Timed](), {TIME: 0, HALLUCINATED: 0, PERCEPTION: 0}
    for event in told:
        found = next((one for one in left if name_of(one) == name_of(event) and _near(one, event)), None)
        if found is None:
            elsewhere.append(event)
        else:
            left.remove(found)
    for event in elsewhere:
        moved = next((one for one in left if name_of(one) == name_of(event)), None)
        covered = next((one for one in left if one.start < event.end and event.start < one.end), None)
        if taken := moved or covered:
            left.remove(taken)
        faults[TIME if moved else PERCEPTION if covered else HALLUCINATED] += 1
    faults[PERCEPTION] += len(left)
    worst = max(faults, key=lambda kind: faults[kind])
    return worst if faults[worst] else None


def _near(one: Timed, other: Timed) -> bool:
    return abs(one.start - other.start) <= COLLAR + 1e-9 and abs(one.end - other.end) <= COLLAR + 1e-9


def _by_order(truth: str, answer: str) -> str | None:
    right, told = _things(truth), _things(answer)
    return ORDER if len(right) > 1 and right != told and sorted(right) == sorted(told) else None


def _by_name(record: Record, truth: str, answer: str, skill: str) -> str:
    if skill in _THERE or record.task == "cmm":
        if normal(answer).startswith("yes") and normal(truth) == "no":
            return HALLUCINATED
        return PERCEPTION
    happens, told = heard(record), set(_things(answer))
    names = None if happens is None else {name_of(Timed(one.start, one.end, one.text)) for one in happens}
    if names is not None and told and told <= _LABELS | names:
        if told - names:
            return HALLUCINATED
        if skill in _ORDERED and len(_things(truth)) == 1:
            return ORDER
    known = names is not None or bool(evidence(record)) or skill in _SKILLS
    return PERCEPTION if known else UNDECIDED


def _things(text: str) -> list[str]:
    """What a list names, one by one, without articles."""
    parts = (name_of(Timed(0.0, 0.0, part)) for part in _PARTED.split(without_spans(text)))
    return [part for part in parts if part]
