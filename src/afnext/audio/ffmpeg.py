"""FFmpeg (through PyAV) as a reader of mono blocks.

It is given an open file, a list of plain containers and a refusal of every further address, so that a playlist handed
over as a recording can open nothing.
"""

import itertools
from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn

import numpy.typing as npt

from afnext.audio.blocks import Block, Remark, mono
from afnext.base.errors import AudioError

KINDS = "wav, flac, mp3, ogg, opus, m4a, aac, webm, mp4 or mkv"

# FFmpeg's demuxers that read one plain file; none that follows names in it.
CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dts,eac3,flac,flv,matroska,webm,mov,mp4,m4a,3gp,3g2,mp3,mpeg,mpegts,ogg,oma,"
    "rm,tak,tta,voc,w64,wav,wv,xwma"
)

# Packets that may be undecodable before the rest is given up.
MOST_DAMAGES = 1000

# Seconds read before the wanted place after a jump, for codecs that need a run-in.
RUN_IN = 1.0


def seconds(file: BinaryIO) -> float | None:
    """How long the sound track in ``file`` is by its own header, in seconds; None where the header does not say."""
    import av  # noqa: PLC0415  a large import

    try:
        with _container(file) as container:
            stream = _track(container)
            return None if stream is None else _promised(container, stream)
    except (av.FFmpegError, OSError):
        return None


def _container(file: BinaryIO) -> Any:
    import av  # noqa: PLC0415  a large import

    def refuse(address: str, flags: int, options: dict[str, str]) -> NoReturn:
        raise PermissionError(f"a recording may not open {address}")

    options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "none"}
    return av.open(file, "r", metadata_errors="ignore", io_open=refuse, container_options=options)


def blocks(file: BinaryIO, name: str, lead: float, remark: Remark, *, jump: bool = True) -> Iterator[Block]:
    """Blocks of the main sound track in ``file``, from second ``lead`` on.

    Args:
        file: at its beginning.
        name: what messages call it.
        lead: seconds from the first sample that can be decoded; exact to the sample, or to Matroska's milliseconds.
        remark: told of damage.
        jump: seek, where the container has an index to be trusted, rather than decode from the beginning.

    Raises:
        AudioError: no sound track that can be decoded.
    """
    import av  # noqa: PLC0415  a large import

    try:
        container = _container(file)
    except (av.FFmpegError, OSError):
        raise AudioError(f"{name} holds no audio that can be decoded", expected=KINDS, do="check the file") from None
    with container:
        stream = _track(container)
        if stream is None:
            raise AudioError(f"{name} holds no sound track that can be decoded", expected=f"a recording ({KINDS})")
        frames = _frames(container, stream, name, remark)
        head = next(frames, None)
        if head is None:
            return
        # Times in a file may begin anywhere (an mp3's after the encoder's delay): count from the first sample decoded.
        skip, origin = round(lead * head.sample_rate), head.time
        if lead and jump and origin is not None:
            frames = _frames(container, stream, name, remark, from_second=origin + lead - RUN_IN)
            head = next(frames, None)
            if head is None or head.time is None or not origin <= head.time <= origin + lead:
                file.seek(0)
                yield from blocks(file, name, lead, remark, jump=False)
                return
            skip = round((origin + lead - head.time) * head.sample_rate)
        unpacked = _Unpacker()
        reached = 0.0 if head.time is None or origin is None else head.time - origin
        for frame in itertools.chain([head], frames):
            samples = mono(unpacked(frame))
            if skip < len(samples):
                yield Block(frame.sample_rate, samples[skip:])
            skip = max(0, skip - len(samples))
            reached += len(samples) / frame.sample_rate
        promised = _promised(container, stream) or 0.0
        # Bare aac has no header: its length is FFmpeg's guess.
        if reached < 0.95 * promised - 0.5 and container.format.name != "aac":
            remark(f"{name} breaks off after {reached:.1f} of {promised:.1f} s; what it holds is used")


def _track(container: Any) -> Any:
    """The sound track that FFmpeg takes for the main one; None if there is none that it can decode."""
    stream = container.streams.best("audio") or next(iter(container.streams.audio), None)
    return None if stream is None or stream.codec_context is None else stream


def _promised(container: Any, stream: Any) -> float | None:
    """Seconds by the header of the stream, or of its container."""
    import av  # noqa: PLC0415  a large import

    if stream.duration:
        return float(stream.duration * stream.time_base)
    return float(container.duration / av.time_base) if container.duration else None


def _frames(container: Any, stream: Any, name: str, remark: Remark, from_second: float | None = None) -> Iterator[Any]:
    """Decoded frames; packets that cannot be decoded are left out, with a remark."""
    import av  # noqa: PLC0415  a large import

    damaged = 0
    try:
        if from_second is not None:
            container.seek(int(from_second / stream.time_base), stream=stream)
        while damaged < MOST_DAMAGES:
            try:
                for packet in container.demux(stream):
                    yield from packet.decode()
                break
            except (av.FFmpegError, IndexError):  # IndexError: a packet of a stream that the header does not know
                damaged += 1
    except (av.FFmpegError, OSError):
        damaged += 1
    if damaged:
        remark(f"{name} is damaged; what can be decoded is used")


class _Unpacker:
    """Turns decoded frames into [n, channels]."""

    def __init__(self) -> None:
        self._packers: dict[tuple[str, str, int], Any] = {}

    def __call__(self, frame: Any) -> npt.NDArray[Any]:
        import av  # noqa: PLC0415  a large import

        channels = frame.layout.nb_channels
        # PyAV 18 reads past the planes of a planar frame with 8 channels or more, and knows no 64-bit integers.
        if (frame.format.is_planar and channels >= 8) or frame.format.name.startswith("s64"):
            key = (frame.format.name, frame.layout.name, frame.sample_rate)
            packer = self._packers.setdefault(key, av.AudioResampler(format="flt"))
            (frame,) = packer.resample(frame)
        values: npt.NDArray[Any] = frame.to_ndarray()
        return values.T if frame.format.is_planar else values.reshape(-1, channels)
