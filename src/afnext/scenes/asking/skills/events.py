"""What is heard at all: lists, presence, captions, and what sounds at one moment."""

from collections.abc import Iterator, Sequence

import numpy as np

from afnext.dialogue.timestamps import Span
from afnext.scenes.asking.caption import caption as told
from afnext.scenes.asking.caption import events_answer
from afnext.scenes.asking.phrasing import capitalised, cited, in_turn, mention, pick
from afnext.scenes.asking.skills.draft import Draft
from afnext.scenes.asking.skills.facts import MOST_LISTED, Facts
from afnext.scenes.asking.skills.text import at
from afnext.scenes.scene import Event
from afnext.scenes.sources import LABELS

TOGETHER = 0.5
"""Seconds that two events must share to be asked about as sounding together."""
SLICE = 1.0
"""Seconds of a moment that is pointed at."""
NOISES = ("white noise", "a low rumble", "a hum", "a crowd")
"""Backgrounds that cannot be taken for one another; pink noise lies between two of them."""
LOUD_NOISE = 25.0
"""Highest ratio in dB from the background to the quietest event at which the background is asked about."""


def alone(event: Event, others: Sequence[Event]) -> bool:
    """Whether none of ``others`` sounds while ``event`` does."""
    return not any(other is not event and other.start < event.end and event.start < other.end for other in others)


def events(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Everything with its time; of a crowded scene, everything in a section."""
    if len(facts.events) <= MOST_LISTED:
        yield Draft(facts.say(rng, "events"), events_answer(facts.told), facts.events)
        return
    section = facts.section(rng)
    if section is None:
        return
    start, end = section
    inside = [event for event in facts.events if start <= event.start and event.end <= end]
    words = facts.say(rng, "events between", a=str(start), b=str(end))
    yield Draft(words, events_answer(facts.told, start, end), inside)


def presence(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Whether something is heard."""
    if facts.style != "plain":
        yield from _presence_by_kind(facts, rng)
        return
    if facts.of_label and rng.random() < 0.5:
        group = pick(rng, list(facts.of_label.values()))
        trace = f"I hear {cited(group[0])}."
        yield Draft(facts.say(rng, "presence", x=mention(group[0].label)), "yes", group[:1], trace)
        return
    kinds = list(LABELS) if not facts.of_label or rng.random() < 0.5 else [pick(rng, facts.events).kind]
    absent = [label for kind in kinds for label in LABELS[kind] if facts.lacks(label)]
    if not absent:
        return
    x = mention(pick(rng, absent))
    firsts = [group[0] for group in facts.of_label.values()][:MOST_LISTED]
    trace = f"{in_turn(firsts)} None of these is {x}." if firsts else "I hear nothing."
    yield Draft(facts.say(rng, "presence", x=x), "no", (), trace)


def _presence_by_kind(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """One of each kind that is there, and one that is not: voices are not more often there than animals."""
    for kind in LABELS:
        form = f"presence {kind}"
        there = [group for label, group in facts.of_label.items() if group[0].kind == kind and label in LABELS[kind]]
        absent = [label for label in LABELS[kind] if facts.lacks(label)]
        if there:
            group = pick(rng, there)
            x = mention(group[0].label)
            words = facts.say(rng, "presence", x=x).of_form(form)
            yield Draft(words, "yes", group[:1], f"I hear {cited(group[0])}.", ("no",))
        if absent:
            x = mention(pick(rng, absent))
            firsts = [group[0] for group in facts.of_label.values()][:MOST_LISTED]
            listed = f"{in_turn(firsts)} " if firsts else ""
            trace = f"{listed}I hear nothing of {x} ({at(facts.whole)})."
            yield Draft(facts.say(rng, "presence", x=x).of_form(form), "no", [facts.whole], trace, ("yes",))


def caption(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """The scene in one to three sentences."""
    yield Draft(facts.say(rng, "caption"), told(facts.told, rng), facts.events)


def overlap(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """What else sounds while something does."""
    for event in facts.once:
        others = [other for other in facts.scene.events if other is not event and _shared(event, other) > 0]
        if len(others) != 1 or not facts.hears(others[0]) or _shared(event, others[0]) < TOGETHER:
            continue
        other = others[0]
        if other.label == event.label:
            continue
        x, y = mention(event.label), mention(other.label)
        both = Span(max(event.start, other.start), min(event.end, other.end))
        trace = f"I hear {cited(event)}. {capitalised(y)} is heard at {at(other)}. Both sound at {at(both)}."
        near = [name for name in facts.near_labels(other.label, rng) if name != x]
        yield Draft(facts.say(rng, "overlap", x=x), y, [event, other], trace, near)


def at_time(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """What is heard at a moment at which one thing is."""
    for event in facts.events:
        if event.label in facts.doubtful or event.end - event.start < SLICE or not alone(event, facts.scene.events):
            continue
        start = float(rng.uniform(event.start, event.end - SLICE)) if event.end - event.start > SLICE else event.start
        moment = Span(start, start + SLICE)
        if round(moment.start, 1) < event.start or round(moment.end, 1) > event.end:
            continue
        trace = f"{capitalised(mention(event.label))} sounds at {at(event)}. Nothing else does at {at(moment)}."
        words = facts.say(rng, "at_time", t=at(moment))
        yield Draft(words, mention(event.label), [event], trace, facts.near_labels(event.label, rng))


def _shared(one: Event, other: Event) -> float:
    return min(one.end, other.end) - max(one.start, other.start)


def background(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """What noise lies under the recording, where it can be heard."""
    noise = facts.scene.background
    if noise is None or (facts.scene.events and noise.snr > LOUD_NOISE) or noise.kind not in NOISES:
        return
    gap = _quiet(facts)
    if gap is None:
        return
    trace = f"Between the sounds, at {at(gap)}, {noise.kind} is left."
    near = [kind for kind in NOISES if kind != noise.kind]
    yield Draft(facts.say(rng, "background"), noise.kind, [gap], trace, near)


def _quiet(facts: Facts) -> Span | None:
    """The longest stretch without events, of at least a second."""
    edge, found = 0.0, list[Span]()
    for event in facts.scene.events:
        found.append(Span(edge, event.start))
        edge = max(edge, event.end)
    found = [gap for gap in [*found, Span(edge, facts.scene.duration)] if gap.end - gap.start >= 1.0]
    return max(found, key=lambda gap: gap.end - gap.start, default=None)
