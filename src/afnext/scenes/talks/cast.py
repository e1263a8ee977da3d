"""Who takes part in a talk: people with names and voices that a listener can tell apart."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from afnext.base.errors import SceneError
from afnext.scenes.speech.voices import FLITE, OCTAVE, PITCHES, RATES, SIZES, Sex, Voice
from afnext.scenes.talks.lexicon import MEN, WOMEN
from afnext.scenes.talks.script import Person
from afnext.scenes.worlds import World

Item = TypeVar("Item")

ACCENTS = {
    "en-us": "American",
    "en": "British",
    "en-gb-scotland": "Scottish",
    "en-029": "Caribbean",
    "en-gb-x-rp": "Received Pronunciation",
    "en-us-nyc": "New York",
}
"""espeak-ng's, and what people call them. Its "en-gb" is not among them: it forgets which speaker was asked for."""
RECORDED_ACCENTS = {"awb": "Scottish"}
"""flite's speakers who are not American."""

# espeak-ng's speakers and their pitch in Hz in the middle of its scale, measured by autocorrelation: those of voices.py
# and, so that every world has three of each sex, some more.
SPEAKERS: dict[World, dict[Sex, dict[str, int]]] = {
    "train": {
        "man": {
            **{"m1": 94, "m2": 101, "m3": 105, "m7": 107, "m8": 86, "Andy": 96, "Michael": 110, "Denis": 99},
            **{"paul": 86, "pablo": 113, "victor": 95},
        },
        "woman": {"f1": 180, "f2": 198, "f4": 180, "Annie": 239, "linda": 229, "Andrea": 246, "grandma": 203},
    },
    "validation": {
        "man": {"m4": 94, "Alex": 104, "Mike": 90, "Mario": 108},
        "woman": {"aunty": 172, "belinda": 229, "Alicia": 252},
    },
    "test": {
        "man": {"m5": 103, "m6": 101, "Gene": 95, "ed": 126},
        "woman": {"f3": 211, "steph": 184, "f5": 205},
    },
}
LOOKED_AT = 8
"""Voices from which the one least like those before it is taken."""


@dataclass(frozen=True, slots=True)
class Member:
    """One person and their voice."""

    person: Person
    voice: Voice
    accent: str

    @property
    def hertz(self) -> float:
        """The pitch of the voice, roughly."""
        voice = self.voice
        if voice.engine == "flite":
            return voice.pitch / voice.size
        speaker = voice.name.rpartition("+")[2]
        middle = next(each[voice.sex][speaker] for each in SPEAKERS.values() if speaker in each[voice.sex])
        return float(middle * 2 ** ((voice.pitch - 50) / OCTAVE) / voice.size)


def most_speakers(world: World) -> int:
    """How many different people ``world`` has."""
    return sum(len(names) for names in SPEAKERS[world].values()) + len(FLITE[world])


def draw_cast(world: World, count: int, rng: np.random.Generator) -> tuple[Member, ...]:
    """So many people with different names and speakers, those of one sex as unlike in pitch and accent as they come.

    Raises:
        SceneError: the world has not so many speakers.
    """
    if not 1 <= count <= most_speakers(world):
        raise SceneError(f"{count} speakers", expected=f"1 to {most_speakers(world)} in the world {world!r}")
    members: list[Member] = []
    while len(members) < count:
        taken = {member.voice.identity for member in members}
        found = [_draw(world, rng, members) for _ in range(LOOKED_AT if members else 1)]
        fresh = [member for member in found if member.voice.identity not in taken]
        if fresh:
            sex = fresh[0].voice.sex  # by chance, not because it is the one that differs most
            alike = [member for member in fresh if member.voice.sex == sex]
            members.append(max(alike, key=lambda member: min((_distance(member, m) for m in members), default=0.0)))
    return tuple(members)


def _draw(world: World, rng: np.random.Generator, others: list[Member]) -> Member:
    sex: Sex = "man" if rng.random() < 0.5 else "woman"
    of_espeak = list(SPEAKERS[world][sex])
    of_flite = [name for name, speaker in FLITE[world].items() if speaker.sex == sex]
    speaker = _pick(rng, of_espeak + of_flite)
    rate, size, pitch = int(_pick(rng, RATES)), float(_pick(rng, SIZES)), int(_pick(rng, PITCHES))
    accent = _pick(rng, list(ACCENTS))
    if speaker in of_espeak:
        voice = Voice("espeak-ng", f"{accent}+{speaker}", rate, pitch, sex, size)
        called = ACCENTS[accent]
    else:
        voice = Voice("flite", speaker, rate, int(_pick(rng, FLITE[world][speaker].pitches)), sex, size)
        called = RECORDED_ACCENTS.get(speaker, "American")
    taken = {member.person.name for member in others}
    name = _pick(rng, [name for name in (MEN if sex == "man" else WOMEN) if name not in taken])
    return Member(Person(name, sex), voice, called)


def _pick(rng: np.random.Generator, items: Sequence[Item]) -> Item:
    return items[int(rng.integers(len(items)))]


def _distance(one: Member, other: Member) -> float:
    """How well two are told apart: an octave counts six times as much as an accent."""
    if one.voice.sex != other.voice.sex:
        return math.inf
    return (one.accent != other.accent) + 6 * abs(math.log2(one.hertz / other.hertz))
