"""How many: of one label, before something, of two labels, of instruments."""

from collections.abc import Iterator

import numpy as np

from afnext.scenes.asking.phrasing import in_turn, mention, pick, shuffled
from afnext.scenes.asking.skills.draft import Draft
from afnext.scenes.asking.skills.facts import Facts
from afnext.scenes.asking.skills.text import MOST_COUNTED, at, ats, hull, times_of

EQUAL = "both equally often"
MOST_TRIED = 8
"""Pairs of labels that are tried."""


def near_numbers(count: int, least: int = 1) -> list[str]:
    """Numbers around ``count``, the nearest first, from ``least`` on."""
    numbers = sorted(range(max(least, count - 4), count + 5), key=lambda number: abs(number - count))
    return [str(number) for number in numbers if number != count]


def count(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """How often something is heard."""
    counts = sorted({len(events) for events in facts.of_label.values() if len(events) <= MOST_COUNTED})
    if not counts:
        return
    number = pick(rng, counts)  # first how many, then of what: ones would outnumber all else
    events = pick(rng, [events for events in facts.of_label.values() if len(events) == number])
    near = sorted((other for other in range(1, MOST_COUNTED + 2) if other != number), key=lambda n: abs(n - number))
    x = mention(events[0].label)
    words = facts.say(rng, "count", x=x)
    trace = f"I hear {x} at {ats(events)}. That makes {number}."
    yield Draft(words, str(number), events, trace, [str(other) for other in near])


def count_before(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """How often something is heard before, or after, something that is heard once."""
    groups = [events for events in facts.of_label.values() if len(events) <= 2 * MOST_COUNTED]
    for mark in shuffled(rng, facts.once)[:MOST_TRIED]:
        for events in shuffled(rng, groups)[:MOST_TRIED]:
            before = [event for event in events if event.end <= mark.start]
            after = [event for event in events if event.start >= mark.end]
            if events[0] is mark or len(before) + len(after) < len(events) or not len(events) >= 2:
                continue
            x, y = mention(events[0].label), mention(mark.label)
            side, chosen = ("before", before) if rng.random() < 0.5 else ("after", after)
            if len(chosen) > MOST_COUNTED:
                continue
            listed = f"I hear {x} at {ats(chosen)}." if chosen else f"I hear {x} only at {ats(events)}."
            trace = f"I hear {y} at {at(mark)}. {listed} That makes {len(chosen)} {side} {at(mark)}."
            words = facts.say(rng, f"count_before {side}", x=x, y=y)
            yield Draft(words, str(len(chosen)), [*chosen, mark], trace, near_numbers(len(chosen), 0))


def count_compare(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Which of two is heard more often."""
    groups = [events for events in facts.of_label.values() if len(events) <= 2 * MOST_COUNTED]
    pairs = [(one, two) for number, one in enumerate(groups) for two in groups[:number]]
    for one, two in shuffled(rng, pairs)[: 2 * MOST_TRIED]:
        first, second = shuffled(rng, [one, two])
        x, y = mention(first[0].label), mention(second[0].label)
        more = EQUAL if len(first) == len(second) else x if len(first) > len(second) else y
        kind = "equal" if more == EQUAL else "unequal"
        sums = f"That is {len(first)} against {len(second)} ({hull([*first, *second])})."
        trace = f"{times_of(first)} {times_of(second)} {sums}"
        near = [name for name in (x, y, EQUAL) if name != more]
        if kind == "equal" and rng.random() < 0.5:
            continue
        yield Draft(facts.say(rng, "count_compare", x=x, y=y), more, [*first, *second], trace, near)


def count_between(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """How often something is heard in a section of the recording."""
    groups = [events for events in facts.of_label.values() if len(events) >= 2]
    for events in shuffled(rng, groups)[:MOST_TRIED]:
        first = int(rng.integers(len(events)))
        last = int(rng.integers(first, min(len(events), first + MOST_COUNTED)))
        start, end = int(events[first].start), int(events[last].end) + 1
        inside = [event for event in events if event.start < end and start < event.end]
        cut = any(event.start < edge < event.end for event in inside for edge in (start, end))
        if cut or end > facts.scene.duration or len(inside) > MOST_COUNTED:
            continue
        x = mention(events[0].label)
        trace = f"I hear {x} at {ats(inside)}. That makes {len(inside)} ({hull(inside)})."
        words = facts.say(rng, "count_between", x=x, a=str(start), b=str(end))
        yield Draft(words, str(len(inside)), inside, trace, near_numbers(len(inside)))


def count_labels(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """How many different instruments are heard."""
    if facts.doubtful & {label for label, kind in facts.kinds.items() if kind == "music"}:
        return
    labels = list(dict.fromkeys(event.label for event in facts.music))
    if not 1 <= len(labels) <= MOST_COUNTED:
        return
    firsts = [facts.of_label[label][0] for label in labels]
    trace = f"{in_turn(firsts)} That makes {len(labels)} ({hull(firsts)})."
    yield Draft(facts.say(rng, "count_instruments"), str(len(labels)), firsts, trace, near_numbers(len(labels)))
