"""Where: nearing and moving away, near and far, the place, and what the recording went through."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from afnext.scenes.asking.phrasing import cited, mention
from afnext.scenes.asking.skills.draft import Draft
from afnext.scenes.asking.skills.facts import Facts
from afnext.scenes.asking.skills.text import MOST_COUNTED, NTH, at, ats
from afnext.scenes.asking.skills.timing import other_ordinals
from afnext.scenes.scene import Event, Waypoint

NEARER, FARTHER, STAYS = "it comes nearer", "it moves away", "it stays where it is"
PASSES = "it comes nearer, then moves away"
MOVEMENTS = (NEARER, FARTHER, STAYS, PASSES)
MOVES = 2.0
"""How many times farther something must be at one end than at the other to be heard moving."""
RESTS = 1.1
"""How many times farther, at most, for something that stays."""
MOVING_SECONDS = 1.0
FAR = 3.0
"""How many times farther away the others must be than the nearest."""
PLACES = {
    "in the open": ("outdoors", "a street", "a forest"),
    "in a room": ("a small room", "a living room"),
    "in a large space that echoes": ("a large hall", "a cave", "a stairwell"),
}
"""What can be told by ear. A car sounds like no place at all, a bathroom like a small hall: nobody asks about them."""
ECHOES = {
    "in the open": "nothing comes back from walls",
    "in a room": "it rings on for a moment",
    "in a large space that echoes": "it rings on for long",
}
FULL, TELEPHONE = "full band", "telephone"
CLIPPED = 0.5
"""Share of full scale: what was cut off below it is surely heard to be distorted."""


def nearing(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Whether something comes nearer, moves away, or stays."""
    for event in facts.once:
        answer = _movement(event)
        if answer is None:
            continue
        x = mention(event.label)
        points = [event.path[0], min(event.path, key=lambda point: point.metres), event.path[-1]]
        points = points if answer == PASSES else [points[0], points[2]]
        trace = f"I hear {cited(event)}. It is {', then '.join(map(_metres, points))} away ({at(event)})."
        near = [other for other in MOVEMENTS if other != answer]
        yield Draft(facts.say(rng, "nearing", x=x), answer, [event], trace, near)


def _movement(event: Event) -> str | None:
    """What is beyond doubt; None where nothing is."""
    path = event.path
    if len(path) < 2 or min(point.metres for point in path) <= 0:
        return None
    if _spread(path) <= RESTS:
        return STAYS
    if event.end - event.start < MOVING_SECONDS:
        return None
    nearest = min(range(len(path)), key=lambda number: path[number].metres)
    falling = all(later.metres <= earlier.metres for earlier, later in pairwise(path[: nearest + 1]))
    rising = all(later.metres >= earlier.metres for earlier, later in pairwise(path[nearest:]))
    before, after = path[0].metres / path[nearest].metres, path[-1].metres / path[nearest].metres
    if not (falling and rising):
        return None
    if before >= MOVES and after >= MOVES:
        return PASSES
    if before >= MOVES and after <= RESTS:
        return NEARER
    return FARTHER if after >= MOVES and before <= RESTS else None


def _spread(path: Sequence[Waypoint]) -> float:
    return max(point.metres for point in path) / min(point.metres for point in path)


def _metres(point: Waypoint) -> str:
    return f"about {max(1, round(point.metres))} m"


def nearest(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Which of several times something is nearest, or farthest."""
    for events in facts.of_label.values():
        placed = all(event.path and _spread(event.path) <= RESTS for event in events)
        if not placed or not 2 <= len(events) <= MOST_COUNTED:
            continue
        for side in ("nearest", "farthest"):
            ordered = sorted(events, key=lambda event: event.path[0].metres, reverse=side == "farthest")
            near, far = sorted(event.path[0].metres for event in ordered[:2])
            if near <= 0 or far < FAR * near:
                continue
            number = events.index(ordered[0])
            x = mention(events[0].label)
            trace = f"I hear {x} at {ats(events)}. The {NTH[number]} time it is the {side} ({at(ordered[0])})."
            words = facts.say(rng, f"nearest {side}", x=x)
            yield Draft(words, f"the {NTH[number]}", events, trace, other_ordinals(number, len(events)))


def place(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """In what kind of place the sound was recorded."""
    answer = next((answer for answer, names in PLACES.items() if facts.scene.place in names), None)
    if answer is None or not facts.events:
        return
    event = max(facts.events, key=lambda event: event.level)
    trace = f"I hear {cited(event)}. Where it ends, {ECHOES[answer]} ({at(event)})."
    near = [other for other in PLACES if other != answer]
    yield Draft(facts.say(rng, "place"), answer, [event], trace, near, choice_only=True)


def channel(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Whether the recording came over a telephone, and whether it was cut off at its peaks."""
    known = facts.scene.channel
    if not facts.events:
        return
    whole = at(facts.whole)
    if known.kind in (FULL, TELEPHONE):
        answer = "yes" if known.kind == TELEPHONE else "no"
        band = "The sound is narrow, with no highs and no lows" if answer == "yes" else "Highs and lows are there"
        words = facts.say(rng, "channel telephone")
        yield Draft(words, answer, [facts.whole], f"{band} ({whole}).", ("no" if answer == "yes" else "yes",))
    if known.clipped is None or known.clipped <= CLIPPED:
        answer = "yes" if known.clipped is not None else "no"
        peaks = "The loudest parts are rough and cut off" if answer == "yes" else "Even the loudest parts are clean"
        words = facts.say(rng, "channel clipped")
        yield Draft(words, answer, [facts.whole], f"{peaks} ({whole}).", ("no" if answer == "yes" else "yes",))
