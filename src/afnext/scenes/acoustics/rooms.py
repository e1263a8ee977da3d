"""How rooms answer a click: mirror sources by pyroomacoustics, and behind them, where walls are hard, dying noise."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import MissingToolError
from afnext.scenes.sources import AUDIBLE, Samples
from afnext.scenes.worlds import Dice

LONGEST_TAIL = 0.5
"""Seconds to which an impulse response is cut, unless its kind says otherwise."""
MIRRORS = 16
"""Highest order of mirror sources: more cost minutes, and are heard as noise."""
SOUND_SPEED = 343.0
"""Metres a second in air of 20 degrees Celsius."""
BRIGHT_DECAY = 0.6
"""What is left of the decay above 2 kHz, where air and plaster take more."""

Range = tuple[float, float]
Response = NDArray[np.float64]
Answer = tuple[Samples, float]
"""A response whose sample 0 is the click itself with height 1, and the metres that it had come."""


@dataclass(frozen=True)
class RoomKind:
    """Ranges from which rooms of one kind are drawn."""

    size: tuple[Range, ...]
    """Length, width and height in metres, lowest and highest."""
    decay: Range
    """Seconds in which the sound falls by 60 dB."""
    longest: float = LONGEST_TAIL
    """Seconds to which its response is cut."""


def room(kind: RoomKind, rng: np.random.Generator) -> Answer:
    """A furnished room, of any size in the ranges whatever the world; two random points of it."""
    size = [rng.uniform(*side) for side in kind.size]
    source, listener = (np.array(size) * rng.uniform(0.2, 0.8, 3) for _ in range(2))
    absorption, order = acoustics().inverse_sabine(rng.uniform(*kind.decay), size)
    response = mirrored(size, acoustics().Material(absorption), min(order, MIRRORS), source, listener)
    return from_click(response), float(np.linalg.norm(source - listener))


def bare_room(kind: RoomKind, dice: Dice) -> Answer:
    """A room of hard walls that sounds for longer than mirror sources reach."""
    size = [dice.between(*side) for side in kind.size]
    decay = dice.between(*kind.decay)
    source, listener = (np.array(size) * dice.rng.uniform(0.2, 0.8, 3) for _ in range(2))
    absorption, order = acoustics().inverse_sabine(decay, size)
    response = mirrored(size, acoustics().Material(absorption), min(order, MIRRORS), source, listener)
    if order > MIRRORS:
        response = _with_tail(response, MIRRORS * min(size) / SOUND_SPEED, decay, kind.longest, dice.rng)
    metres = float(np.linalg.norm(source - listener))
    return from_click(response, kind.longest, metres), metres


def mirrored(size: Any, materials: Any, order: int, source: Response, listener: Response) -> Response:
    """The response between two points [3] of a box, in metres; [n]."""
    box = acoustics().ShoeBox(size, fs=SAMPLE_RATE, materials=materials, max_order=order)
    box.add_source(source)
    box.add_microphone(listener)
    box.compute_rir()
    return np.asarray(box.rir[0][0])


def _with_tail(response: Response, known: float, decay: float, longest: float, rng: np.random.Generator) -> Response:
    """``response``, from ``known`` seconds on replaced by noise that goes on as it had died away until then."""
    join = round(known * SAMPLE_RATE)
    count = round((known + longest) * SAMPLE_RATE)
    time = np.arange(count) / SAMPLE_RATE
    spectrum, bright = np.fft.rfft(rng.standard_normal(count)), np.fft.rfftfreq(count, 1 / SAMPLE_RATE) > 2000
    tail = np.fft.irfft(spectrum * ~bright, count) * 10 ** (-3 * time / decay)
    tail += np.fft.irfft(spectrum * bright, count) * 10 ** (-3 * time / (BRIGHT_DECAY * decay))
    before = slice(join // 2, join)
    early = np.zeros(count)
    early[: min(count, len(response))] = response[:count]
    tail *= np.sqrt(np.sum(early[before] ** 2) / np.sum(tail[before] ** 2))
    turn = np.clip((np.arange(count) - 0.8 * join) / (0.2 * join), 0, 1)
    whole: Response = early * np.cos(np.pi / 2 * turn) + tail * np.sin(np.pi / 2 * turn)
    return whole


def from_click(response: Response, longest: float = LONGEST_TAIL, metres: float | None = None) -> Samples:
    """Start at the direct path, scale it to 1, and end where what is left lies 40 dB below the whole.

    The direct path is the highest sample that ``metres`` allow; by default the first high one.
    """
    if metres is None:
        direct = int(np.argmax(np.abs(response) > 0.5 * np.abs(response).max()))
    else:
        expected = round(metres / SOUND_SPEED * SAMPLE_RATE) + acoustics().constants.get("frac_delay_length") // 2
        direct = max(0, expected - 4)
    direct += int(np.argmax(np.abs(response[direct : direct + 8])))
    response = response[direct : direct + int(longest * SAMPLE_RATE)] / response[direct]
    left = np.cumsum(response[::-1] ** 2)[::-1]
    end = int(np.flatnonzero(left > AUDIBLE**2 * left[0])[-1]) + 1
    fade = min(end, SAMPLE_RATE // 50)
    response = response[:end].copy()
    response[end - fade :] *= np.linspace(1, 0, fade)
    return response.astype(np.float32)


def acoustics() -> Any:
    """Pyroomacoustics takes two seconds to import, and dry scenes do without."""
    try:
        import pyroomacoustics  # noqa: PLC0415
    except ImportError as error:
        raise MissingToolError(
            "reverberation needs pyroomacoustics, which is not installed", do="pip install 'afnext[scenes]'"
        ) from error
    return pyroomacoustics
