"""Sources that are far away, come nearer, go off or pass by.

The level falls by 6 dB for every doubling of the distance, air takes the high frequencies, what a room throws back
stays, and a source that moves towards the listener is heard at a higher pitch (Doppler).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import SceneError
from afnext.scenes.acoustics.places import Place, reverberate
from afnext.scenes.acoustics.rooms import SOUND_SPEED
from afnext.scenes.scene import Waypoint
from afnext.scenes.sources import Samples

NEAREST, FARTHEST = 0.2, 2000.0
"""Metres."""
FASTEST = 80.0
"""Metres a second of a source whose pitch follows its speed: more than 280 km/h."""
DIRECT = 16
"""Samples (1 ms) of a response that are the sound itself: it falls between two samples and rings a little."""
FRAME = 1024
"""Samples (64 ms) within which the air between source and listener is the same; neighbours overlap by half."""
FRAMES_AT_ONCE = 128
ROUND = SAMPLE_RATE // 20
"""Samples over which the corners of a path are rounded, so that the pitch does not jump."""
REACH = 16
"""Samples on each side from which one between two is worked out."""

Line = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Path:
    """How far away a source is while it sounds."""

    waypoints: tuple[Waypoint, ...]
    """Seconds from its first sample, and metres; even in between, the same before the first and after the last."""
    doppler: bool = False
    """Whether its pitch follows its speed."""

    def __post_init__(self) -> None:
        if not self.waypoints:
            raise SceneError("a path without waypoints", expected="one or more")
        for time, metres in self.waypoints:
            if not (isfinite(time) and NEAREST <= metres <= FARTHEST):
                raise SceneError(f"a source {metres:g} m away at {time:g} s", expected=f"{NEAREST:g} to {FARTHEST:g} m")
        for before, after in pairwise(self.waypoints):
            if after.time <= before.time:
                raise SceneError(f"a waypoint at {after.time:g} s behind one at {before.time:g} s", expected="in order")
            speed = abs(after.metres - before.metres) / (after.time - before.time)
            if self.doppler and speed > FASTEST:
                raise SceneError(f"a source at {speed:.0f} m/s", expected=f"up to {FASTEST:g} m/s with Doppler")

    def metres(self, seconds: Line | Sequence[float]) -> Line:
        """The distance at each of these times after the first sample."""
        times, metres = zip(*self.waypoints, strict=True)
        line: Line = np.interp(seconds, times, metres)
        return line

    def when_heard(self, seconds: Line | Sequence[float]) -> Line:
        """When a listener hears what is sent out at these times, the first sample being heard at 0."""
        sent = np.asarray(seconds, float)
        return sent + (self.metres(sent) - self.metres([0.0])) / SOUND_SPEED if self.doppler else sent


def still(metres: float) -> Path:
    """A source that stays where it is."""
    return Path((Waypoint(0.0, metres),))


def passing(seconds: float, closest: float, speed: float, *, doppler: bool = True) -> Path:
    """A source that drives by on a straight line, ``closest`` metres away in the middle, at ``speed`` m/s."""
    times = np.linspace(0, seconds, max(2, 1 + round(seconds / 0.1)))
    return Path(
        tuple(
            Waypoint(float(time), min(float(np.hypot(closest, speed * (time - seconds / 2))), FARTHEST))
            for time in times
        ),
        doppler,
    )


def move(dry: Samples, path: Path, place: Place) -> Samples:
    """``dry`` [n] as it is heard from ``path`` in ``place``; a dry sound is what is heard a metre away.

    Returns:
        [m]: as many samples, more or fewer by what Doppler adds or takes, and the tail of the place's response.
    """
    metres = path.metres(np.arange(len(dry)) / SAMPLE_RATE)
    sound = dry
    if path.doppler:
        sound, metres = _as_it_arrives(dry, metres)
    sound = absorb(sound, metres)
    direct: Samples = (sound / metres).astype(np.float32)
    if place.response is None:
        return direct
    itself, echoes = place.response[:DIRECT], place.response.copy()
    echoes[:DIRECT] = 0
    thrown = (sound * ((place.near / metres) ** place.openness / place.near)).astype(np.float32)
    moved = reverberate(thrown, echoes)
    moved[: len(direct) + len(itself) - 1] += np.convolve(direct, itself)
    return moved


def absorption(hertz: Line) -> Line:
    """Decibels a metre that air takes, at 20 degrees Celsius and 70 % humidity (ISO 9613-1, equations 3 to 5)."""
    kelvin, water = 293.15, 0.7 * 2.3388 / 1.01325  # of the molecules, percent are water
    oxygen = 24 + 4.04e4 * water * (0.02 + water) / (0.391 + water)
    nitrogen = 9 + 280 * water  # at the reference temperature itself
    f = np.square(np.asarray(hertz, float))
    relaxed = 0.01275 * np.exp(-2239.1 / kelvin) / (oxygen + f / oxygen)
    relaxed = relaxed + 0.1068 * np.exp(-3352.0 / kelvin) / (nitrogen + f / nitrogen)
    loss: Line = 8.686 * f * (1.84e-11 + relaxed)
    return loss


def absorb(sound: Samples, metres: Line) -> Samples:
    """``sound`` [n] less what the air takes over ``metres`` [n]; the same, to rounding, where that is nothing."""
    hop = FRAME // 2
    count = -(-len(sound) // hop) + 1
    padded = np.zeros((count + 1) * hop, np.float32)
    padded[hop : hop + len(sound)] = sound
    away = np.interp(np.arange(count) * hop, np.arange(len(metres)), metres)
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)).astype(np.float32)
    loss = absorption(np.asarray(np.fft.rfftfreq(2 * FRAME, 1 / SAMPLE_RATE), np.float64))
    out = np.zeros((count + 3) * hop, np.float64)
    for first in range(0, count, FRAMES_AT_ONCE):
        frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::hop][first : first + FRAMES_AT_ONCE] * window
        # The filter answers on both sides of a click, so each frame lies in the middle of twice its length.
        spread = np.pad(frames, ((0, 0), (hop, hop)))
        gain = 10 ** (-np.maximum(away[first : first + len(frames), None] - 1, 0) * loss / 20)
        spread = np.fft.irfft(np.fft.rfft(spread) * gain)
        for quarter in range(4):
            part = spread[:, quarter * hop : (quarter + 1) * hop]
            start = (first + quarter) * hop
            out[start : start + part.size] += part.reshape(-1)
    return out[2 * hop : 2 * hop + len(sound)].astype(np.float32)


def _as_it_arrives(dry: Samples, metres: Line) -> tuple[Samples, Line]:
    """The sound and its distances by the time of hearing: a sample sent at t arrives ``metres / SOUND_SPEED`` later."""
    around = np.pad(metres, (ROUND // 2, ROUND - ROUND // 2), mode="edge").cumsum()
    metres = (around[ROUND:] - around[:-ROUND]) / ROUND
    arrival = np.arange(len(dry)) + (metres - metres[0]) / SOUND_SPEED * SAMPLE_RATE
    heard = np.arange(int(arrival[-1]) + 1)
    sent = np.interp(heard, arrival, np.arange(len(dry)))
    return _between(dry, sent), np.interp(sent, np.arange(len(dry)), metres)


def _between(sound: Samples, place: Line) -> Samples:
    """The samples at fractional places, each by a windowed sinc over its neighbours."""
    padded = np.pad(sound, (REACH, REACH + 1))
    around = np.arange(-REACH + 1, REACH + 1)
    out = np.empty(len(place), np.float32)
    for first in range(0, len(place), SAMPLE_RATE):
        part = place[first : first + SAMPLE_RATE]
        whole = np.floor(part).astype(int)
        offset = around - (part - whole)[:, None]
        weight = np.sinc(offset) * np.cos(np.pi / 2 * offset / (REACH + 1)) ** 2
        out[first : first + len(part)] = np.sum(padded[whole[:, None] + around + REACH] * weight, axis=1)
    return out
