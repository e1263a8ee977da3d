"""What a whole recording went through on its way: wind and hands on the microphone, clipping, a line or a codec.

All is worked out at fixed places of the recording, so that the result does not depend on the blocks that it comes in.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import SceneError
from afnext.base.packages import package
from afnext.scenes.acoustics import microphone
from afnext.scenes.acoustics.codec import Codec, transcode
from afnext.scenes.scene import Channel
from afnext.scenes.sources import Samples
from afnext.scenes.worlds import WORLDS, Dice, World

FULL_BAND = "full band"
TELEPHONE = "telephone"
TAPS = 511
"""Of the filter of a telephone: 100 Hz from passing to not passing."""
SKIRT = 50.0
"""Hertz by which that filter begins inside the band, so that nothing is left outside it."""
CHUNK = SAMPLE_RATE
"""Samples worked on at once."""

CLIPPED = (0.08, 0.5)
WIND = (-36.0, -20.0)
HANDLING = (-22.0, -6.0)
"""From which ``draw`` takes the fields of these names."""


@dataclass(frozen=True)
class Way:
    """How one kind of channel works."""

    codec: Codec
    band: tuple[float, float]
    """Hertz of what passes; measured for the codecs."""
    worlds: tuple[World, ...]
    """Whose recordings went through it. A bit rate belongs to one world."""
    telephone: bool = False
    """Filtered to the band before and behind the codec."""


def _ways() -> dict[str, Way]:
    """Each by its name: encoder, decoder, samples a second, options; and bit rate, world, band."""
    speech, band = 8000, (300.0, 3400.0)
    ways = {TELEPHONE: Way(Codec("pcm_mulaw", "pcm_mulaw", None, speech), band, WORLDS, telephone=True)}
    mobile: dict[float, World] = {6.7: "train", 12.2: "train", 10.2: "validation", 7.95: "test"}
    for rate, world in mobile.items():
        codec = Codec("libopencore_amrnb", "amrnb", round(1000 * rate), speech)
        ways[f"mobile telephone at {rate:g} kbit/s"] = Way(codec, band, (world,), telephone=True)
    others: dict[tuple[str, str, str], dict[int, tuple[World, float]]] = {
        ("mp3", "libmp3lame", "mp3float"): {
            16: ("train", 5500), 32: ("train", 7300), 40: ("validation", 7300), 24: ("test", 5800),
        },
        ("opus", "libopus", "opus"): {
            8: ("train", 4300), 16: ("train", 7700), 20: ("validation", 7700), 12: ("test", 7700),
        },
        ("aac", "aac", "aac"): {
            16: ("train", 3900), 32: ("train", 8000), 28: ("validation", 8000), 24: ("test", 7500),
        },
    }  # fmt: skip
    options = {"mp3": {"compression_level": "7"}, "opus": {"vbr": "off", "compression_level": "3"}, "aac": {}}
    for (name, encoder, decoder), rates in others.items():
        for kilobits, (world, top) in rates.items():
            codec = Codec(encoder, decoder, 1000 * kilobits, options=tuple(options[name].items()))
            ways[f"{name} at {kilobits} kbit/s"] = Way(codec, (0.0, top), (world,))
    return ways


WAYS: dict[str, Way] = _ways()
"""Every kind of channel but the full band."""


def draw(rng: np.random.Generator, world: World) -> Channel:
    """A channel of ``world`` that does one thing to a recording: a line, a codec, clipping, wind or handling."""
    dice = Dice(world, rng)
    what = rng.choice(["line", "codec", "clipped", "wind", "handling"], p=[0.25, 0.35, 0.14, 0.13, 0.13])
    if what in ("line", "codec"):
        kinds = [kind for kind, way in WAYS.items() if world in way.worlds and way.telephone == (what == "line")]
        return Channel(kind=kinds[int(rng.integers(len(kinds)))])
    if what == "clipped":
        return Channel(clipped=dice.ratio(*CLIPPED))
    return Channel(wind=dice.between(*WIND)) if what == "wind" else Channel(handling=dice.between(*HANDLING))


def transmit(blocks: Iterator[Samples], channel: Channel, world: World = "train", seed: int = 0) -> Iterator[Samples]:
    """``blocks`` as they come out of ``channel``: of the same sizes, in time to less than 5 ms, within -1 to 1.

    Memory does not grow with the recording. The samples are the same bit for bit whatever the sizes of the blocks.

    Args:
        blocks: float32 at 16 kHz.
        channel: what they go through, in this order: wind and handling, clipping, line or codec.
        world: of the wind and the hand.
        seed: of the same.

    Raises:
        SceneError: the channel's kind is unknown.
        MissingToolError: this build of PyAV lacks the codec.
    """
    if channel.kind != FULL_BAND and channel.kind not in WAYS:
        raise SceneError(f"channel {channel.kind!r}", expected=", ".join((FULL_BAND, *WAYS)))
    if channel == Channel():
        return blocks
    return _transmit(blocks, channel, world, seed)


def _transmit(blocks: Iterator[Samples], channel: Channel, world: World, seed: int) -> Iterator[Samples]:
    sizes = deque[int]()

    def measured() -> Iterator[Samples]:
        for block in blocks:
            sizes.append(len(block))
            yield block

    stream = _even(measured())
    if channel.wind is not None or channel.handling is not None:
        stream = _disturbed(stream, channel, world, seed)
    if channel.clipped is not None:
        top = np.float32(channel.clipped)
        stream = (np.clip(block, -top, top) for block in stream)
    if (way := WAYS.get(channel.kind)) is not None:
        if way.telephone:
            stream = _filtered(_even(transcode(_even(_filtered(stream, way.band)), way.codec)), way.band)
        else:
            stream = transcode(stream, way.codec)
    kept = np.zeros(0, np.float32)
    for part in stream:
        kept = np.concatenate([kept, np.clip(part, -1, 1)])
        while sizes and sizes[0] <= len(kept):
            yield kept[: sizes[0]]
            kept = kept[sizes.popleft() :]


def _even(blocks: Iterator[Samples]) -> Iterator[Samples]:
    """The same samples in blocks of ``CHUNK``, the last of them shorter."""
    waiting, count = list[Samples](), 0
    for block in blocks:
        waiting.append(block)
        count += len(block)
        if count >= CHUNK:
            joined = np.concatenate(waiting)
            whole = count // CHUNK * CHUNK
            yield from joined[:whole].reshape(-1, CHUNK)
            waiting, count = [joined[whole:]], count - whole
    if count:
        yield np.concatenate(waiting)


def _disturbed(blocks: Iterator[Samples], channel: Channel, world: World, seed: int) -> Iterator[Samples]:
    at = 0
    for block in blocks:
        if channel.wind is not None:
            block = block + microphone.wind(world, seed, at, len(block)) * np.float32(10 ** (channel.wind / 20))
        if channel.handling is not None:
            block = block + microphone.handling(world, seed, at, len(block)) * np.float32(10 ** (channel.handling / 20))
        at += len(block)
        yield block


def _filtered(blocks: Iterator[Samples], band: tuple[float, float]) -> Iterator[Samples]:
    """What lies in ``band``, not later than it was."""
    signal = package("scipy.signal", "scenes")
    low, high = band
    taps = signal.firwin(TAPS, [low + SKIRT, high - SKIRT], pass_zero=False, fs=SAMPLE_RATE).astype(np.float32)
    past, late = np.zeros(TAPS - 1, np.float32), TAPS // 2

    def through(block: Samples) -> Samples:
        nonlocal past
        joined = np.concatenate([past, block])
        past = joined[len(joined) - (TAPS - 1) :]
        out: Samples = signal.oaconvolve(joined, taps, "valid").astype(np.float32)
        return out

    for block in chain(blocks, [np.zeros(late, np.float32)]):
        out = through(block)
        late, out = max(0, late - len(out)), out[late:]
        yield out
