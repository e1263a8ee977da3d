"""Harmony and tune of a piece: chords, words of songs, and the melody of one instrument alone."""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

import numpy as np

from afnext.scenes.asking.phrasing import mention
from afnext.scenes.asking.skills.counting import near_numbers
from afnext.scenes.asking.skills.draft import Draft
from afnext.scenes.asking.skills.facts import Facts
from afnext.scenes.asking.skills.form import BETWEEN, MOST_BEATS, other_orders
from afnext.scenes.asking.skills.music import parts, pieces
from afnext.scenes.asking.skills.text import MOST_COUNTED, NTH, at, ats, quoted, words
from afnext.scenes.scene import Event, Piece, Stretch

SHORTEST_CHORD = 0.7
"""Seconds of a chord that can be named."""
MOST_CHORDS = 4
RISES = 3
"""Semitones between two notes, beyond doubt by ear."""
SHORTEST_NOTE = 0.12
"""Seconds from one note to the next that can be counted."""
UP, DOWN = "higher", "lower"


def heard_in(facts: Facts, piece: Piece, stretch: Stretch) -> bool:
    """Whether something that has a pitch plays all through ``stretch``."""
    return any(
        event.label != "drums" and event.start <= stretch.start + BETWEEN and event.end >= stretch.end - BETWEEN
        for event in parts(facts, piece)
    )


def changes(chords: Sequence[Stretch]) -> list[Stretch]:
    """Chords with those that are repeated made one."""
    grouped = [list(group) for _, group in groupby(chords, key=lambda chord: chord.name)]
    return [Stretch(group[0].start, group[-1].end, group[0].name) for group in grouped]


def chord(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """The first, second, ... chord of a piece, and the one at a time."""
    for piece, name in pieces(facts):
        chords = changes(piece.chords)
        names = list(dict.fromkeys(one.name for one in chords))
        opening = chords[: min(len(chords), MOST_COUNTED)]
        for number, one in enumerate(opening if len(names) > 1 else []):
            if one.end - one.start < SHORTEST_CHORD or not heard_in(facts, piece, one):
                break
            near = [other for other in names if other != one.name] + _neighbours(one.name)
            near = list(dict.fromkeys(other for other in near if other != one.name))
            trace = f"The chords are {', '.join(f'{each.name} ({at(each)})' for each in opening[: number + 1])}. "
            trace += f"The {NTH[number]} is {one.name} ({at(one)})."
            asked = facts.say(rng, "chord", m=name, n=NTH[number])
            yield Draft(asked, one.name, opening[: number + 1], trace, near[:8], parts(facts, piece))


def _neighbours(chord_name: str) -> list[str]:
    root, _, quality = chord_name.partition(" ")
    others = [other for other in ("major", "minor") if other != quality]
    return [f"{root} {other}" for other in others]


def progression(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """The first chords of a piece in order."""
    for piece, name in pieces(facts):
        chords = changes(piece.chords)[:MOST_CHORDS]
        names = [one.name for one in chords]
        clear = all(one.end - one.start >= SHORTEST_CHORD and heard_in(facts, piece, one) for one in chords)
        if len(set(names)) < 3 or not clear:
            continue
        trace = f"The chords are {', '.join(f'{one.name} ({at(one)})' for one in chords)}."
        near = [row for row in other_orders(names, rng) if _no_repeats(row)]
        asked = facts.say(rng, "progression", m=name, k=("three", "four")[len(chords) - 3])
        yield Draft(asked, ", ".join(names), chords, trace, near, parts(facts, piece))


def _no_repeats(row: str) -> bool:
    return all(one != two for one, two in pairwise(row.split(", ")))


def lyrics(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """The words that are sung or spoken in a section, where they are the same whenever it is heard."""
    for piece, name in pieces(facts):
        lines = [event for index in sorted(piece.events) if (event := facts.scene.events[index]).kind == "speech"]
        of_section: dict[str, list[list[Event]]] = {}
        for section in piece.sections:
            inside = [line for line in lines if section.start <= (line.start + line.end) / 2 < section.end]
            of_section.setdefault(section.name, []).append(inside)
        texts = {title: words(heard[0]) for title, heard in of_section.items()}
        for title, heard in of_section.items():
            if not texts[title] or any(words(each) != texts[title] for each in heard):
                continue
            told = ", then ".join(quoted(line) for line in heard[0])
            stretch = next(each for each in piece.sections if each.name == title)
            trace = f"The {title} is heard at {at(stretch)}. In it I hear {told}."
            near = [text for other, text in texts.items() if other != title and text and text != texts[title]]
            asked = facts.say(rng, "lyrics", m=name, s=title)
            yield Draft(asked, texts[title], heard[0], trace, near)


def melody(event: Event) -> bool:
    """Whether the notes of ``event`` come one at a time."""
    notes = event.notes
    apart = all(later.start - earlier.start >= SHORTEST_NOTE for earlier, later in pairwise(notes))
    return (
        len(notes) >= 2
        and event.label != "drums"
        and apart
        and all(earlier.end <= later.start + 0.02 for earlier, later in pairwise(notes))
    )


def pitch(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Whether a melody ends higher or lower than it began."""
    inside = {index for piece in facts.scene.pieces for index in piece.events}
    for event in facts.once:
        if not melody(event) or any(facts.scene.events[index] == event for index in inside):
            continue
        first, last = event.notes[0], event.notes[-1]
        if abs(last.pitch - first.pitch) < RISES:
            continue
        answer = UP if last.pitch > first.pitch else DOWN
        trace = f"{mention(event.label).capitalize()} plays at {at(event)}. Its first note is {at(first)}. "
        trace += f"Its last note, {answer} than the first, is {at(last)}."
        asked = facts.say(rng, "pitch", x=mention(event.label))
        yield Draft(asked, answer, [first, last], trace, (DOWN if answer == UP else UP,), [event])


def count_notes(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """How many notes a melody has."""
    inside = {index for piece in facts.scene.pieces for index in piece.events}
    for event in facts.once:
        count = len(event.notes)
        if not melody(event) or count > MOST_BEATS or any(facts.scene.events[index] == event for index in inside):
            continue
        trace = f"{mention(event.label).capitalize()} plays at {at(event)}. Its notes are {ats(event.notes)}."
        asked = facts.say(rng, "count_notes", x=mention(event.label))
        yield Draft(asked, str(count), [event], trace, near_numbers(count))
