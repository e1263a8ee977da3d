"""The form of a piece: sections, dynamics, bars and beats."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from afnext.dialogue.timestamps import Span
from afnext.scenes.asking.phrasing import shuffled
from afnext.scenes.asking.skills.counting import near_numbers
from afnext.scenes.asking.skills.draft import Draft
from afnext.scenes.asking.skills.facts import Facts
from afnext.scenes.asking.skills.music import parts, pieces
from afnext.scenes.asking.skills.text import MOST_COUNTED, NTH, at, ats, hull
from afnext.scenes.scene import Stretch

MOST_BEATS = 12
BETWEEN = 0.12
"""Seconds that a time asked about keeps from any beat."""
SECTIONS = ("intro", "verse", "chorus", "bridge", "outro")
BARS = ("1", "2", "4", "8", "16")
"""What sections mostly last: other numbers give themselves away."""
OUTLINES: tuple[str, ...] = (
    "verse, chorus",
    "verse, chorus, verse, chorus",
    "intro, verse, chorus, outro",
    "intro, verse, chorus, bridge, chorus, outro",
    "intro, verse, chorus, verse, chorus, outro",
    "intro, verse, chorus, verse, chorus, bridge, chorus, outro",
    "intro, verse, chorus, verse, chorus, bridge, verse, chorus, outro",
)
"""Forms that music has: other rows of the same sections give themselves away."""


def section_order(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Which sections follow one another; and which comes after one that is heard once."""
    for piece, name in pieces(facts):
        names = [section.name for section in piece.sections]
        if not 2 <= len(names) <= 9:
            continue
        trace = _listed(piece.sections)
        carriers = parts(facts, piece)
        row = ", ".join(names)
        near = [other for other in OUTLINES if other != row]
        asked = facts.say(rng, "section_order", m=name)
        yield Draft(asked, row, piece.sections, trace, near, carriers, pool="section_order")
        for one, two in pairwise(piece.sections):
            if names.count(one.name) != 1 or one.name == two.name:
                continue
            near = [f"the {other}" for other in dict.fromkeys((*names, *SECTIONS)) if other not in (one.name, two.name)]
            asked = facts.say(rng, "section_after", m=name, s=one.name).of_form(f"section_after {one.name}")
            pair = f"The {one.name} is heard at {at(one)}. After it comes the {two.name} ({at(two)})."
            yield Draft(asked, f"the {two.name}", [one, two], pair, near, carriers)


def _listed(stretches: Sequence[Stretch]) -> str:
    return "I hear " + ", then ".join(f"the {one.name} ({at(one)})" for one in stretches) + "."


def other_orders(names: Sequence[str], rng: np.random.Generator) -> list[str]:
    """Up to five other rows of the same names."""
    orders = dict.fromkeys(", ".join(shuffled(rng, names)) for _ in range(12))
    return [order for order in orders if order != ", ".join(names)][:5]


def section_return(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """When a section is heard for the second, third, ... time."""
    for piece, name in pieces(facts):
        for section in dict.fromkeys(section.name for section in piece.sections):
            found = [each for each in piece.sections if each.name == section]
            if any(later.start <= earlier.end for earlier, later in pairwise(found)):
                continue  # two of a name side by side are one
            for number in range(1, min(len(found), len(NTH))):
                others = [each for each in piece.sections if each is not found[number]]
                near = [at(each) for each in shuffled(rng, others)[:4]]
                near += facts.near_spans(found[number], rng, others)
                trace = f"The {section} is heard at {ats(found[: number + 1])}. "
                trace += f"The {NTH[number]} of these is {at(found[number])}."
                asked = facts.say(rng, "section_return", m=name, s=section, n=NTH[number])
                yield Draft(asked, at(found[number]), found[: number + 1], trace, near[:8], parts(facts, piece))


def section_at(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Which section is heard at a time."""
    for piece, name in pieces(facts):
        names = list(dict.fromkeys(section.name for section in piece.sections))
        for section in shuffled(rng, piece.sections)[:MOST_COUNTED] if len(names) > 1 else []:
            quarter = (section.end - section.start) / 4
            middle = Span(section.start + quarter, section.end - quarter)
            near = [f"the {other}" for other in dict.fromkeys((*names, *SECTIONS)) if other != section.name]
            trace = f"The {section.name} lasts from {section.start:.1f} to {section.end:.1f} ({at(section)}). "
            trace += f"Within it lies {at(middle)}."
            asked = facts.say(rng, "section_at", m=name, t=at(middle))
            yield Draft(asked, f"the {section.name}", [section], trace, near, parts(facts, piece))


def count_sections(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """How many sections there are in all, and how often one is heard."""
    for piece, name in pieces(facts):
        names = [section.name for section in piece.sections]
        if 2 <= len(names) <= len(NTH) and all(one != two for one, two in pairwise(names)):
            trace = f"{_listed(piece.sections)} That makes {len(names)} ({hull(piece.sections)})."
            asked = facts.say(rng, "count_sections all", m=name)
            near = near_numbers(len(names), 2)
            yield Draft(asked, str(len(names)), piece.sections, trace, near, parts(facts, piece))
        beside = any(one == two for one, two in pairwise(names))
        for section in dict.fromkeys(names) if not beside and len(names) > 1 else []:
            found = [each for each in piece.sections if each.name == section]
            trace = f"The {section} is heard at {ats(found)}. That makes {len(found)} ({hull(found)})."
            asked = facts.say(rng, "count_sections", m=name, s=section)
            yield Draft(asked, str(len(found)), found, trace, near_numbers(len(found)), parts(facts, piece))


def count_bars(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """How many bars a section lasts that is heard once."""
    for piece, name in pieces(facts):
        names = [section.name for section in piece.sections]
        for section in [each for each in piece.sections if names.count(each.name) == 1]:
            bars = [beat.time for beat in piece.beats if beat.number == 1 and _within(beat.time, section)]
            starts_well = bars and abs(bars[0] - section.start) < BETWEEN
            if not starts_well or len(bars) > MOST_BEATS:
                continue
            edges = [*bars, section.end]
            listed = [Span(one, two) for one, two in pairwise(edges)]
            trace = f"The {section.name} is heard at {at(section)}. Its bars are {ats(listed)}."
            asked = facts.say(rng, "count_bars", m=name, s=section.name)
            near = list(BARS) if str(len(bars)) in BARS else near_numbers(len(bars))
            near = [number for number in near if number != str(len(bars))]
            yield Draft(asked, str(len(bars)), [section], trace, near, parts(facts, piece))


def _within(time: float, stretch: Stretch) -> bool:
    return stretch.start - 1e-3 <= time < stretch.end - BETWEEN


def count_beats(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """How many beats fall between two times, both well between beats."""
    for piece, name in pieces(facts):
        times = [beat.time for beat in piece.beats]
        if len(times) < MOST_BEATS + 2:
            continue
        for count in shuffled(rng, range(3, MOST_BEATS))[:6]:
            first = int(rng.integers(1, len(times) - count))
            start = round((times[first - 1] + times[first]) / 2, 1)
            end = round((times[first + count - 1] + times[first + count]) / 2, 1)
            if any(abs(time - edge) < BETWEEN for time in times for edge in (start, end)):
                continue
            chosen = [time for time in times if start < time < end]
            steps = [Span(one, two) for one, two in pairwise(chosen)]
            trace = f"Within {at(Span(start, end))} the beats are as far apart as {ats(steps)}. "
            trace += f"That is one beat more than steps: {len(chosen)} ({at(Span(chosen[0], chosen[-1]))})."
            asked = facts.say(rng, "count_beats", m=name, t=at(Span(start, end)))
            evidence = [Span(start, end)]
            near = near_numbers(len(chosen))
            yield Draft(asked, str(len(chosen)), evidence, trace, near, parts(facts, piece))


def dynamics(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """Whether one section is played more loudly or more softly than another."""
    ranks = {"soft": 0, "loud": 2}
    for piece, name in pieces(facts):
        of_section = [
            (section, found[0].name)
            for section in piece.sections
            if len(found := _overlapping(piece.dynamics, section)) == 1
        ]
        names = [section.name for section in piece.sections]
        known = [(section, dynamic) for section, dynamic in of_section if names.count(section.name) == 1]
        for one, first in known:
            for two, second in known:
                if first not in ranks or second not in ranks or first == second or one.start > two.start:
                    continue
                softer, other = shuffled(rng, [(one, first), (two, second)])
                wanted = "loudly" if rng.random() < 0.5 else "softly"
                right = max if wanted == "loudly" else min
                answer, _ = right((softer, other), key=lambda each: ranks[each[1]])
                wrong = next(each[0] for each in (softer, other) if each[0] is not answer)
                trace = f"The {one.name} is {first} ({at(one)}). The {two.name} is {second} ({at(two)})."
                asked = facts.say(
                    rng, f"dynamics {wanted}", m=name, x=f"the {softer[0].name}", y=f"the {other[0].name}"
                )
                carriers = parts(facts, piece)
                yield Draft(asked, f"the {answer.name}", [one, two], trace, (f"the {wrong.name}",), carriers)


def _overlapping(stretches: Sequence[Stretch], section: Stretch) -> list[Stretch]:
    return [one for one in stretches if min(one.end, section.end) - max(one.start, section.start) > BETWEEN]


def crescendo(facts: Facts, rng: np.random.Generator) -> Iterator[Draft]:
    """When the music grows louder, where it does so once."""
    for piece, name in pieces(facts):
        found = [one for one in piece.dynamics if one.name == "crescendo"]
        if len(found) != 1:
            continue
        trace = f"The music grows louder and louder at {at(found[0])}."
        others = [at(one) for one in piece.dynamics if one is not found[0]]
        near = [*shuffled(rng, others), *facts.near_spans(found[0], rng)][:8]
        yield Draft(facts.say(rng, "crescendo", m=name), at(found[0]), found, trace, near, parts(facts, piece))
