"""How loud: the loudest and the quietest of several times, and one time against another."""

from collections.abc import Iterator

import numpy as np

from afnext.scenes.asking.phrasing import mention, shuffled
from afnext.scenes.asking.skills.draft import Draft
from afnext.scenes.asking.skills.facts import Facts
from afnext.scenes.asking.skills.text import MOST_COUNTED, NTH, at, ats
from afnext.scenes.asking.skills.timing import other_ordinals

LOUDER = 5.0
"""Decibels between two peaks of one label, beyond doubt by ear."""


def loudest(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Which of several times of one label is the loudest, or the quietest. Peaks of other labels do not compare."""
    for events in facts.of_label.values():
        if not 2 <= len(events) <= MOST_COUNTED:
            continue
        for side in ("loudest", "quietest"):
            ordered = sorted(events, key=lambda event: event.level, reverse=side == "loudest")
            if abs(ordered[0].level - ordered[1].level) < LOUDER:
                continue
            number = events.index(ordered[0])
            x = mention(events[0].label)
            trace = f"I hear {x} at {ats(events)}. The {NTH[number]} time it is the {side} ({at(ordered[0])})."
            words = facts.say(rng, f"loudest {side}", x=x)
            yield Draft(words, f"the {NTH[number]}", events, trace, other_ordinals(number, len(events)))


def louder(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Whether something is louder one time than another."""
    for events in facts.of_label.values():
        if not 2 <= len(events) <= MOST_COUNTED:
            continue
        one, two = shuffled(rng, range(len(events)))[:2]
        first, second = events[one], events[two]
        if abs(first.level - second.level) < LOUDER:
            continue
        answer = "yes" if first.level > second.level else "no"
        x = mention(events[0].label)
        than = "louder than" if answer == "yes" else "quieter than"
        trace = f"I hear {x} at {ats(events[: max(one, two) + 1])}. "
        trace += f"The {NTH[one]} time ({at(first)}) is {than} the {NTH[two]} ({at(second)})."
        words = facts.say(rng, "louder", x=x, n=NTH[one], m=NTH[two])
        yield Draft(words, answer, [first, second], trace, ("no" if answer == "yes" else "yes",))
