"""Who speaks: how many, who says what, the same one or another, and who says most."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from afnext.scenes.asking.phrasing import shuffled
from afnext.scenes.asking.skills.counting import near_numbers
from afnext.scenes.asking.skills.draft import Draft
from afnext.scenes.asking.skills.facts import APART, Facts
from afnext.scenes.asking.skills.speech import MOST_SAID, other_words, pointable
from afnext.scenes.asking.skills.text import MOST_COUNTED, NTH, at, ats, hull, quoted, times, words
from afnext.scenes.scene import Event, Speaker

MORE = 1.4
"""How many times as long somebody must speak as the next to be said to speak most."""
MOST_TRIED = 8
MOST_PAIRED = 40
"""Utterances that are compared with one another."""


@dataclass(frozen=True)
class Person:
    """One who is heard to speak; ``name`` is by order: "the first speaker"."""

    name: str
    speaker: Speaker
    said: tuple[Event, ...]


def people(facts: Facts) -> list[Person]:
    """All who speak, in the order in which they are first heard; none where who speaks is not beyond doubt."""
    if not facts.speech or any(event.kind == "speech" for event in facts.hidden):
        return []
    said: dict[str, list[Event]] = {}
    for event in facts.speech:
        if event.speaker is None:
            return []
        said.setdefault(event.speaker, []).append(event)
    starts = [events[0].start for events in said.values()]
    if any(later - earlier <= APART for earlier, later in pairwise(starts)) or len(said) > len(NTH):
        return []
    known = {speaker.name: speaker for speaker in facts.scene.speakers}
    if len({known[name].voice for name in said}) < len(said):
        return []
    return [
        Person(f"the {NTH[number]} speaker", known[name], tuple(events))
        for number, (name, events) in enumerate(said.items())
    ]


def who(everyone: list[Person], event: Event) -> Person:
    """The one who says ``event``."""
    return next(person for person in everyone if person.speaker.name == event.speaker)


def introduced(everyone: list[Person]) -> str:
    """How the speakers are first heard, as one step of reasoning."""
    return " ".join(f"{person.name.capitalize()} is first heard at {at(person.said[0])}." for person in everyone)


def others(everyone: list[Person], *persons: Person) -> list[str]:
    """The names of all but ``persons``."""
    return [other.name for other in everyone if other not in persons]


def count_speakers(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """How many people speak."""
    everyone = people(facts)
    if 1 <= len(everyone) <= MOST_COUNTED:
        firsts = [person.said[0] for person in everyone]
        trace = f"{introduced(everyone)} No other voice is heard; that makes {len(everyone)} ({hull(facts.speech)})."
        yield Draft(facts.say(rng, "count_speakers"), str(len(everyone)), firsts, trace, near_numbers(len(everyone)))


def who_said(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Which speaker says certain words."""
    everyone = people(facts)
    if len(everyone) < 2:
        return
    for event in shuffled(rng, pointable(facts))[:MOST_TRIED]:
        person = who(everyone, event)
        trace = f"{introduced(everyone)} I hear {quoted(event)}. "
        trace += f"It is the voice of {person.name}, as at {at(person.said[0])}."
        firsts = [one.said[0] for one in everyone]
        evidence = firsts if event in firsts else [*firsts, event]
        asked = facts.say(rng, "who_said", q=event.text or "").of_form(f"who_said of {len(everyone)}")
        yield Draft(asked, person.name, evidence, trace, others(everyone, person))


def same_speaker(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Whether the same person speaks at two times."""
    everyone = people(facts)
    if len(everyone) < 2:
        return
    some = sorted(shuffled(rng, facts.speech)[:MOST_PAIRED], key=lambda event: event.start)
    pairs = [(one, two) for number, two in enumerate(some) for one in some[:number]]
    for same in (True, False):
        alike = [(one, two) for one, two in pairs if (one.speaker == two.speaker) == same and one.label == two.label]
        different = [] if same else [(one, two) for one, two in pairs if one.label != two.label]
        for one, two in [*shuffled(rng, alike)[:2], *shuffled(rng, different)[: 0 if alike else 1]]:
            first, second = who(everyone, one), who(everyone, two)
            trace = f"At {at(one)} I hear {first.name}. At {at(two)} it is {'the same voice' if same else second.name}."
            asked = facts.say(rng, "same_speaker", t=at(one), u=at(two))
            yield Draft(asked, "yes" if same else "no", [one, two], trace, ("no" if same else "yes",))


def target_transcript(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """All that one of several speakers says."""
    everyone = people(facts)
    for person in everyone if len(everyone) > 1 else []:
        if len(person.said) > MOST_SAID:
            continue
        trace = f"{introduced(everyone)} {person.name.capitalize()} says "
        trace += ", then ".join(quoted(event) for event in person.said) + "."
        asked = facts.say(rng, "target_transcript", n=person.name.split()[1])
        yield Draft(asked, words(person.said), person.said, trace)


def talks_most(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Who speaks for longest in all."""
    everyone = people(facts)
    if len(everyone) < 2:
        return
    seconds = {person.name: sum(event.end - event.start for event in person.said) for person in everyone}
    for side in ("most", "least"):
        ordered = sorted(everyone, key=lambda person: seconds[person.name], reverse=side == "most")
        more, less = (seconds[person.name] for person in ordered[:2])
        if max(more, less) < MORE * min(more, less) or sum(len(person.said) for person in everyone) > 24:
            continue
        told = " ".join(
            f"{person.name.capitalize()} speaks for {seconds[person.name]:.1f} seconds in all ({ats(person.said)})."
            for person in everyone
        )
        asked = facts.say(rng, f"talks {side}").of_form(f"talks {side} of {len(everyone)}")
        yield Draft(asked, ordered[0].name, facts.speech, told, others(everyone, ordered[0]))


def count_turns(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """How often one of the speakers says something."""
    everyone = people(facts)
    for person in everyone if len(everyone) > 1 else []:
        count = len(person.said)
        if count > 2 * MOST_COUNTED or not _parted(facts, person):
            continue
        trace = f"{introduced(everyone)} {person.name.capitalize()} speaks {times(count)}: {ats(person.said)}."
        asked = facts.say(rng, "count_turns", n=person.name.split()[1])
        yield Draft(asked, str(count), person.said, trace, near_numbers(count))


def _parted(facts: Facts, person: Person) -> bool:
    """Whether between any two of a person's utterances somebody else speaks, so that none run together."""
    return all(
        any(other.speaker != earlier.speaker and other.start < later.start and other.end > earlier.end
            for other in facts.speech)
        for earlier, later in pairwise(person.said)
    )  # fmt: skip


def said_by(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """The first, or the last, that one of the speakers says."""
    everyone = people(facts)
    for person in everyone if len(everyone) > 1 else []:
        if len(person.said) < 2:
            continue
        for side, event in (("first", person.said[0]), ("last", person.said[-1])):
            trace = f"{introduced(everyone)} {person.name.capitalize()} speaks at {ats(person.said)}. "
            trace += f"The {side} of it is {quoted(event)}."
            asked = facts.say(rng, f"said_by {side}", n=person.name.split()[1])
            near = other_words(facts, event, rng)
            yield Draft(asked, words([event]), [event], trace, near)
