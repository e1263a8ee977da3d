"""Codecs that a recording went through: encoded and decoded in memory, block by block, without their delay."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

import av
import numpy as np
import soxr
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.codec.codec import UnknownCodecError

from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import MissingToolError
from afnext.scenes.sources import Samples

OPEN_FRAME = 320
"""Samples given to an encoder that takes any number."""
LONGEST_DELAY = SAMPLE_RATE // 2
"""Samples; codecs for telephones need 5 to 25 ms, for music up to 0.1 s."""
INT16 = 32768


@dataclass(frozen=True)
class Codec:
    """An encoder and decoder of FFmpeg at one bit rate."""

    encoder: str
    decoder: str
    bits: int | None = None
    """A second; None where the codec knows only one rate. FFmpeg's AAC spends more where digital silence alternates."""
    rate: int = SAMPLE_RATE
    """Samples a second that it is given."""
    options: tuple[tuple[str, str], ...] = ()
    """Of the encoder, by FFmpeg's names."""


class Trip:
    """One encoder and one decoder, and the resamplers around them."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._encoder = _context(codec.encoder, "w")
        formats = [each.name for each in self._encoder.codec.audio_formats or ()]
        self._format = next((name for name in ("fltp", "flt") if name in formats), "s16")
        self._encoder.format = self._format
        self._encoder.time_base = Fraction(1, codec.rate)
        self._encoder.sample_rate, self._encoder.layout = codec.rate, "mono"
        self._encoder.thread_count = 1
        self._encoder.options = dict(codec.options)
        if codec.bits is not None:
            self._encoder.bit_rate = codec.bits
        self._encoder.open()
        self._decoder = _context(codec.decoder, "r")
        self._decoder.sample_rate, self._decoder.layout = codec.rate, "mono"
        self._decoder.thread_count = 1
        if self._encoder.extradata:
            self._decoder.extradata = self._encoder.extradata
        self._down = _resampler(SAMPLE_RATE, codec.rate)
        self._up: soxr.ResampleStream | None = None
        self._waiting = np.zeros(0, np.float32)
        self._sent = 0
        self.bytes = 0

    def send(self, samples: Samples, *, last: bool = False) -> Samples:
        """What comes out at the other end so far, at 16 kHz."""
        if self._down is not None:
            samples = self._down.resample_chunk(samples, last=last)
        waiting = np.concatenate([self._waiting, samples])
        size = self._encoder.frame_size or OPEN_FRAME
        if last:
            waiting = np.pad(waiting, (0, -len(waiting) % size))
        whole = len(waiting) // size * size
        self._waiting = waiting[whole:]
        out = [self._frame(waiting[first : first + size]) for first in range(0, whole, size)]
        if last:
            out += [self._decoded(packet) for packet in self._encoder.encode(None)]
            out.append(self._decoded(None))
            if self._up is not None:
                out.append(self._up.resample_chunk(np.zeros(0, np.float32), last=True))
        return np.concatenate([np.zeros(0, np.float32), *out])

    def _frame(self, samples: Samples) -> Samples:
        whole = self._format == "s16"
        plane = np.round(np.clip(samples, -1, 1) * (INT16 - 1)).astype(np.int16) if whole else samples
        frame = av.AudioFrame.from_ndarray(plane[None], format=self._format, layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = self._codec.rate, Fraction(1, self._codec.rate), self._sent
        self._sent += len(samples)
        return np.concatenate(
            [np.zeros(0, np.float32), *(self._decoded(packet) for packet in self._encoder.encode(frame))]
        )

    def _decoded(self, packet: "av.Packet[AudioStream] | None") -> Samples:
        self.bytes += packet.size if packet is not None else 0
        out: list[Samples] = [np.zeros(0, np.float32)]
        for frame in self._decoder.decode(packet):
            values = frame.to_ndarray().reshape(-1)
            samples: Samples = values.astype(np.float32) / np.float32(INT16 if values.dtype == np.int16 else 1)
            if self._up is None:
                self._up = _resampler(frame.sample_rate, SAMPLE_RATE)
            out.append(samples if self._up is None else np.asarray(self._up.resample_chunk(samples), np.float32))
        return np.concatenate(out)


def transcode(blocks: Iterator[Samples], codec: Codec) -> Iterator[Samples]:
    """``blocks`` as ``codec`` gives them back, as many samples in all and none of them later than it was.

    The result depends on the blocks' sizes: give them all one size.

    Raises:
        MissingToolError: this build of PyAV has no such codec.
    """
    trip, skip = Trip(codec), delay(codec)
    came = gone = 0
    for block in blocks:
        came += len(block)
        out = trip.send(block)
        skip, out = max(0, skip - len(out)), out[skip:]
        gone += len(out)
        yield out
    rest = trip.send(np.zeros(LONGEST_DELAY, np.float32), last=True)[skip:]
    missing = came - gone
    yield np.pad(rest[:missing], (0, max(0, missing - len(rest))))


@lru_cache(maxsize=32)
def delay(codec: Codec) -> int:
    """Samples at 16 kHz by which what comes out lags behind what goes in, found by sending some noise through.

    FFmpeg's own figures do not tell: some of its decoders drop the delay, others leave it in.
    """
    rng = np.random.default_rng(0)
    count = SAMPLE_RATE
    spectrum = np.fft.rfft(rng.standard_normal(count))
    spectrum[: 300 * count // SAMPLE_RATE] = 0
    spectrum[3000 * count // SAMPLE_RATE :] = 0
    probe = np.fft.irfft(spectrum) * (np.sin(2 * np.pi * 5 * np.arange(count) / SAMPLE_RATE) > 0)
    probe = (0.2 * probe / probe.std()).astype(np.float32)
    came = Trip(codec).send(np.pad(probe, (0, LONGEST_DELAY)), last=True)
    size = 2 * max(len(came), count)
    likeness = np.fft.irfft(np.fft.rfft(came, size) * np.fft.rfft(probe, size).conj(), size)
    return int(np.argmax(likeness[:LONGEST_DELAY]))


def _context(name: str, mode: Literal["r", "w"]) -> AudioCodecContext:
    try:
        context = av.CodecContext.create(name, mode)
    except UnknownCodecError as error:
        raise MissingToolError(
            f"this build of PyAV has no codec {name}", do="pip install --force-reinstall av"
        ) from error
    assert isinstance(context, AudioCodecContext)
    return context


def _resampler(before: int, after: int) -> soxr.ResampleStream | None:
    return None if before == after else soxr.ResampleStream(before, after, 1, "float32", "HQ")
