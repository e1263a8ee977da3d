"""Where a scene takes place: how it answers a click, how far away that click was, and what is heard meanwhile."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from afnext.base.errors import SceneError
from afnext.scenes.acoustics import outside
from afnext.scenes.acoustics.rooms import Answer, RoomKind, bare_room, room
from afnext.scenes.sources import Samples
from afnext.scenes.worlds import Dice, World

OPEN_AIR = "outdoors"
"""The place without reverberation."""
ROOMS_EACH = 6
"""Rooms of every kind in every world, and as many streets and forests."""

# compose() draws from ROOMS by number: a new room goes into SPACES.
ROOMS = {
    "a small room": RoomKind(((2.4, 3.6), (2.0, 3.0), (2.3, 2.6)), (0.18, 0.3)),
    "a living room": RoomKind(((4.0, 6.5), (3.2, 5.0), (2.4, 3.0)), (0.3, 0.45)),
    "a large hall": RoomKind(((10.0, 18.0), (8.0, 12.0), (4.0, 7.0)), (0.6, 1.0)),
}
PLACES = (OPEN_AIR, *ROOMS)
SPACES = {
    "a car": RoomKind(((1.9, 2.6), (1.3, 1.5), (1.1, 1.25)), (0.05, 0.09)),
    "a bathroom": RoomKind(((1.8, 3.2), (1.5, 2.4), (2.3, 2.6)), (0.6, 0.95), 0.7),
    "a stairwell": RoomKind(((3.0, 5.0), (2.4, 3.2), (9.0, 16.0)), (1.2, 1.8), 1.2),
    "a cave": RoomKind(((12.0, 30.0), (8.0, 18.0), (5.0, 12.0)), (2.0, 3.0), 1.8),
}
OUTSIDE: dict[str, tuple[Callable[[Dice], Answer], float]] = {
    "a street": (outside.street, 0.5),
    "a forest": (outside.forest, 0.7),
}
"""How a place under the sky answers, and its openness."""
BEDS = {
    OPEN_AIR: "a breeze",
    "a small room": "a computer fan",
    "a living room": "a refrigerator",
    "a large hall": "ventilation",
    "a street": "distant traffic",
    "a forest": "rustling leaves",
    "a stairwell": "a draught",
    "a bathroom": "an extractor fan",
    "a cave": "trickling water",
    "a car": "a car on the road",
}
"""Every place, and the noise by which it is known."""


@dataclass(frozen=True)
class Place:
    """One place of one world."""

    name: str
    response: Samples | None = None
    """How it answers a click, which itself is sample 0 with height 1. None in the open."""
    near: float = 1.0
    """Metres from the listener at which that click was made."""
    openness: float = 1.0
    """How echoes fall with the distance of their source: 0, as in a room, not at all; 1 as the source itself."""


def place(world: World, name: str, number: int) -> Place:
    """Place ``number`` of the kind ``name`` in ``world``: there are ``ROOMS_EACH``.

    Raises:
        SceneError: no such place.
        MissingToolError: pyroomacoustics is not installed.
    """
    if name == OPEN_AIR:
        return Place(name)
    response, metres = _answer(world, _known(name), number % ROOMS_EACH)
    return Place(name, response, metres, OUTSIDE[name][1] if name in OUTSIDE else 0.0)


def impulse_response(world: World, place: str, number: int) -> Samples:
    """How room ``number`` of the kind ``place`` answers a click; the click itself is sample 0 with height 1.

    Raises:
        SceneError: no such place.
        MissingToolError: pyroomacoustics is not installed.
    """
    return _answer(world, _known(place), number % ROOMS_EACH)[0]


def _known(name: str) -> str:
    if name not in BEDS or name == OPEN_AIR:
        raise SceneError(f"place {name!r}", expected=", ".join(BEDS))
    return name


@lru_cache(maxsize=96)
def _answer(world: World, name: str, number: int) -> Answer:
    rng = np.random.default_rng(zlib.crc32(f"{world}/{name}/{number}".encode()))
    if name in ROOMS:
        return room(ROOMS[name], rng)
    if name in SPACES:
        return bare_room(SPACES[name], Dice(world, rng))
    return OUTSIDE[name][0](Dice(world, rng))


LONG = 2**18
"""Samples (16 s) above which a sound is put into a room in blocks, which takes less time and memory."""


def reverberate(samples: Samples, response: Samples) -> Samples:
    """``samples`` as heard in the room of ``response``; [n + len(response) - 1]."""
    from scipy import fft  # noqa: PLC0415 - start-up asks for it

    block = len(samples) if len(samples) <= LONG else LONG // 4
    size = fft.next_fast_len(block + len(response) - 1, real=True)
    room = fft.rfft(response, size)

    def part(first: int) -> Samples:
        dry = samples[first : first + block]
        wet: Samples = fft.irfft(fft.rfft(dry, size) * room, size)[: len(dry) + len(response) - 1]
        return wet

    if block == len(samples):
        return part(0)
    whole = np.zeros(len(samples) + len(response) - 1, np.float32)
    for first in range(0, len(samples), block):
        whole[first : first + block + len(response) - 1] += part(first)
    return whole
