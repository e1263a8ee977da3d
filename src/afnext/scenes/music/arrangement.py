"""The music of one kind of section: what each role of the cast plays, and where the singer's lines lie."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from afnext.scenes.music import backing
from afnext.scenes.music.band import Player, Role
from afnext.scenes.music.changes import Ground
from afnext.scenes.music.instruments import INSTRUMENTS
from afnext.scenes.music.melody import Slot, Tone, rhythm, tune
from afnext.scenes.worlds import World

TOP = 2
"""Semitones left free above every part, into which a chorus may be lifted."""
CHORD_BOTTOM = -5
"""Semitones from the lowest note of an instrument's tunes to that of its chords."""
STRUM = 0.5
"""Share of an instrument's usual delay from string to string."""


@dataclass(frozen=True)
class Lines:
    """What a singer does in a section: the slots of each line's syllables, and the pitches of the voice."""

    slots: tuple[tuple[Slot, ...], ...]
    span: tuple[int, int]


@dataclass(frozen=True)
class Music:
    """What is written for a section: its chords, the tones of each role, and the slots of its lines."""

    ground: Ground
    tones: Mapping[Role, tuple[Tone, ...]]
    lines: tuple[tuple[Slot, ...], ...]


def arrange(
    rng: np.random.Generator, cast: Sequence[Player], ground: Ground, world: World, lines: Lines | None, *, busy: bool
) -> Music:
    """Music for all of ``cast``, and for a singer if there are ``lines``; drums are ``busy`` or only keep the beat."""
    tones: dict[Role, tuple[Tone, ...]] = {}
    spans = {player.role: _span(player.instrument) for player in cast}
    if lines is not None:
        low, high = lines.span
        tones["voice"] = tune(rng, [slot for line in lines.slots for slot in line], ground, (low, high - TOP))
        tones["melody"] = _octaves(tones["voice"], spans["melody"])
    else:
        slots = rhythm(rng, ground.metre, round(ground.beats) // ground.metre)
        tones["melody"] = tune(rng, slots, ground, spans["melody"])
    for player in cast:
        family = INSTRUMENTS[player.instrument]
        low, strum = family.low + CHORD_BOTTOM, STRUM * family.strum
        match player.role:
            case "chords":
                manner = backing.CHORD_MANNERS[int(rng.integers(len(backing.CHORD_MANNERS)))]
                tones["chords"] = backing.chords(ground, manner, low, strum)
            case "pad":
                tones["pad"] = backing.chords(ground, "held", low, strum)
            case "bass":
                walk = backing.BASS_MANNERS[int(rng.integers(len(backing.BASS_MANNERS)))]
                tones["bass"] = backing.bass(rng, ground, walk, spans["bass"])
            case "drums":
                tones["drums"] = backing.drums(rng, ground, world, dense=busy)
            case "counter":
                tones["counter"] = backing.counter(rng, ground, tones["melody"], spans["counter"])
    return Music(ground, tones, () if lines is None else lines.slots)


def _span(instrument: str) -> tuple[int, int]:
    family = INSTRUMENTS[instrument]
    return family.low, family.high - TOP


def _octaves(tones: Sequence[Tone], span: tuple[int, int]) -> tuple[Tone, ...]:
    """``tones`` each moved by octaves to where they are nearest to the middle of ``span``."""
    middle = sum(span) / 2
    return tuple(
        Tone(tone.beat, tone.beats, tone.pitch + 12 * round((middle - tone.pitch) / 12), tone.accent) for tone in tones
    )
