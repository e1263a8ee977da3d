"""A file or an array as a stream of mono blocks at its own rate, from a whole second on.

libsndfile reads what it can open, FFmpeg (PyAV) the rest. Channels are averaged here: FFmpeg's own mixing of floats to
mono is louder by 3 dB. FFmpeg is given an open file, a list of plain containers and a refusal of every further address,
so that a playlist handed over as a recording can open nothing.
"""

import logging
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple, NoReturn

import numpy as np
import numpy.typing as npt
import soundfile

from afnext.base.errors import AudioError

log = logging.getLogger(__name__)

KINDS = "wav, flac, mp3, ogg, opus, m4a, aac, webm, mp4 or mkv"

# Values (samples x channels) decoded at a time: 4 MB of float32.
BLOCK_VALUES = 1 << 20

# FFmpeg's demuxers that read one plain file; none that follows names in it.
CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dts,eac3,flac,flv,matroska,webm,mov,mp4,m4a,3gp,3g2,mp3,mpeg,mpegts,ogg,oma,"
    "rm,tak,tta,voc,w64,wav,wv,xwma"
)

# Seconds read before the wanted place after a seek in FFmpeg, for codecs that need a run-in.
RUN_IN = 1.0

FloatArray = npt.NDArray[np.float32]


class Block(NamedTuple):
    """Consecutive samples.

    Attributes:
        rate: samples a second.
        samples: mono, [n].
    """

    rate: int
    samples: FloatArray


def from_array(array: Any, rate: float, name: str, lead: int) -> Iterator[Block]:
    """Blocks of ``array`` ([n], [n, channels] or [channels, n]: channels are the shorter side), from ``lead`` s on."""
    values = np.asarray(array)
    if values.ndim == 2 and values.shape[0] < values.shape[1]:
        values = values.T
    if values.ndim not in (1, 2) or values.dtype.kind not in "fiu":
        raise AudioError(
            f"{name} has shape {list(values.shape)} and type {values.dtype}",
            expected="real numbers of shape [samples] or [samples, channels]",
        )
    if not float(rate).is_integer():
        raise AudioError(f"the rate of {name} is {rate}", expected="a whole number of samples a second")
    if values.ndim == 1:
        values = values[:, None]
    step = max(1, BLOCK_VALUES // max(1, values.shape[1]))
    for start in range(lead * int(rate), len(values), step):
        yield Block(int(rate), _mono(values[start : start + step]))


def from_file(file: BinaryIO, name: str, lead: int) -> Iterator[Block]:
    """Blocks of the recording in ``file``, from second ``lead`` on.

    Raises:
        AudioError: nothing in it can be decoded.
    """
    try:
        sound = soundfile.SoundFile(file)
    except (soundfile.LibsndfileError, TypeError):  # TypeError: a name that ends in .raw
        file.seek(0)
        yield from _from_ffmpeg(file, name, lead)
    else:
        with sound:
            yield from _from_libsndfile(sound, name, lead)


def seconds_of(file: BinaryIO) -> float | None:
    """How long the recording in ``file`` is by its own header, in seconds; None where the header does not say."""
    import av  # noqa: PLC0415  a large import

    try:
        with soundfile.SoundFile(file) as sound:
            return float(sound.frames / sound.samplerate)
    except (soundfile.LibsndfileError, TypeError):
        file.seek(0)
    try:
        with _container(file) as container:
            stream = container.streams.best("audio")
            if stream is not None and stream.duration:
                return float(stream.duration * stream.time_base)
            return float(container.duration / av.time_base) if stream is not None and container.duration else None
    except (av.FFmpegError, OSError):
        return None


def _mono(values: npt.NDArray[Any]) -> FloatArray:
    """The mean over channels of [n, channels], integers scaled to [-1, 1)."""
    kind = values.dtype
    if kind.kind == "f":
        floats = values.astype(np.float32, copy=False)
    else:
        half = 2 ** (8 * kind.itemsize - 1)
        floats = (values.astype(np.float64) - (half if kind.kind == "u" else 0)).astype(np.float32) / np.float32(half)
    channels = floats.shape[1]
    if channels == 1:
        return np.ascontiguousarray(floats[:, 0])
    return floats @ np.full(channels, 1 / channels, np.float32)


def _from_libsndfile(sound: soundfile.SoundFile, name: str, lead: int) -> Iterator[Block]:
    rate, first = sound.samplerate, lead * sound.samplerate
    step = max(1, BLOCK_VALUES // sound.channels)
    read = 0
    try:
        if first:
            if first >= sound.frames:
                return
            sound.seek(first)
        while len(values := sound.read(step, dtype="float32", always_2d=True)):
            read += len(values)
            yield Block(rate, _mono(values))
    except soundfile.LibsndfileError as error:
        log.warning("%s is damaged after %.1f s (%s); what came before is used", name, lead + read / rate, error)
    else:
        if first + read < sound.frames - rate // 10:
            log.warning(
                "%s breaks off after %.1f of %.1f s; what it holds is used",
                name,
                lead + read / rate,
                sound.frames / rate,
            )


def _container(file: BinaryIO) -> Any:
    import av  # noqa: PLC0415  a large import

    def refuse(address: str, flags: int, options: dict[str, str]) -> NoReturn:
        raise PermissionError(f"a recording may not open {address}")

    options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "none"}
    return av.open(file, metadata_errors="ignore", io_open=refuse, container_options=options)


def _from_ffmpeg(file: BinaryIO, name: str, lead: int) -> Iterator[Block]:
    import av  # noqa: PLC0415  a large import

    try:
        container = _container(file)
    except (av.FFmpegError, OSError):
        raise AudioError(f"{name} holds no audio that can be decoded", expected=KINDS, do="check the file") from None
    with container:
        stream = container.streams.best("audio")
        if stream is None:
            raise AudioError(f"{name} holds no sound track", expected=f"a recording ({KINDS})")
        frames = _frames(container, stream, name)
        head = next(frames, None)
        if head is None:
            return
        # Times in a file may begin anywhere (an mp3's after the encoder's delay): count from the first sample decoded.
        origin = head.time or 0.0
        skip = lead * head.sample_rate
        if lead and head.time is not None:
            target = origin + lead
            container.seek(int((target - RUN_IN) / stream.time_base), stream=stream)
            frames = _frames(container, stream, name)
            head = next(frames, None)
            if head is None:
                return
            if head.time is not None and head.time <= target:
                skip = round((target - head.time) * head.sample_rate)
        while head is not None:
            samples = _mono(_values(head))
            if skip < len(samples):
                yield Block(head.sample_rate, samples[skip:])
            skip = max(0, skip - len(samples))
            head = next(frames, None)


def _frames(container: Any, stream: Any, name: str) -> Iterator[Any]:
    """Decoded frames; packets that cannot be decoded are left out, and counted in a remark."""
    import av  # noqa: PLC0415  a large import

    damaged = 0
    try:
        for packet in container.demux(stream):
            try:
                yield from packet.decode()
            except av.InvalidDataError:
                damaged += 1
    except (av.FFmpegError, OSError):
        damaged += 1
    if damaged:
        log.warning("%s is damaged in %d places; the rest is used", name, damaged)


def _values(frame: Any) -> npt.NDArray[Any]:
    """A decoded frame as [n, channels]."""
    values: npt.NDArray[Any] = frame.to_ndarray()
    return values.T if frame.format.is_planar else values.reshape(-1, frame.layout.nb_channels)
