"""Which patches a sound font holds: the list of presets at the end of a SoundFont 2 file."""

import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from afnext.base.errors import SceneError
from afnext.scenes.tools import SOUND_FONT_PACKAGE

DRUM_BANK = 128
"""The bank in which drum kits lie; melodic patches lie in bank 0."""
PRESET = struct.Struct("<20sHHHIII")
"""One entry of the list: name, program, bank, and where its parts lie."""
HEAD = struct.Struct("<4sI")
"""Of a chunk: its kind, and its length in bytes."""


def need_patches(path: Path, patches: Iterable[tuple[bool, int]]) -> None:
    """See that the sound font at ``path`` holds all ``patches``, each (whether a drum kit, program).

    fluidsynth itself plays another where one is missing, and the truth would name an instrument that nobody hears.

    Raises:
        SceneError: the file is damaged, or lacks a patch; the first is named.
    """
    held = presets(path)
    for drums, program in patches:
        if (DRUM_BANK if drums else 0, program) not in held:
            what = "drum kit" if drums else "General MIDI program"
            raise SceneError(f"{path} has no {what} {program}", do=f"apt install {SOUND_FONT_PACKAGE}")


def presets(path: Path) -> frozenset[tuple[int, int]]:
    """Every (bank, program) of the sound font at ``path``.

    Raises:
        SceneError: it is not a whole SoundFont 2 file.
    """
    stamp = path.stat()
    return _presets(path, stamp.st_size, stamp.st_mtime_ns)


@lru_cache(maxsize=8)
def _presets(path: Path, size: int, _changed: int) -> frozenset[tuple[int, int]]:
    try:
        with path.open("rb") as file:
            entries = list(PRESET.iter_unpack(_preset_list(file, size)))
    except (ValueError, struct.error) as error:
        mend = f"apt install --reinstall {SOUND_FONT_PACKAGE}"
        raise SceneError(f"{path}: {error}", expected="a whole SoundFont 2 file", do=mend) from error
    return frozenset((bank, program) for _, program, bank, *_ in entries[:-1])  # the last one only ends the list


def _preset_list(file: BinaryIO, size: int) -> bytes:
    kind, length, form = struct.unpack("<4sI4s", file.read(12))
    if kind != b"RIFF" or form != b"sfbk":
        raise ValueError("not a sound font")
    if size < 8 + length:
        raise ValueError(f"ends after {size} of {8 + length} bytes")
    for name, start, end in _chunks(file, 12, 8 + length):
        if name != b"LIST" or file.read(4) != b"pdta":
            continue
        for inner, first, last in _chunks(file, start + 4, end):
            if inner == b"phdr":
                file.seek(first)
                return file.read(last - first)
    raise ValueError("holds no list of presets")


def _chunks(file: BinaryIO, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The kind of each chunk between two places of ``file``, and where its body begins and ends."""
    while at + HEAD.size <= end:
        file.seek(at)
        kind, length = HEAD.unpack(file.read(HEAD.size))
        at += HEAD.size
        yield kind, at, at + length
        at += length + length % 2
