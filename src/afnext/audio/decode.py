"""A recording, or a part of it, as 16 kHz mono float32, decoded and resampled block by block."""

import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import soxr

from afnext.audio.blocks import Block, FloatArray, Remark, array_blocks
from afnext.audio.readers import file_blocks, file_seconds
from afnext.audio.source import is_array, is_path, name_of, opened
from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import AudioError

log = logging.getLogger(__name__)

# Samples a second that a recording may have. A header with a rate of 1 Hz would blow a small file up to gigabytes.
LOWEST_RATE, HIGHEST_RATE = 1_000, 768_000

# Seconds that a start or an end may have: 30 years.
LONGEST = 1e9

# Samples beyond this are no sound, whatever scale a recording was written in; their power would leave float32.
LOUDEST = 1e12


def decode(
    source: Any,
    *,
    rate: float | None = None,
    start: float | None = None,
    end: float | None = None,
    remark: Remark = log.warning,
) -> FloatArray:
    """Decode ``source`` to mono at 16 kHz: the mean over channels, resampled by soxr's HQ.

    Memory: the result (64 kB a second) and a few MB, whatever the recording's length, rate and channels, and whatever
    its header claims. A recording that breaks off, or holds damaged packets, gives what can be decoded, with a remark.

    Args:
        source: a path; bytes; a binary file object (read from its beginning); ``"-"`` for standard input; or an array
            of samples [n], [n, channels] or [channels, n], with its ``rate``. Integers are scaled to [-1, 1).
        rate: samples a second of an array.
        start, end: seconds; only this part is decoded, reached by seeking: the same samples as in the whole (in
            Matroska and WebM, which keep times in milliseconds, to within 1 ms). An ``end`` beyond the recording's own
            is taken as that.
        remark: told of damage, in one sentence; logged as a warning if left out.

    Returns:
        float32 [samples], at least one; writeable.

    Raises:
        AudioError: nothing usable: missing, unreadable, empty or undecodable; samples that are not finite; an
            impossible rate or part.
    """
    name = name_of(source)
    first, last = part(name, start, end)
    # A second of run-in before the part, so that decoder and resampler are in full swing when it begins. At a whole
    # second the grids of any two whole rates meet, so that the part is sample for sample what it is in the whole.
    lead = max(0, first // SAMPLE_RATE - 1)
    if is_array(source):
        if rate is None:
            raise AudioError(f"{name} comes without its rate", expected="samples a second", do="give rate=...")
        _check_rate(rate, name)
        return _collect(array_blocks(source, rate, name, lead), name, lead, first, last)
    if rate is not None:
        raise AudioError(
            f"rate={rate} was given with {name}", expected="a rate only with an array: a file knows its own"
        )
    with opened(source) as file:
        return _collect(file_blocks(file, name, lead, remark), name, lead, first, last)


def duration(source: Any, *, rate: float | None = None) -> float | None:
    """Seconds that ``source`` lasts by its own header, without decoding; None where that cannot be told (a pipe).

    Headers can be wrong: what ``decode`` returns is the truth.

    Raises:
        AudioError: the source cannot be opened.
    """
    if is_array(source):
        return max(np.shape(source)) / rate if rate else None
    if not is_path(source) and hasattr(source, "seekable") and not source.seekable():
        return None
    if source == "-":
        return None
    with opened(source) as file:
        return file_seconds(file)


def part(name: str, start: float | None, end: float | None) -> tuple[int, int | None]:
    """A part given in seconds as samples at 16 kHz: the first, and the one behind the last (None: to the end).

    Raises:
        AudioError: a negative or not finite time, or an end that is not behind the start.
    """
    for label, seconds in (("start", start), ("end", end)):
        if seconds is not None and not 0 <= seconds <= LONGEST:
            raise AudioError(f"{label} {seconds:g} s for {name}", expected="seconds from the recording's beginning")
    first = round((start or 0.0) * SAMPLE_RATE)
    last = None if end is None else round(end * SAMPLE_RATE)
    if last is not None and last <= first:
        raise AudioError(
            f"end {end:g} s is not behind start {start or 0.0:g} s for {name}",
            expected="an end at least one sample (1/16000 s) behind the start",
        )
    return first, last


def _collect(blocks: Iterator[Block], name: str, lead: int, first: int, last: int | None) -> FloatArray:
    """Samples ``first`` to ``last`` of a stream at 16 kHz whose first sample has the index ``lead`` x 16000."""
    at = lead * SAMPLE_RATE
    # A bytearray grows in place, by an eighth at a time: no list of blocks to join at twice the memory.
    kept = bytearray()
    for samples in _resampled(blocks, name, lead):
        wanted = samples[max(0, first - at) : None if last is None else max(0, last - at)]
        kept += wanted.tobytes()
        at += len(samples)
        if last is not None and at >= last:
            break
    if not kept:
        if first and (lead or at):
            beyond = f"start {first / SAMPLE_RATE:g} s lies beyond the end of {name}"
            raise AudioError(beyond, expected="a start within the recording")
        raise AudioError(f"{name} holds no samples", expected="a recording of some length")
    return np.frombuffer(kept, np.float32)


def _resampled(blocks: Iterator[Block], name: str, lead: int) -> Iterator[FloatArray]:
    """The stream at 16 kHz. A rate that changes on the way (joined broadcasts) begins a new stream behind the old."""
    rate, seconds = 0, float(lead)
    resampler: soxr.ResampleStream | None = None
    for block in blocks:
        _check_rate(block.rate, name)
        sound = np.abs(block.samples) <= LOUDEST
        if not sound.all():
            where = seconds + int(sound.argmin()) / block.rate
            raise AudioError(
                f"{name} holds NaN, infinity or an absurd value at {where:.2f} s", expected="finite samples"
            )
        seconds += len(block.samples) / block.rate
        if block.rate != rate:
            if resampler is not None:
                yield resampler.resample_chunk(np.empty(0, np.float32), last=True)
            rate = block.rate
            resampler = None if rate == SAMPLE_RATE else soxr.ResampleStream(rate, SAMPLE_RATE, 1, "float32", "HQ")
        yield block.samples if resampler is None else resampler.resample_chunk(block.samples)
    if resampler is not None:
        yield resampler.resample_chunk(np.empty(0, np.float32), last=True)


def _check_rate(rate: float, name: str) -> None:
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise AudioError(f"the rate of {name} is {rate:g} Hz", expected=f"{LOWEST_RATE} to {HIGHEST_RATE} Hz")
