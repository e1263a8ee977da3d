"""Questions about two recordings that are nearly the same: whether they are, and what differs."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from afnext.scenes.asking.skills.clips import Clips, Found, draft, named
from afnext.scenes.asking.skills.draft import Draft
from afnext.scenes.asking.skills.facts import APART, Facts
from afnext.scenes.asking.skills.text import at, heard
from afnext.scenes.scene import Event

MOST_EVENTS = 12
"""Events of a recording that is compared with another from beginning to end."""
ORDER, WHO, WORDS = "the order of the events", "who speaks", "what is said"
MISSING, ADDED = "an event is missing", "an event is added"
CHANGES = (ORDER, WHO, WORDS, MISSING, ADDED)


def _comparable(facts: Facts) -> bool:
    """Whether every event is heard and it is beyond doubt which starts when."""
    apart = all(later.start - earlier.start > APART for earlier, later in pairwise(facts.events))
    return not facts.hidden and 1 <= len(facts.events) <= MOST_EVENTS and apart


def _voice(facts: Facts, event: Event) -> str | None:
    return next((one.voice for one in facts.scene.speakers if one.name == event.speaker), None)


def same_order(clips: Clips, rng: np.random.Generator) -> Iterator[Draft]:
    """Whether the same things are heard in the same order."""
    if len(clips) != 2 or not all(map(_comparable, clips)):
        return
    one, two = ([event.label for event in facts.events] for facts in clips)
    if Counter(one) != Counter(two):
        return
    same = one == two
    trace = " ".join(f"In {named(number)} {heard(facts.events)}" for number, facts in enumerate(clips))
    found = [Found(number, event) for number, facts in enumerate(clips) for event in facts.events]
    asked = clips[0].say(rng, "same_order")
    yield draft(asked, "yes" if same else "no", found, trace, ("no" if same else "yes",))


def what_changed(clips: Clips, rng: np.random.Generator) -> Iterator[Draft]:
    """In what the second recording differs from the first, where it does in one thing."""
    if len(clips) != 2 or not all(map(_comparable, clips)):
        return
    first, second = clips
    change = _change(first, second)
    if change is None:
        return
    answer, told = change
    trace = " ".join(f"In {named(number)} {heard(facts.events)}" for number, facts in enumerate(clips))
    found = [Found(number, event) for number, facts in enumerate(clips) for event in facts.events]
    near = [other for other in CHANGES if other != answer]
    yield draft(clips[0].say(rng, "what_changed"), answer, found, f"{trace} {told}", near)


def _change(first: Facts, second: Facts) -> tuple[str, str] | None:
    """The one thing that differs, and the step of reasoning that tells it; None where nothing does, or more."""
    one, two = ([event.label for event in facts.events] for facts in (first, second))
    for less, more, answer in ((two, one, MISSING), (one, two, ADDED)):
        if len(more) != len(less) + 1:
            continue
        left = [number for number in range(len(more)) if more[:number] + more[number + 1 :] == less]
        if len(left) != 1:
            return None
        number, facts = (0, first) if answer == MISSING else (1, second)
        return answer, f"Only {named(number)} has what is heard there at {at(facts.events[left[0]])}."
    if Counter(one) != Counter(two):
        return None
    pairs = list(zip(first.events, second.events, strict=True))
    if one != two:
        differing = next((a, b) for a, b in pairs if a.label != b.label)
        said = Counter((event.label, event.text) for event in first.events)
        if said != Counter((event.label, event.text) for event in second.events):
            return None
        return ORDER, f"They part at {at(differing[0])} of {named(0)} and {at(differing[1])} of {named(1)}."
    spoken = [(a, b) for a, b in pairs if a.kind == "speech"]
    if any(_voice(first, a) is None or _voice(second, b) is None for a, b in spoken):
        return None
    other_words = [(a, b) for a, b in spoken if a.text != b.text]
    other_voice = [(a, b) for a, b in spoken if _voice(first, a) != _voice(second, b)]
    if bool(other_words) == bool(other_voice):
        return None
    a, b = (other_words or other_voice)[0]
    told = "other words" if other_words else "another voice"
    return (WORDS if other_words else WHO), f"At {at(b)} of {named(1)} I hear {told} than at {at(a)} of {named(0)}."
