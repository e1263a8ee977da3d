"""Music: instruments, key, metre and tempo."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from afnext.dialogue.timestamps import Span
from afnext.scenes.asking.phrasing import mention, pick, span
from afnext.scenes.asking.skills.draft import Draft
from afnext.scenes.asking.skills.events import alone
from afnext.scenes.asking.skills.facts import APART, Facts
from afnext.scenes.asking.skills.text import MOST_COUNTED, at, hull
from afnext.scenes.scene import Event, Piece
from afnext.scenes.sources import LABELS

TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MODES = ("major", "minor")
METRES = (3, 4, 5, 6)
TOLERANCE = 4
"""Percent by which a tempo may be missed."""
CHANGED = 1.12
"""How many times as fast the music must become, or as slow, to be heard changing."""
FASTER, SLOWER, STEADY = "it becomes faster", "it becomes slower", "it stays the same"
LEAST_BEATS = 12
"""Beats from which a tempo or a metre can be told."""


def instrument(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Which instrument plays: the only one, or the one at a time at which one does."""
    labels = {event.label for event in facts.music}
    if not labels:
        return
    if len(labels) == 1:
        events, asked = facts.music, facts.say(rng, "instrument")
    else:
        single = [event for event in facts.music if alone(event, facts.music)]
        if not single:
            return
        events = [pick(rng, single)]
        asked = facts.say(rng, "instrument at", t=span(events[0]))
    label = events[0].label
    trace = f"Music plays at {', '.join(map(span, events[:MOST_COUNTED]))}. It is {mention(label)}."
    if facts.style == "plain":
        near = [other.removeprefix("the ") for other in facts.near_labels(label, rng) if other.startswith("the ")]
    else:
        near = [other for other in LABELS["music"] if other != label and other not in facts.doubtful]
        near = [near[index] for index in rng.permutation(len(near))]
    yield Draft(asked, label, events, trace, near)


def pieces(facts: Facts) -> list[tuple[Piece, str]]:
    """Pieces that can be heard, and how each is pointed at."""
    found = [piece for piece in facts.scene.pieces if facts.heard_all(piece.events)]
    if len(facts.scene.pieces) == 1:
        return [(piece, "the music") for piece in found]
    return [(piece, f"the music at {at(piece)}") for piece in found]


def parts(facts: Facts, piece: Piece) -> list[Event]:
    """What plays in a piece."""
    events = [facts.scene.events[index] for index in sorted(set(piece.events))]
    return [event for event in events if event.kind == "music"]


def key(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """In which key a piece begins; and whether that is a major or a minor one."""
    for piece, name in pieces(facts):
        tonic, _, mode = piece.key.partition(" ")
        if tonic not in TONICS or mode not in MODES:
            continue
        number = TONICS.index(tonic)
        opening = _opening(piece)
        if all(event.label == "drums" or event.start >= opening.end for event in parts(facts, piece)):
            continue  # nothing that has a key
        trace = f"The music begins at {at(opening)}. It is at home in {piece.key} ({at(opening)})."
        keys = [f"{other} {kind}" for other in TONICS for kind in MODES]
        relative = (number + 9) % 12 if mode == "major" else (number + 3) % 12
        # Its relative and parallel keys share its notes or its home; a fifth up and down, most of them.
        akin = [f"{TONICS[(number + step) % 12]} {mode}" for step in (7, 5, 2, 10, 1, 11)]
        parallel = [f"{tonic} {_other(mode)}", f"{TONICS[relative]} {_other(mode)}"]
        near = [near for near in [*akin, *parallel] if near in keys]
        carriers = parts(facts, piece)
        yield Draft(facts.say(rng, "key", m=name), piece.key, [opening], trace, near, carriers)
        trace = f"The music begins at {at(opening)}. Its home is a {mode} chord ({at(opening)})."
        yield Draft(facts.say(rng, "mode", m=name), mode, [opening], trace, (_other(mode),), carriers)


def _other(mode: str) -> str:
    return "minor" if mode == "major" else "major"


def _opening(piece: Piece) -> Span:
    """The first section, or the whole where there are none."""
    if piece.sections:
        return Span(piece.sections[0].start, piece.sections[0].end)
    return Span(piece.start, piece.end)


def metre(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """How many beats a bar has."""
    for piece, name in pieces(facts):
        bars = [beat.time for beat in piece.beats if beat.number == 1]
        if piece.metre not in METRES or len(piece.beats) < LEAST_BEATS or len(bars) < 3:
            continue
        bar = Span(bars[0], bars[1])
        trace = f"The first bar lasts from one strong beat to the next ({at(bar)}). "
        trace += f"It holds {piece.metre} beats, and so does the next ({at(Span(bars[1], bars[2]))})."
        near = [str(other) for other in METRES if other != piece.metre]
        yield Draft(facts.say(rng, "metre", m=name), str(piece.metre), [bar], trace, near, parts(facts, piece))


def tempo(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """How fast a piece is, where its tempo does not change."""
    for piece, name in pieces(facts):
        if len({one.bpm for one in piece.tempos}) > 1 or len(piece.beats) < LEAST_BEATS:
            continue
        bpm = round(piece.tempos[0].bpm)
        counted = Span(piece.beats[0].time, piece.beats[LEAST_BEATS - 1].time)
        trace = f"I count {LEAST_BEATS} beats, {LEAST_BEATS - 1} steps, in {counted.end - counted.start:.1f} seconds "
        trace += f"({at(counted)}). That makes about {bpm} beats a minute ({at(counted)})."
        # Never near half or twice as fast: where the beat lies is a matter of taste.
        near = [round(bpm * factor) for factor in (0.62, 0.72, 0.83, 1.18, 1.34, 1.55)]
        asked = facts.say(rng, "tempo", m=name, p=str(TOLERANCE))
        answers = [_beats(other) for other in near]
        yield Draft(asked, _beats(bpm), [counted], trace, answers, parts(facts, piece))


def _beats(bpm: int) -> str:
    return f"{bpm} beats per minute"


def movement(piece: Piece) -> tuple[str, float] | None:
    """Whether a piece becomes faster or slower, once and for good, and when that begins; None where it does both."""
    speeds = [one.bpm for one in piece.tempos]
    if all(speed == speeds[0] for speed in speeds):
        return STEADY, piece.start
    rising = all(later > earlier for earlier, later in pairwise(speeds))
    falling = all(later < earlier for earlier, later in pairwise(speeds))
    ratio = speeds[-1] / speeds[0]
    if rising and ratio >= CHANGED:
        return FASTER, piece.tempos[1].time
    return (SLOWER, piece.tempos[1].time) if falling and ratio <= 1 / CHANGED else None


def tempo_change(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Whether a piece becomes faster or slower."""
    for piece, name in pieces(facts):
        moved = movement(piece)
        if moved is None or len(piece.beats) < LEAST_BEATS:
            continue
        answer, when = moved
        first, last = round(piece.tempos[0].bpm), round(piece.tempos[-1].bpm)
        if answer == STEADY:
            evidence = [Span(piece.start, piece.end)]
            trace = f"The beats follow one another at {first} a minute from beginning to end ({at(evidence[0])})."
        else:
            evidence = [Span(piece.start, when), Span(when, piece.end)]
            trace = f"At first there are {first} beats a minute ({at(evidence[0])}). "
            trace += f"In the end there are {last} ({at(evidence[1])})."
        near = [other for other in (FASTER, SLOWER, STEADY) if other != answer]
        yield Draft(facts.say(rng, "tempo_change", m=name), answer, evidence, trace, near, parts(facts, piece))


def tempo_when(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """In which section the tempo first changes, where it does at the start of one."""
    for piece, name in pieces(facts):
        names = [section.name for section in piece.sections]
        changed = [later for earlier, later in pairwise(piece.tempos) if later.bpm != earlier.bpm]
        if not changed or abs(changed[0].bpm / piece.tempos[0].bpm - 1) < CHANGED - 1:
            continue
        starting = [section for section in piece.sections if abs(section.start - changed[0].time) < APART / 3]
        if not starting or names.count(starting[0].name) != 1:
            continue
        section = starting[0]
        before = Span(piece.start, section.start)
        if before.end <= before.start:
            continue
        trace = f"Up to then there are {round(piece.tempos[0].bpm)} beats a minute ({at(before)}). "
        trace += f"With the {section.name} there are {round(changed[0].bpm)} ({at(section)})."
        near = [f"the {other}" for other in dict.fromkeys(names) if other != section.name]
        asked = facts.say(rng, "tempo_when", m=name)
        yield Draft(asked, f"the {section.name}", [before, section], trace, near, parts(facts, piece))


def entries(facts: Facts, piece: Piece) -> list[Event]:
    """The first event of each instrument of a piece, in order; none where the order is in doubt."""
    firsts: dict[str, Event] = {}
    for event in parts(facts, piece):
        firsts.setdefault(event.label, event)
    return list(firsts.values())


def instrument_entry(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """In which order the instruments of a piece come in, and which is the first or the last to do so."""
    for piece, name in pieces(facts):
        firsts = entries(facts, piece)
        if not 2 <= len(firsts) <= MOST_COUNTED:
            continue
        trace = "It comes in at ".join(["", *(f"{at(event)}: {mention(event.label)}. " for event in firsts)]).strip()
        names = [mention(event.label) for event in firsts]
        ordered = all(later.start - earlier.start > APART for earlier, later in pairwise(firsts))
        if ordered and len(firsts) <= 4:
            orders = dict.fromkeys(", ".join(names[index] for index in rng.permutation(len(names))) for _ in range(12))
            near = [order for order in orders if order != ", ".join(names)][:5]
            shuffled_names = ", ".join(names[index] for index in rng.permutation(len(names)))
            asked = facts.say(rng, "entry order", m=name, list=shuffled_names)
            yield Draft(asked, ", ".join(names), firsts, trace, near)
        if firsts[-1].start - firsts[-2].start > APART:
            yield Draft(facts.say(rng, "entry last", m=name), names[-1], firsts, trace, names[:-1])
        if firsts[1].start - firsts[0].start > APART:
            yield Draft(facts.say(rng, "entry first", m=name), names[0], firsts, trace, names[1:])


def count_parts(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """How many instruments play in a piece."""
    for piece, name in pieces(facts):
        firsts = entries(facts, piece)
        others = [event for event in facts.scene.events if event.kind == "music" and event not in parts(facts, piece)]
        if not 1 <= len(firsts) <= MOST_COUNTED or (others and name == "the music"):
            continue
        listed = " ".join(f"I hear {mention(event.label)} at {at(event)}." for event in firsts)
        near = [str(number) for number in range(max(1, len(firsts) - 3), len(firsts) + 4) if number != len(firsts)]
        trace = f"{listed} That makes {len(firsts)} ({hull(firsts)})."
        yield Draft(facts.say(rng, "count_parts", m=name), str(len(firsts)), firsts, trace, near)
