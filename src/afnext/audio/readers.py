"""A file as a stream of mono blocks at its own rate, from some second on.

libsndfile reads what it can open; FFmpeg reads mp3, the rest, and on from where libsndfile gives up.
"""

from collections.abc import Iterator
from typing import BinaryIO

import soundfile

from afnext.audio import ffmpeg
from afnext.audio.blocks import BLOCK_VALUES, Block, FloatArray, Remark, mono

# A count of samples from here on is libsndfile's way to say that the header leaves it open (a flac written to a pipe).
UNKNOWN_FRAMES = 1 << 62


def file_blocks(file: BinaryIO, name: str, lead: int, remark: Remark) -> Iterator[Block]:
    """Blocks of the recording in ``file``, from second ``lead`` on; ``remark`` is told of damage.

    Raises:
        AudioError: nothing in it can be decoded.
    """
    sound = _libsndfile(file)
    if sound is None:
        yield from ffmpeg.blocks(file, name, lead, remark)
        return
    with sound:
        rate, read = sound.samplerate, 0
        try:
            for values in _values_of(sound, lead * rate):
                read += len(values)
                yield Block(rate, mono(values))
        except soundfile.LibsndfileError:
            done = lead + read / rate
        else:
            if 0 < read < sound.frames - lead * rate:
                remark(f"{name} breaks off after {lead + read / rate:.1f} s; what it holds is used")
            return
    remark(f"{name} is damaged after {done:.1f} s; what can still be decoded is used")
    file.seek(0)
    yield from ffmpeg.blocks(file, name, done, remark)


def _libsndfile(file: BinaryIO) -> soundfile.SoundFile | None:
    """``file`` opened by libsndfile; None, and rewound, if FFmpeg should read it."""
    head = file.read(2)
    file.seek(0)
    # mp3, bare or behind an ID3 tag: libsndfile remarks on odd tags to standard error, and gives up on damage.
    if head == b"ID" or (head[:1] == b"\xff" and head[1:] >= b"\xe0"):
        return None
    try:
        sound = soundfile.SoundFile(file)
    except (soundfile.LibsndfileError, TypeError):  # TypeError: a name that ends in .raw
        sound = None
    if sound is not None and 0 < sound.frames < UNKNOWN_FRAMES:
        return sound
    file.seek(0)
    return None


def file_seconds(file: BinaryIO) -> float | None:
    """How long the recording in ``file`` is by its own header, in seconds; None where the header does not say."""
    sound = _libsndfile(file)
    if sound is None:
        return ffmpeg.seconds(file)
    with sound:
        return float(sound.frames / sound.samplerate)


def _values_of(sound: soundfile.SoundFile, first: int) -> Iterator[FloatArray]:
    """[n, channels] from sample ``first`` on."""
    if first:
        if first >= sound.frames:
            return
        sound.seek(first)
    step = max(1, BLOCK_VALUES // sound.channels)
    while len(values := sound.read(step, dtype="float32", always_2d=True)):
        yield values
