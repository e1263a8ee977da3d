"""How people talk with one another: interruptions, back-channels, answers and what they answer."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from afnext.scenes.asking.phrasing import shuffled
from afnext.scenes.asking.skills.counting import near_numbers
from afnext.scenes.asking.skills.draft import Draft, Timed
from afnext.scenes.asking.skills.facts import Facts
from afnext.scenes.asking.skills.people import introduced, others, people, who
from afnext.scenes.asking.skills.speech import other_words, pointable
from afnext.scenes.asking.skills.text import MOST_COUNTED, at, ats, quoted, spaced, words
from afnext.scenes.scene import Event, Talk

MOST_TRIED = 8
FILLERS = {"and", "so", "okay", "well", "oh", "then", "but", "sorry"}
"""What a question may begin with before it begins."""
ASKING = {
    *("what", "where", "when", "who", "whom", "whose", "how", "which", "why", "do", "does", "did", "can", "could"),
    *("is", "are", "was", "were", "will", "shall", "should", "would", "have", "has"),
}
"""First words of questions."""


def roles_known(facts: Facts) -> bool:
    """Whether every utterance can be heard and its part in the talk is known."""
    hidden = any(event.kind == "speech" for event in facts.hidden)
    return bool(facts.speech) and not hidden and all(event.role for event in facts.speech)


def interrupted(facts: Facts, event: Event) -> Event | None:
    """Whom ``event`` cuts into: the one other utterance that is under way when it starts."""
    going = [
        other
        for other in facts.speech
        if other.start < event.start < other.end and other.speaker != event.speaker and other.role != "back-channel"
    ]
    return going[0] if len(going) == 1 else None


def interruption(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Whether somebody is interrupted, and when."""
    if not roles_known(facts) or len(people(facts)) < 2:
        return
    cuts = [event for event in facts.speech if event.role == "interruption"]
    if not all(interrupted(facts, event) for event in cuts):
        return
    answer = "yes" if cuts else "no"
    if cuts:
        trace = f"At {at(cuts[0])} somebody cuts in with {quoted(cuts[0])}."
    else:
        trace = f"All let each other finish ({at(facts.whole)})."
    evidence = [cuts[0]] if cuts else [facts.whole]
    yield Draft(facts.say(rng, "interrupted"), answer, evidence, trace, ("no" if cuts else "yes",))
    if len(cuts) == 1:
        other = interrupted(facts, cuts[0])
        assert other is not None
        trace = f"I hear {quoted(other)}. Before it ends, somebody cuts in with {quoted(cuts[0])}."
        near = facts.near_spans(cuts[0], rng, anchors=facts.speech)
        yield Draft(facts.say(rng, "interruption when"), at(cuts[0]), [other, cuts[0]], trace, near)


def interrupter(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Who interrupts, and who is interrupted."""
    everyone = people(facts)
    cuts = [event for event in facts.speech if event.role == "interruption"]
    if not roles_known(facts) or len(everyone) < 2 or not all(interrupted(facts, event) for event in cuts):
        return
    cutting = {event.speaker for event in cuts}
    cut = {other.speaker for event in cuts if (other := interrupted(facts, event))}
    for side, names in (("who interrupts", cutting), ("who is interrupted", cut)):
        if len(names) != 1:
            continue
        event = cuts[0]
        other = interrupted(facts, event)
        assert other is not None
        person, victim = who(everyone, event), who(everyone, other)
        answer = person if side == "who interrupts" else victim
        trace = f"{introduced(everyone)} {victim.name.capitalize()} says {quoted(other)}. "
        trace += f"Into it, {person.name} says {quoted(event)}."
        asked = facts.say(rng, side).of_form(f"{side} of {len(everyone)}")
        yield Draft(asked, answer.name, [other, event], trace, others(everyone, answer))


def back_channel(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """How often a listener makes themselves heard while another goes on speaking."""
    if not roles_known(facts) or len(people(facts)) < 2:
        return
    small = [event for event in facts.speech if event.role == "back-channel"]
    if len(small) > MOST_COUNTED or not all(_under_way(facts, event) for event in small):
        return
    evidence: Sequence[Timed] = small or [facts.whole]
    listed = (
        f"Short words come in at {ats(small)}" if small else f"Nobody comes in with a short word ({at(facts.whole)})"
    )
    trace = f"{listed}. " + (f"That makes {len(small)} ({ats(small[-1:])})." if small else "")
    near = near_numbers(len(small), 0)
    yield Draft(facts.say(rng, "back_channel"), str(len(small)), evidence, trace.strip(), near)


def _under_way(facts: Facts, event: Event) -> bool:
    return any(
        other.start < event.start and event.end < other.end and other.speaker != event.speaker for other in facts.speech
    )


def _exchanges(facts: Facts) -> list[tuple[Event, Event]]:
    """Pairs of turns of two people, one right after the other, with nobody else in between."""
    if not roles_known(facts) or len(people(facts)) < 2:
        return []
    talks = [_talk_turns(facts, talk) for talk in facts.scene.talks]
    return [
        (one, two)
        for turns in talks
        for one, two in pairwise(turns)
        if one.speaker != two.speaker and one.end <= two.start and two.role == "turn"
    ]


def _talk_turns(facts: Facts, talk: Talk) -> list[Event]:
    """The utterances of a talk that are more than back-channels."""
    events = [facts.scene.events[index] for index in sorted(talk.events)]
    return [event for event in events if event.role != "back-channel"]


def asks(facts: Facts, event: Event) -> bool:
    """Whether an utterance is a question, by how it begins: transcripts have no marks."""
    names = {one.called.lower() for one in facts.scene.speakers if one.called}
    said = spaced(event.text or "").split()
    while said and (said[0] in FILLERS or said[0] in names):
        del said[0]
    return bool(said) and said[0] in ASKING


def response(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """What another answers to certain words, and to which words something is the answer."""
    known = pointable(facts)
    for one, two in shuffled(rng, _exchanges(facts))[:MOST_TRIED]:
        if one not in known or two not in known or not asks(facts, one) or asks(facts, two):
            continue
        for side, asked_of, wanted in (("response", one, two), ("cause", two, one)):
            trace = f"I hear {quoted(one)}. Another voice answers {quoted(two)}."
            near = [text for text in other_words(facts, wanted, rng) if text != asked_of.text]
            asked = facts.say(rng, side, q=asked_of.text or "")
            yield Draft(asked, words([wanted]), [one, two], trace, near)
