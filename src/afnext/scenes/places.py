"""Where a scene takes place: the reverberation of a room, as a short impulse response."""

import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import MissingToolError, SceneError
from afnext.scenes.sources import AUDIBLE, Samples
from afnext.scenes.worlds import World

OPEN_AIR = "outdoors"
"""The place without reverberation."""
ROOMS_EACH = 6
"""Rooms of every kind in every world."""
LONGEST_TAIL = 0.5
"""Seconds to which an impulse response is cut."""


@dataclass(frozen=True)
class RoomKind:
    """Ranges from which rooms of one kind are drawn."""

    size: tuple[tuple[float, float], ...]
    """Length, width and height in metres, lowest and highest."""
    decay: tuple[float, float]
    """Seconds in which the sound falls by 60 dB."""


ROOMS = {
    "a small room": RoomKind(((2.4, 3.6), (2.0, 3.0), (2.3, 2.6)), (0.18, 0.3)),
    "a living room": RoomKind(((4.0, 6.5), (3.2, 5.0), (2.4, 3.0)), (0.3, 0.45)),
    "a large hall": RoomKind(((10.0, 18.0), (8.0, 12.0), (4.0, 7.0)), (0.6, 1.0)),
}
PLACES = (OPEN_AIR, *ROOMS)


def impulse_response(world: World, place: str, number: int) -> Samples:
    """How room ``number`` of the kind ``place`` answers a click; the click itself is sample 0 with height 1.

    Raises:
        SceneError: no such place.
        MissingToolError: pyroomacoustics is not installed.
    """
    if place not in ROOMS:
        raise SceneError(f"place {place!r}", expected=", ".join(PLACES))
    return _impulse_response(world, place, number % ROOMS_EACH)


@lru_cache(maxsize=64)
def _impulse_response(world: World, place: str, number: int) -> Samples:
    kind = ROOMS[place]
    rng = np.random.default_rng(zlib.crc32(f"{world}/{place}/{number}".encode()))
    size = [rng.uniform(*side) for side in kind.size]
    source, listener = (np.array(size) * rng.uniform(0.2, 0.8, 3) for _ in range(2))
    acoustics = _acoustics()
    absorption, order = acoustics.inverse_sabine(rng.uniform(*kind.decay), size)
    room = acoustics.ShoeBox(size, fs=SAMPLE_RATE, materials=acoustics.Material(absorption), max_order=min(order, 16))
    room.add_source(source)
    room.add_microphone(listener)
    room.compute_rir()
    return _from_click(np.asarray(room.rir[0][0]))


def _from_click(response: np.ndarray[Any, Any]) -> Samples:
    """Start at the direct path, scale it to 1, and end where what is left lies 40 dB below the whole."""
    direct = int(np.argmax(np.abs(response) > 0.5 * np.abs(response).max()))
    direct += int(np.argmax(np.abs(response[direct : direct + 8])))
    response = response[direct : direct + int(LONGEST_TAIL * SAMPLE_RATE)] / response[direct]
    left = np.cumsum(response[::-1] ** 2)[::-1]
    end = int(np.flatnonzero(left > AUDIBLE**2 * left[0])[-1]) + 1
    fade = min(end, SAMPLE_RATE // 50)
    response = response[:end].copy()
    response[end - fade :] *= np.linspace(1, 0, fade)
    return response.astype(np.float32)


def _acoustics() -> Any:
    """Pyroomacoustics takes two seconds to import, and dry scenes do without."""
    try:
        import pyroomacoustics  # noqa: PLC0415
    except ImportError as error:
        raise MissingToolError(
            "reverberation needs pyroomacoustics, which is not installed", do="pip install 'afnext[scenes]'"
        ) from error
    return pyroomacoustics


LONG = 2**18
"""Samples (16 s) above which a sound is put into a room in blocks, which takes less time and memory."""


def reverberate(samples: Samples, response: Samples) -> Samples:
    """``samples`` as heard in the room of ``response``; [n + len(response) - 1]."""
    from scipy import fft  # noqa: PLC0415 - start-up asks for it

    length = len(samples) + len(response) - 1
    if len(samples) > LONG:
        whole = np.zeros(length, np.float32)
        for first in range(0, len(samples), LONG // 4):
            part = reverberate(samples[first : first + LONG // 4], response)
            whole[first : first + len(part)] += part
        return whole
    size = fft.next_fast_len(length, real=True)
    product = fft.rfft(samples, size) * fft.rfft(response, size)
    wet: Samples = fft.irfft(product, size)[:length]
    return wet
