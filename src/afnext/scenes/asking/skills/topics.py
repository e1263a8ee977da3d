"""What talks are about: topics, their order, a summary; and where in a long recording something lies."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from afnext.dialogue.timestamps import Span
from afnext.scenes.asking.phrasing import cited, mention, shuffled
from afnext.scenes.asking.skills.draft import Draft, Timed
from afnext.scenes.asking.skills.facts import Facts
from afnext.scenes.asking.skills.talk import CHANGED, SARCASM, alike, proof, proved, stated, told
from afnext.scenes.asking.skills.text import NTH, at, hull
from afnext.scenes.scene import Fact, Talk

THIRDS = ("in the first third", "in the middle third", "in the last third")
LONG = 30.0
"""Seconds of a recording of whose thirds it makes sense to ask."""
MARGIN = 0.03
"""Share of the recording by which a thing must lie within its third."""
MOST_TRIED = 8
MOST_TOPICS = 5


def stretch(facts: Facts, talk: Talk) -> Span:
    """From the first word of a talk to the last."""
    events = [facts.scene.events[index] for index in talk.events]
    return Span(min(event.start for event in events), max(event.end for event in events))


def talks(facts: Facts) -> list[tuple[Talk, Span]]:
    """Talks one after the other, each about a topic of its own; none where they overlap or cannot be heard."""
    found = sorted(((talk, stretch(facts, talk)) for talk in facts.scene.talks), key=lambda each: each[1].start)
    apart = all(one[1].end <= two[1].start for one, two in pairwise(found))
    topics = {talk.topic.lower() for talk, _ in found}
    clear = all(facts.heard_all(talk.events) for talk, _ in found)
    plain = all(";" not in topic for topic in topics)
    return found if apart and clear and plain and len(topics) == len(found) else []


def topic(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """What a talk is about: the only one, or the first, second, ..."""
    found = talks(facts)
    for number, (talk, span) in enumerate(found[: len(NTH)]):
        near = [other.topic for other, _ in found if other is not talk]
        trace = f"The talk at {at(span)} is about {talk.topic}."
        if len(found) == 1:
            asked = facts.say(rng, "topic")
        else:
            asked = facts.say(rng, "topic nth", n=NTH[number])
            trace = " ".join(f"At {at(other)} the talk is about {one.topic}." for one, other in found[: number + 1])
            trace += f" That is the {NTH[number]} talk ({at(span)})."
        yield Draft(asked.of_form("topic"), talk.topic, [span], trace, near, facts.speech, pool="topic")


def topic_order(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """In which order topics are talked about."""
    found = talks(facts)[:MOST_TOPICS]
    if len(found) < 2:
        return
    names = [talk.topic for talk, _ in found]
    trace = " ".join(f"At {at(span)} the talk is about {talk.topic}." for talk, span in found)
    orders = dict.fromkeys("; ".join(shuffled(rng, names)) for _ in range(12))
    near = [order for order in orders if order != "; ".join(names)][:5]
    asked = facts.say(rng, "topic_order", list="; ".join(shuffled(rng, names)))
    yield Draft(asked, "; ".join(names), [span for _, span in found], trace, near, facts.speech)


def topic_when(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """When something is talked about."""
    found = talks(facts)
    for talk, span in found if len(found) > 1 else []:
        trace = (
            f"The talk about {talk.topic} begins with {_first(facts, talk)} and ends at {span.end:.1f} ({at(span)})."
        )
        near = [at(other) for one, other in found if one is not talk] + facts.near_spans(span, rng)
        yield Draft(facts.say(rng, "topic_when", about=talk.topic), at(span), [span], trace, near[:8], facts.speech)


def _first(facts: Facts, talk: Talk) -> str:
    event = min((facts.scene.events[index] for index in talk.events), key=lambda event: event.start)
    return f'"{event.text}" ({at(event)})'


def summary(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Which summary is right. Two facts with two values each make four of them, of which none is the odd one out."""
    known = told(facts)
    for talk in shuffled(rng, facts.scene.talks)[:MOST_TRIED]:
        inside = [fact for fact in talk.facts if fact in known and fact.kind != SARCASM]
        swaps = [(fact, other) for fact in inside if (other := _other_value(fact, known, rng))]
        if len(swaps) < 2 or not facts.heard_all(talk.events):
            continue
        (one, one_other), (two, two_other) = shuffled(rng, swaps)[:2]
        values = [(one.value, two.value), (one_other, two.value), (one.value, two_other), (one_other, two_other)]
        told_so = [_sum_up(talk, (one, first), (two, second)) for first, second in values]
        if len(set(told_so)) < 4:
            continue
        events = sorted({*proof(facts, one), *proof(facts, two)}, key=lambda event: event.start)
        trace = f"{proved(facts, one)} {proved(facts, two)} "
        trace += f"So {one.about} is {one.value}, and {two.about} is {two.value} ({hull(events)})."
        where = "" if len(facts.scene.talks) == 1 else f" about {talk.topic}"
        asked = facts.say(rng, "summary", talk=f"the talk{where}")
        yield Draft(asked, told_so[0], events, trace, told_so[1:], choice_only=True)


def _other_value(fact: Fact, known: Sequence[Fact], rng: np.random.Generator) -> str | None:
    """A value that ``fact`` could have had: what it was at first, or that of another fact of its kind."""
    if fact.kind == CHANGED:
        return fact.before
    others = [other.value for other in known if other.kind == fact.kind and other.value.lower() != fact.value.lower()]
    alikes = [value for value in others if alike(fact.model_copy(update={"value": value}), fact)]
    return shuffled(rng, alikes)[0] if alikes else None


def _sum_up(talk: Talk, *pairs: tuple[Fact, str]) -> str:
    parts = " and ".join(f"that {fact.about} is {value}" for fact, value in pairs)
    return f"they talk about {talk.topic} and say {parts}"


def position(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """In which third of a long recording something is said or heard."""
    if facts.scene.duration < LONG:
        return
    for fact in shuffled(rng, told(facts))[:MOST_TRIED]:
        events = proof(facts, fact)
        third = _third(facts, events)
        if third is None or fact.kind == SARCASM:
            continue
        trace = f"{proved(facts, fact)} That lies {third} of {facts.scene.duration:.0f} seconds ({hull(events)})."
        asked = facts.say(rng, "position fact", about=fact.about).of_form("position")
        yield Draft(asked, third, events, trace, [other for other in THIRDS if other != third])
    for event in shuffled(rng, facts.once)[:MOST_TRIED]:
        third = _third(facts, [event])
        if third is None:
            continue
        trace = f"I hear {cited(event)}. That lies {third} of {facts.scene.duration:.0f} seconds ({at(event)})."
        asked = facts.say(rng, "position sound", x=mention(event.label)).of_form("position")
        yield Draft(asked, third, [event], trace, [other for other in THIRDS if other != third])


def _third(facts: Facts, pieces: Sequence[Timed]) -> str | None:
    """The third that all ``pieces`` surely lie in."""
    whole = facts.scene.duration
    start, end = min(piece.start for piece in pieces) / whole, max(piece.end for piece in pieces) / whole
    inside = [number for number in range(3) if number / 3 + MARGIN <= start or number == 0]
    number = inside[-1]
    return THIRDS[number] if number == 2 or end <= (number + 1) / 3 - MARGIN else None


def fact_when(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """When something is said that one utterance tells."""
    for fact in shuffled(rng, told(facts))[:MOST_TRIED]:
        naming = stated(facts, fact)
        if len(naming) != 1 or fact.kind in (SARCASM, CHANGED):
            continue
        near = facts.near_spans(naming[0], rng, anchors=facts.speech)
        trace = f"{proved(facts, fact)} It is at {at(naming[0])} that {fact.about} is told."
        asked = facts.say(rng, "fact_when", about=fact.about)
        yield Draft(asked, at(naming[0]), proof(facts, fact), trace, near)
