"""How something is said: whispered or shouted, with which emotion, and what is said so."""

from collections.abc import Iterator
from itertools import pairwise
from typing import get_args

import numpy as np

from afnext.scenes.asking.phrasing import shuffled
from afnext.scenes.asking.skills.draft import Draft
from afnext.scenes.asking.skills.facts import Facts
from afnext.scenes.asking.skills.people import introduced, people
from afnext.scenes.asking.skills.speech import other_words, pointable
from afnext.scenes.asking.skills.text import MOST_COUNTED, at, ats, quoted, words
from afnext.scenes.scene import Emotion, Event

MANNERS = {"plain": "in a normal voice", "whispered": "in a whisper", "shouted": "in a shout"}
EMOTIONS: tuple[Emotion, ...] = get_args(Emotion)
SHORTEST = 0.7
"""Seconds of speech from which a manner can be told."""
FELT = 1.2
"""Seconds from which an emotion can."""
MOST_TRIED = 12


def _references(facts: Facts, events: list[Event], rng: np.random.Generator) -> Iterator[tuple[Event, str, str]]:
    """Utterances with the form that points at each, by its words or its time, and the slot."""
    known = pointable(facts)
    for event in events:
        by_words = event in known and rng.random() < 0.5
        yield event, "said" if by_words else "at", event.text or "" if by_words else at(event)


def manner(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Whether words are whispered, shouted or neither. Asked where not everything is said in one manner."""
    if len({event.manner for event in facts.speech}) < 2:
        return
    long = [event for event in facts.speech if event.end - event.start >= SHORTEST]
    for event, form, slot in _references(facts, shuffled(rng, long)[:MOST_TRIED], rng):
        answer = MANNERS[event.manner]
        trace = f"I hear {quoted(event)}. It is said {answer} ({at(event)})."
        asked = facts.say(rng, f"manner {form}", q=slot).of_form("manner")
        yield Draft(asked, answer, [event], trace, [other for other in MANNERS.values() if other != answer])


def emotion(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """How somebody feels who says something aloud."""
    if len({event.emotion for event in facts.speech}) < 2:
        return
    long = [event for event in facts.speech if event.end - event.start >= FELT and event.manner == "plain"]
    for event, form, slot in _references(facts, shuffled(rng, long)[:MOST_TRIED], rng):
        trace = f"I hear {quoted(event)}. The voice sounds {event.emotion} ({at(event)})."
        near = [other for other in EMOTIONS if other != event.emotion]
        asked = facts.say(rng, f"emotion {form}", q=slot).of_form("emotion")
        yield Draft(asked, event.emotion, [event], trace, near)


def said_how(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """What is whispered, or shouted, where one thing is."""
    for kind in ("whispered", "shouted"):
        found = [event for event in facts.scene.events if event.kind == "speech" and event.manner == kind]
        if len(found) != 1 or not facts.hears(found[0]) or found[0].end - found[0].start < SHORTEST:
            continue
        event = found[0]
        trace = f"One voice is heard {MANNERS[kind]}, at {at(event)}. It says {quoted(event)}."
        near = other_words(facts, event, rng)
        yield Draft(facts.say(rng, f"said_how {kind}"), words([event]), [event], trace, near)


def said_feeling(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """When somebody sounds happy, sad, angry or afraid, where that is once."""
    for kind in EMOTIONS[1:]:
        found = [event for event in facts.scene.events if event.kind == "speech" and event.emotion == kind]
        if len(found) != 1 or not facts.hears(found[0]) or found[0].end - found[0].start < FELT:
            continue
        event = found[0]
        trace = f"I hear {quoted(event)}. The voice sounds {kind}, and no other does ({at(event)})."
        near = facts.near_spans(event, rng, anchors=facts.speech)
        asked = facts.say(rng, "said_feeling", e=kind).of_form("said_feeling")
        yield Draft(asked, at(event), [event], trace, near)


def emotion_flip(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """How one of the speakers' feelings change, where they do once and for good."""
    everyone = people(facts)
    for person in everyone:
        felt = [event for event in person.said if event.end - event.start >= FELT and event.manner == "plain"]
        moods = [event.emotion for event in person.said]
        if sum(later != earlier for earlier, later in pairwise(moods)) != 1:
            continue
        before, after = moods[0], moods[-1]
        sides = [[event for event in felt if event.emotion == mood] for mood in (before, after)]
        if not all(sides):
            continue
        trace = f"{introduced(everyone)} {person.name.capitalize()} sounds {before} at {ats(sides[0])}. "
        trace += f"Later it is {after}, at {ats(sides[1])}."
        pairs = [f"from {one} to {two}" for one in EMOTIONS for two in EMOTIONS if one != two]
        answer = f"from {before} to {after}"
        near = [
            f"from {after} to {before}",
            *(pair for pair in shuffled(rng, pairs) if before in pair or after in pair),
        ]
        near = list(dict.fromkeys(pair for pair in near if pair != answer))
        asked = facts.say(rng, "emotion_flip", n=person.name.split()[1])
        yield Draft(asked, answer, person.said, trace, near)


def count_manner(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """How many utterances are whispered, or shouted."""
    if any(event.kind == "speech" for event in facts.hidden) or len(facts.speech) < 2:
        return
    for kind in ("whispered", "shouted"):
        found = [event for event in facts.speech if event.manner == kind]
        short = any(event.end - event.start < SHORTEST for event in facts.speech)
        if not 1 <= len(found) <= MOST_COUNTED or short:
            continue
        listed = " ".join(f"It is {kind} at {at(event)}." for event in found)
        near = [str(number) for number in range(max(0, len(found) - 3), len(found) + 4) if number != len(found)]
        yield Draft(facts.say(rng, f"count_manner {kind}"), str(len(found)), found, listed, near)
