"""What a talk establishes: facts, changes of mind, and words that are not meant."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

from afnext.scenes.asking.phrasing import shuffled
from afnext.scenes.asking.skills.draft import Draft
from afnext.scenes.asking.skills.facts import Facts
from afnext.scenes.asking.skills.people import introduced, others, people, who
from afnext.scenes.asking.skills.speech import pointable
from afnext.scenes.asking.skills.text import at, hull, quoted, spaced
from afnext.scenes.scene import Event, Fact, FactKind

CHANGED: FactKind = "change of mind"
SARCASM: FactKind = "sarcasm"
NEEDLES: tuple[FactKind, ...] = ("name", "number", "time", "place", "plan", "decision")
MOST_TRIED = 8

Ask = Callable[[Facts, np.random.Generator], Iterator[Draft]]


def told(facts: Facts) -> list[Fact]:
    """Facts that are asked for by a name of their own, and whose proof can be heard."""
    every = [fact for talk in facts.scene.talks for fact in talk.facts]
    names = Counter(fact.about.lower() for fact in every)
    return [fact for fact in every if names[fact.about.lower()] == 1 and facts.heard_all(fact.events)]


def proof(facts: Facts, fact: Fact) -> list[Event]:
    """The utterances that establish ``fact``, in order."""
    return [facts.scene.events[index] for index in sorted(set(fact.events))]


def stated(facts: Facts, fact: Fact) -> list[Event]:
    """Those of them in which its value is said."""
    sought = f" {spaced(fact.value)} "
    return [event for event in proof(facts, fact) if sought in f" {spaced(event.text or '')} "]


def pool(facts: Facts, fact: Fact) -> str:
    """Facts of one pool have values that could take each other's place: about the same, in whatever talk."""
    about = fact.about.lower()
    for talk in facts.scene.talks:
        about = about.replace(talk.topic.lower(), "...")
    for speaker in facts.scene.speakers:
        about = re.sub(rf"\b{re.escape(speaker.called.lower())}\b", "...", about) if speaker.called else about
    return f"fact: {about}"


def proved(facts: Facts, fact: Fact) -> str:
    """The reasoning: what is said, and when."""
    return " ".join(f'At {at(event)} a voice says "{event.text}".' for event in proof(facts, fact))


def needle(kind: FactKind) -> Ask:
    """The question for facts of one kind."""

    def ask(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
        known = told(facts)
        for fact in shuffled(rng, [fact for fact in known if fact.kind == kind])[:MOST_TRIED]:
            akin = [other for other in known if other.kind == kind and alike(other, fact)]
            near = [value for value in dict.fromkeys(other.value for other in akin) if value != fact.value]
            events = proof(facts, fact)
            trace = f"{proved(facts, fact)} So {fact.about} is {fact.value} ({hull(events)})."
            asked = facts.say(rng, f"fact {kind}", about=fact.about)
            yield Draft(asked, fact.value, events, trace, near, pool=pool(facts, fact))

    ask.__doc__ = f"What a talk establishes: a {kind}."
    return ask


def alike(one: Fact, other: Fact) -> bool:
    """Whether two values have the same form, so far as can be told: figures, or as many words."""
    return _shape(one.value) == _shape(other.value)


def _shape(value: str) -> tuple[bool, int]:
    return any(letter.isdigit() for letter in value), len(value.split())


def mind(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """What something was to be before somebody changed their mind, and what it is to be after."""
    for fact in [fact for fact in told(facts) if fact.kind == CHANGED and fact.before]:
        events = proof(facts, fact)
        before, after = fact.before or "", fact.value
        trace = f"{proved(facts, fact)} First {fact.about} was to be {before}, in the end {after} ({hull(events)})."
        for side, answer, other in (("before", before, after), ("after", after, before)):
            asked = facts.say(rng, f"mind {side}", about=fact.about)
            yield Draft(asked, answer, events, trace, [other], pool=pool(facts, fact))


def changes(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Whether somebody changes their mind about something."""
    for fact in told(facts):
        if fact.kind == SARCASM or (fact.before and fact.kind != CHANGED):
            continue  # what is put right was not decided before
        answer = "yes" if fact.kind == CHANGED else "no"
        events = proof(facts, fact)
        end = f"In the end {fact.about} is {fact.value} ({at(events[-1])})."
        if answer == "no":
            end = f"Nothing that is said later changes that {fact.about} is {fact.value} ({at(facts.whole)})."
        asked = facts.say(rng, "changes", about=fact.about)
        yield Draft(asked, answer, events, f"{proved(facts, fact)} {end}", ("no" if answer == "yes" else "yes",))


def settles(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Which of the speakers settles something."""
    everyone = people(facts)
    for fact in told(facts) if len(everyone) > 1 else []:
        persons = [person for person in everyone if person.speaker.name == fact.speaker]
        naming = stated(facts, fact)
        if fact.kind == SARCASM or not persons or not naming or any(one.speaker != fact.speaker for one in naming):
            continue
        events = proof(facts, fact)
        trace = f"{introduced(everyone)} {proved(facts, fact)} It is {persons[0].name} who says so ({at(naming[-1])})."
        asked = facts.say(rng, "settles", about=fact.about).of_form(f"settles of {len(everyone)}")
        yield Draft(asked, persons[0].name, events, trace, others(everyone, persons[0]))


def mocking_words(events: list[Event], fact: Fact) -> Event | None:
    """The utterance that is not meant."""
    sought = spaced(fact.before or "")
    return next((event for event in events if sought and sought in spaced(event.text or "")), None)


def sarcasm(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Whether somebody means what they say."""
    known = pointable(facts)
    if any(not facts.heard_all(fact.events) for talk in facts.scene.talks for fact in talk.facts):
        return
    facts_told = told(facts)
    mocking = [fact for fact in facts_told if fact.kind == SARCASM and fact.before]
    for fact in mocking:
        events = proof(facts, fact)
        said = mocking_words(events, fact)
        if said is None or said not in known:
            continue
        trace = f"I hear {quoted(said)}. {proved(facts, fact)} That is the opposite of what was said ({hull(events)})."
        yield Draft(facts.say(rng, "sarcasm", q=said.text or ""), "no", events, trace, ("yes",))
    doubtful = {index for fact in mocking for index in fact.events}
    for fact in [fact for fact in facts_told if fact.kind in NEEDLES]:
        events = proof(facts, fact)
        naming = stated(facts, fact)
        if doubtful.intersection(fact.events) or not naming or naming[-1] not in known:
            continue
        trace = f"I hear {quoted(naming[-1])}. It stands: {fact.about} is {fact.value} ({hull(events)})."
        yield Draft(facts.say(rng, "sarcasm", q=naming[-1].text or ""), "yes", events, trace, ("no",))


def mocker(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Which of the speakers says something that is not meant, where one does."""
    everyone = people(facts)
    mocking = [fact for fact in told(facts) if fact.kind == SARCASM]
    every = [fact for talk in facts.scene.talks for fact in talk.facts if fact.kind == SARCASM]
    if len(everyone) < 2 or not mocking or len(mocking) < len(every) or len({fact.speaker for fact in mocking}) > 1:
        return
    fact = mocking[0]
    events = proof(facts, fact)
    said = mocking_words(events, fact)
    if said is None or said.speaker != fact.speaker:
        return
    person = who(everyone, said)
    trace = f"{introduced(everyone)} {person.name.capitalize()} says {quoted(said)}. {proved(facts, fact)} "
    trace += f"So it is not meant ({at(said)})."
    asked = facts.say(rng, "mocker").of_form(f"mocker of {len(everyone)}")
    yield Draft(asked, person.name, events, trace, others(everyone, person))
