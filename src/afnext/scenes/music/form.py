"""The form of a piece: its sections with their keys, dynamics and tempos, fitted into a given time."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from pydantic import Field

from afnext.base.config import Frozen
from afnext.base.errors import SceneError
from afnext.scenes.music.harmony import Key
from afnext.scenes.music.metronome import Metronome, Pace
from afnext.scenes.music.phrases import SCALES, TEMPOS
from afnext.scenes.worlds import Dice

Metre = Literal[3, 4, 5, 6]
Change = Literal["steady", "step", "ritardando"]

METRES: dict[Metre, float] = {4: 0.5, 3: 0.22, 6: 0.18, 5: 0.1}
"""How often each is drawn. In 6 the beats are quick, and go in two groups of three."""
OUTLINES: tuple[tuple[str, ...], ...] = (
    ("verse", "chorus"),
    ("verse", "chorus", "verse", "chorus"),
    ("intro", "verse", "chorus", "outro"),
    ("intro", "verse", "chorus", "bridge", "chorus", "outro"),
    ("intro", "verse", "chorus", "verse", "chorus", "outro"),
    ("intro", "verse", "chorus", "verse", "chorus", "bridge", "chorus", "outro"),
    ("intro", "verse", "chorus", "verse", "chorus", "bridge", "verse", "chorus", "outro"),
)
UNITS = (1, 2, 4, 8, 16)
"""Bars of a section; intro and outro have half as many."""
FULL = 0.75
"""Share of the time that a form should fill, where one can."""
LEAST = 3.5
"""Seconds of the shortest verse or chorus, in pieces long enough to have them."""
SHARE = 0.37
"""Of a short piece, at least so much is one of them."""
LIFTS = (1, 2)
"""Semitones by which a last chorus may be lifted."""
STEP = (0.12, 0.45)
"""Least and greatest change of tempo between sections, as a share."""
SLOWEST = (0.55, 0.72)
"""Where a ritardando ends, as a share of the tempo."""
TRIES = 200


class Wishes(Frozen):
    """What a piece must be; what is None is left to chance."""

    metre: Metre | None = None
    mode: Literal["major", "minor"] | None = None
    parts: int | None = Field(default=None, ge=2, le=6)
    """Instruments."""
    tempo: Change | None = None
    modulates: bool | None = None
    lines: Literal["none", "spoken", "sung"] | None = None


@dataclass(frozen=True)
class Section:
    """A part of the form, from beat ``first`` on."""

    name: str
    first: int
    beats: int
    key: Key
    lift: int
    """Semitones by which its music stands higher than where it was first heard."""
    dynamic: str

    @property
    def last(self) -> int:
        """The beat after its last."""
        return self.first + self.beats


@dataclass(frozen=True)
class Form:
    """Sections one behind the other, and when their beats fall."""

    metre: Metre
    sections: tuple[Section, ...]
    metronome: Metronome

    @property
    def beats(self) -> int:
        """Of the whole piece."""
        return self.sections[-1].last

    @property
    def seconds(self) -> float:
        """Until the last bar is over."""
        return self.metronome.seconds(self.beats)

    def names(self) -> tuple[str, ...]:
        """Of the sections, each once, in the order in which they are first heard."""
        return tuple(dict.fromkeys(section.name for section in self.sections))


def draw_form(dice: Dice, seconds: float, wishes: Wishes) -> Form:
    """A form that is over within ``seconds``, and fills most of them if it can.

    Raises:
        SceneError: the wishes cannot be met in so little time.
    """
    for _ in range(TRIES):
        form = _try(dice, seconds, wishes)
        if form is not None and form.seconds <= seconds:
            return form
    told = ", ".join(f"{name} {value}" for name, value in wishes if value is not None) or "any"
    raise SceneError(f"a piece of {seconds:g} seconds ({told})", expected="more time, or fewer wishes")


def _try(dice: Dice, seconds: float, wishes: Wishes) -> Form | None:
    rng = dice.rng
    metre = wishes.metre or list(METRES)[int(rng.choice(len(METRES), p=list(METRES.values())))]
    bpm = float(round(dice.between(*TEMPOS)))
    modulates = bool(rng.random() < 0.3) if wishes.modulates is None else wishes.modulates
    change = wishes.tempo or ("steady", "step", "ritardando")[int(rng.choice(3, p=(0.45, 0.3, 0.25)))]
    bars = int(seconds * bpm / 60 / metre)
    fitting = [
        (outline, unit)
        for outline in OUTLINES
        for unit in UNITS
        if _bars(outline, unit) <= bars
        and unit * metre * 60 / bpm >= min(LEAST, SHARE * seconds)
        and (not modulates or "bridge" in outline or outline.count("chorus") > 1)
    ]
    if not fitting:
        return None
    fullest = max(_bars(*each) for each in fitting)
    fitting = [each for each in fitting if _bars(*each) >= min(fullest, FULL * bars)]
    outline, unit = fitting[int(rng.integers(len(fitting)))]
    lengths = [_length(name, unit) * metre for name in outline]
    starts = np.cumsum([0, *lengths]).tolist()
    key = Key(int(rng.integers(12)), wishes.mode or str(rng.choice(list(SCALES))))
    moves = _modulation(rng, key, outline) if modulates else {}
    dynamics = _dynamics(rng, outline)
    sections = tuple(
        Section(name, first, length, *moves.get(index, (key, 0)), dynamics[index])
        for index, (name, first, length) in enumerate(zip(outline, starts, lengths, strict=False))
    )
    if change == "step":
        paces = _step(dice, bpm, sections)
    elif change == "ritardando":
        paces = [Pace(0, bpm), *_ritardando(rng, bpm, sections[-1], metre)]
    else:
        paces = [Pace(0, bpm)]
    return Form(metre, sections, Metronome(tuple(paces))) if paces else None


def _length(name: str, unit: int) -> int:
    """Bars of the section ``name``."""
    return max(1, unit // 2) if name in {"intro", "outro"} else unit


def _bars(outline: tuple[str, ...], unit: int) -> int:
    return sum(_length(name, unit) for name in outline)


def _modulation(rng: np.random.Generator, key: Key, outline: tuple[str, ...]) -> dict[int, tuple[Key, int]]:
    """The other key, and how far music that was heard before is lifted into it, of each section that has one."""
    if "bridge" in outline and (outline.count("chorus") < 2 or rng.random() < 0.5):
        return {outline.index("bridge"): (key.neighbours[int(rng.integers(len(key.neighbours)))], 0)}
    last = max(index for index, name in enumerate(outline) if name == "chorus")
    lift = int(rng.choice(LIFTS))
    return {index: (key.moved(lift), lift) for index in range(last, len(outline))}


def _dynamics(rng: np.random.Generator, outline: tuple[str, ...]) -> list[str]:
    """Choruses are louder than verses; what leads into them may grow."""
    verse = str(rng.choice(("soft", "medium")))
    chorus = "loud" if verse == "medium" else str(rng.choice(("medium", "loud")))
    drawn = {
        "intro": ("soft", "soft", "medium", "crescendo"),
        "bridge": ("soft", "soft", "crescendo"),
        "outro": ("soft", "medium"),
    }
    chosen = {"verse": verse, "chorus": chorus} | {name: str(rng.choice(of)) for name, of in drawn.items()}
    dynamics = [chosen[name] for name in outline]
    for index, (name, after) in enumerate(pairwise(outline)):
        if (name, after) == ("verse", "chorus") and chorus == "loud" and rng.random() < 0.3:
            dynamics[index] = "crescendo"
    return dynamics


def _step(dice: Dice, bpm: float, sections: tuple[Section, ...]) -> list[Pace]:
    """Another tempo for the sections of one name, if one of this world is near enough."""
    names = sorted({section.name for section in sections} - {sections[0].name})
    other = float(round(dice.between(*TEMPOS)))
    if not names or not STEP[0] <= abs(np.log(other / bpm)) <= STEP[1]:
        return []
    changed = names[int(dice.rng.integers(len(names)))]
    paces = [Pace(section.first, other if section.name == changed else bpm) for section in sections]
    return [paces[0], *(after for before, after in pairwise(paces) if after.bpm != before.bpm)]


def _ritardando(rng: np.random.Generator, bpm: float, section: Section, metre: int) -> Iterator[Pace]:
    """Slower from beat to beat, to the end of the last section."""
    count = min(2 * metre, section.beats)
    slowest = float(rng.uniform(*SLOWEST))
    for index in range(count):
        share = 1 - (1 - slowest) * (index + 1) / count
        yield Pace(section.last - count + index, round(bpm * share, 1))
