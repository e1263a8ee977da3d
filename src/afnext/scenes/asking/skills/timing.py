"""When, how long, how far apart, and which lasts longest."""

from collections.abc import Iterator

import numpy as np

from afnext.scenes.asking.phrasing import ORDINALS, cited, in_turn, mention, pick, shuffled, span
from afnext.scenes.asking.skills.draft import Draft
from afnext.scenes.asking.skills.facts import Facts
from afnext.scenes.asking.skills.text import MOST_COUNTED, NTH, as_seconds, at, ats, tenths, times
from afnext.scenes.scene import Event

LONGER = 1.3
"""How many times longer the longest must be than the next to be asked for."""
LONGER_SECONDS = 0.3
MOST_GAP = 60.0
"""Seconds between two events, at most, to be asked for."""
MOST_TRIED = 8


def when(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """The time of something: all its times, or the second or third."""
    groups = [events for events in facts.of_label.values() if len(events) <= MOST_COUNTED]
    if not groups:
        return
    events = pick(rng, groups)
    x = mention(events[0].label)
    if len(events) > 1 and rng.random() < 0.5:
        number = int(rng.integers(len(events)))
        trace = f"{in_turn(events[: number + 1])} That is the {ORDINALS[number]} time."
        words = facts.say(rng, "when again", x=x, n=ORDINALS[number])
        if facts.style == "plain":
            yield Draft(words, span(events[number]), [events[number]], trace)
            return
        others = [other for other in events if other is not events[number]]
        near = [*map(span, others), *facts.near_spans(events[number], rng, others)]
        yield Draft(words.of_form(f"when {ORDINALS[number]}"), span(events[number]), [events[number]], trace, near)
        return
    near = facts.near_spans(events[0], rng) if len(events) == 1 and facts.style != "plain" else []
    yield Draft(facts.say(rng, "when", x=x), "; ".join(map(span, events)), events, in_turn(events), near)


def duration(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """How long something is heard that is heard once."""
    if not facts.once:
        return
    event = pick(rng, facts.once)
    # The difference of the times as written, so that whoever recomputes it from the trace finds the same.
    number = round(10 * round(event.end, 1) - 10 * round(event.start, 1))
    wrong = [number * 2, number + 10, max(number // 2, 1)] if facts.style == "plain" else near_lengths(number)
    near = list(dict.fromkeys(as_seconds(other) for other in wrong if other != number))
    answer = as_seconds(number)
    trace = f"I hear {cited(event)}. From {event.start:.1f} to {event.end:.1f} it is {answer}."
    yield Draft(facts.say(rng, "duration", x=mention(event.label)), answer, [event], trace, near)


def near_lengths(number: int) -> list[int]:
    """Other lengths in tenths, shorter and longer, far enough to be told apart by ear."""
    steps = (0.4, 0.55, 0.7, 1.45, 1.8, 2.5)
    return [other for step in steps if abs((other := max(1, round(number * step))) - number) >= 2]


def gap(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """How many seconds pass between the end of one thing and the start of another."""
    pairs = [(one, two) for one in facts.once for two in facts.once if 0.5 <= two.start - one.end <= MOST_GAP]
    for one, two in shuffled(rng, pairs)[:MOST_TRIED]:
        number = tenths(two.start) - tenths(one.end)
        answer = as_seconds(number)
        near = [as_seconds(other) for other in near_lengths(number)]
        x, y = mention(one.label), mention(two.label)
        trace = f"I hear {cited(one)}. I hear {cited(two)}. From {one.end:.1f} to {two.start:.1f} it is {answer}, "
        trace += f"the time between them (<t>{one.end:.1f}-{two.start:.1f}</t>)."
        yield Draft(facts.say(rng, "gap", x=x, y=y), answer, [one, two], trace, list(dict.fromkeys(near)))


def longest(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Which of several times of one label is the longest, or the shortest."""
    for events in facts.of_label.values():
        if not 2 <= len(events) <= MOST_COUNTED:
            continue
        for side in ("longest", "shortest"):
            ordered = sorted(events, key=_length, reverse=side == "longest")
            more, less = _length(ordered[0]), _length(ordered[1])
            if max(more, less) < LONGER * min(more, less) or abs(more - less) < LONGER_SECONDS:
                continue
            number = events.index(ordered[0])
            x = mention(events[0].label)
            lengths = ", ".join(f"{as_seconds(_tenths_long(event))} ({at(event)})" for event in events)
            trace = (
                f"I hear {x} {times(len(events))}: {lengths}. The {NTH[number]} is the {side} ({at(events[number])})."
            )
            near = other_ordinals(number, len(events))
            yield Draft(facts.say(rng, f"longest {side}", x=x), f"the {NTH[number]}", events, trace, near)


def other_ordinals(number: int, count: int) -> list[str]:
    """The other places among ``count``: "the first", "the third"."""
    return [f"the {NTH[other]}" for other in range(count) if other != number]


def longer(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Whether one thing lasts longer the second time than the first."""
    for events in facts.of_label.values():
        if not 2 <= len(events) <= MOST_COUNTED:
            continue
        one, two = sorted(shuffled(rng, range(len(events)))[:2])
        first, second = events[one], events[two]
        longer, shorter = max(_length(first), _length(second)), min(_length(first), _length(second))
        if longer < LONGER * shorter or longer - shorter < LONGER_SECONDS:
            continue
        answer = "yes" if _length(second) > _length(first) else "no"
        x = mention(events[0].label)
        lengths = " against ".join(f"{as_seconds(_tenths_long(event))} ({at(event)})" for event in (first, second))
        trace = f"I hear {x} at {ats(events[: two + 1])}. Of the two it is {lengths}."
        words = facts.say(rng, "longer", x=x, n=NTH[two], m=NTH[one])
        yield Draft(words, answer, [first, second], trace, ("no" if answer == "yes" else "yes",))


def _length(event: Event) -> float:
    return event.end - event.start


def _tenths_long(event: Event) -> int:
    return tenths(event.end) - tenths(event.start)
