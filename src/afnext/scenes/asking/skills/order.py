"""What comes when: first, last, before, after, and in which order."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from afnext.scenes.asking.phrasing import capitalised, cited, in_turn, mention, pick, shuffled
from afnext.scenes.asking.skills.draft import Draft
from afnext.scenes.asking.skills.events import alone
from afnext.scenes.asking.skills.facts import APART, Facts
from afnext.scenes.asking.skills.text import MOST_COUNTED, NTH, at, ats
from afnext.scenes.scene import Event

MOST_PAIRS = 6
"""Pairs of events that are tried."""


def apart(earlier: Event, later: Event) -> bool:
    """Whether it is beyond doubt that ``earlier`` starts first."""
    return later.start - earlier.start > APART


def order_first(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """What is heard first: of all, or of two."""
    firsts = [events[0] for events in facts.of_label.values()]
    opening = facts.events[:2]
    clear = bool(opening) and facts.clear(0, opening[-1].start)
    if len(opening) == 2 and apart(*opening) and clear and opening[0] in firsts and rng.random() < 0.3:
        first = opening[0]
        trace = f"{in_turn(opening)} {capitalised(mention(first.label))} came before all else."
        near = facts.near_labels(first.label, rng)
        yield Draft(facts.say(rng, "order_first of all"), mention(first.label), [first], trace, near)
        return
    pairs = [(a, b) for a in firsts for b in firsts if apart(a, b)]
    if not pairs:
        return
    first, second = pick(rng, pairs)
    names = shuffled(rng, [mention(first.label), mention(second.label)])
    words = facts.say(rng, "order_first", x=names[0], y=names[1])
    trace = f"{in_turn([first, second])} {capitalised(mention(first.label))} came first."
    near = [] if facts.style == "plain" else [mention(second.label)]
    yield Draft(words, mention(first.label), [first, second], trace, near)


def order_list(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Up to four things put in order."""
    chosen: list[Event] = []
    for event in (facts.once[index] for index in rng.permutation(len(facts.once))):
        if len(chosen) < 4 and all(abs(event.start - other.start) > APART for other in chosen):
            chosen.append(event)
    if len(chosen) < 2:
        return
    names = ", ".join(mention(event.label) for event in chosen)
    chosen.sort(key=lambda event: event.start)
    answer = _row(chosen)
    near = [] if facts.style == "plain" else other_orders([mention(event.label) for event in chosen], rng)
    yield Draft(facts.say(rng, "order_list", list=names), answer, chosen, in_turn(chosen), near)


def _row(events: Sequence[Event]) -> str:
    return ", ".join(mention(event.label) for event in events)


def other_orders(names: Sequence[str], rng: np.random.Generator) -> list[str]:
    """The same names in up to five other orders."""
    right = ", ".join(names)
    found = dict.fromkeys(", ".join(shuffled(rng, names)) for _ in range(12))
    return [order for order in found if order != right][:5]


def before_after(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """What comes right before, or right after, something that is heard once."""
    pairs = [pair for event in facts.once for pair in _neighbours(facts, event)]
    if not pairs:
        return
    side, event, answer = pick(rng, pairs)
    words = facts.say(rng, f"before_after {side}", x=mention(event.label))
    pair = [answer, event] if side == "before" else [event, answer]
    trace = f"{in_turn(pair)} Right {side} {mention(event.label)} came {mention(answer.label)}."
    near = [name for name in facts.near_labels(answer.label, rng) if name != mention(event.label)]
    yield Draft(words, mention(answer.label), pair, trace, near)


def _neighbours(facts: Facts, event: Event) -> Iterator[tuple[str, Event, Event]]:
    """What surely comes right before and right after ``event``, which sounds alone: the side, itself, the neighbour."""
    if not alone(event, facts.scene.events):
        return
    index = facts.events.index(event)
    before, after = facts.events[:index][::-1], facts.events[index + 1 :]
    # The nearest by onset, with no second one that starts about when it does, nor one that ends then or later.
    clear = before and not (before[1:] and not apart(before[1], before[0])) and facts.clear(before[0].start, event.end)
    last = all(before[0].end - other.end > APART for other in before[1:])
    if clear and last and before[0].label not in facts.doubtful:
        yield "before", event, before[0]
    clear = after and not (after[1:] and not apart(after[0], after[1])) and facts.clear(event.start, after[0].end)
    if clear and after[0].label not in facts.doubtful:
        yield "after", event, after[0]


def after_nth(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """What comes right after, or right before, something that is heard several times."""
    for events in facts.of_label.values():
        if not 2 <= len(events) <= MOST_COUNTED:
            continue
        number = int(rng.integers(len(events)))
        x, nth = mention(events[0].label), NTH[number]
        for side, event, answer in _neighbours(facts, events[number]):
            if answer.label == event.label:
                continue
            upto = events[: number + 1]
            trace = (
                f"I hear {x} at {ats(upto)}. The {nth} of these is {at(event)}. Right {side} it comes {cited(answer)}."
            )
            words = facts.say(rng, f"after_nth {side}", x=x, n=nth)
            near = [name for name in facts.near_labels(answer.label, rng) if name != x]
            yield Draft(words, mention(answer.label), [*upto, answer], trace, near)


def order_last(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """What starts last: of all, or of two."""
    closing = facts.events[-2:]
    clear = len(closing) == 2 and facts.clear(closing[0].start, facts.scene.duration)
    if clear and apart(*closing) and closing[1].label in facts.of_label:
        last = closing[1]
        trace = f"{in_turn(closing)} Nothing starts after {cited(last)}."
        near = facts.near_labels(last.label, rng)
        yield Draft(facts.say(rng, "order_last of all"), mention(last.label), list(closing), trace, near)
    pairs = [(one, two) for one in facts.once for two in facts.once if apart(one, two)]
    for first, second in shuffled(rng, pairs)[:MOST_PAIRS] if len(pairs) < 200 else []:
        names = shuffled(rng, [mention(first.label), mention(second.label)])
        words = facts.say(rng, "order_last", x=names[0], y=names[1])
        trace = f"I hear {cited(first)}. {capitalised(mention(second.label))} starts later, at {ats([second])}."
        yield Draft(words, mention(second.label), [first, second], trace, (mention(first.label),))


def nth(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """What the second, third, ... sound is, counted by their starts."""
    opening = facts.events[: len(NTH)]
    for number in range(1, min(len(opening), MOST_COUNTED)):
        event = opening[number]
        upto = opening[: number + 2]
        if not facts.clear(0, event.end) or not all(apart(*pair) for pair in pairwise(upto)):
            continue
        trace = f"{in_turn(upto[: number + 1])} The {NTH[number]} of them is {cited(event)}."
        near = facts.near_labels(event.label, rng)
        words = facts.say(rng, "nth", n=NTH[number])
        yield Draft(words, mention(event.label), opening[: number + 1], trace, near)


def between(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """What is heard between two things that are heard once, where it is one thing."""
    for before, middle, after in zip(facts.events, facts.events[1:], facts.events[2:], strict=False):
        named = {before.label, middle.label, after.label}
        clear = before.end <= middle.start and middle.end <= after.start and apart(before, middle)
        if len(named) < 3 or named & facts.doubtful or before not in facts.once or after not in facts.once:
            continue
        clear = clear and facts.clear(before.start, after.end)
        if not clear or not all(alone(event, facts.scene.events) for event in (before, middle, after)):
            continue
        x, y = mention(before.label), mention(after.label)
        trace = f"{in_turn([before, middle, after])} Between the two lies {cited(middle)}."
        near = [name for name in facts.near_labels(middle.label, rng) if name not in (x, y)]
        words = facts.say(rng, "between", x=x, y=y)
        yield Draft(words, mention(middle.label), [before, middle, after], trace, near)
