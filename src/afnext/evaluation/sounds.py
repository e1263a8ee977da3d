"""Recordings small enough to be put into a page: mono Opus at 24 kbit/s, which browsers play and seek to the sample."""

import io
from pathlib import Path

import av
import numpy as np
import soundfile

from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import AudioError

BIT_RATE = 24_000
"""On average at most; a second takes 1 to 3 kB."""


def shrink(path: Path) -> tuple[bytes, float]:
    """The recording at ``path`` (16 kHz mono) as Opus in an Ogg file, and its length in seconds.

    The same recording gives the same bytes.

    Raises:
        AudioError: it cannot be read.
    """
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise AudioError(f"cannot read {path}: {error}", expected="a recording that the run kept") from error
    if rate != SAMPLE_RATE or not len(samples):
        raise AudioError(f"{path}: {len(samples)} samples at {rate} Hz", expected=f"sound at {SAMPLE_RATE} Hz")
    mono = np.ascontiguousarray(samples.mean(axis=1)[None])
    file = io.BytesIO()
    # bitexact: the serial number of the stream is not drawn anew each time
    with av.open(file, "w", format="ogg", options={"fflags": "bitexact"}) as container:
        stream = container.add_stream("libopus", rate=SAMPLE_RATE)
        stream.bit_rate = BIT_RATE
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(mono, format="flt", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue(), mono.shape[1] / SAMPLE_RATE


def seconds_of(path: Path) -> float | None:
    """The length of the recording at ``path`` by its header, or None where it cannot be read."""
    try:
        found = soundfile.info(path)
    except (soundfile.LibsndfileError, OSError):
        return None
    return float(found.frames) / found.samplerate if found.samplerate else None
