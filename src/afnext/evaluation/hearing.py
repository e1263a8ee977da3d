"""Recordings on their way into a run: decoded once, named by a hash of what is heard, and remembered by it."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from afnext.audio.blocks import FloatArray
from afnext.audio.clip import Clip
from afnext.audio.decode import duration
from afnext.audio.source import is_path
from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import AudioError
from afnext.base.journal import Journal
from afnext.evaluation.cells import Cell


@dataclass(frozen=True, eq=False)
class Sound:
    """A decoded recording.

    Attributes:
        digest: SHA-256 of its samples (float32, little-endian), in hexadecimal.
        samples: mono at 16 kHz, float32 [n].
        notes: what was odd in the file, a sentence each.
    """

    digest: str
    samples: FloatArray
    notes: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """Its duration."""
        return len(self.samples) / SAMPLE_RATE


def hear(clip: Clip) -> Sound:
    """Decode a recording.

    Raises:
        AudioError: it cannot be.
    """
    notes: list[str] = []
    samples = clip.samples(notes.append)
    return Sound(hashlib.sha256(samples.astype("<f4", copy=False).tobytes()).hexdigest(), samples, tuple(notes))


def seconds_of(clip: Clip) -> float:
    """How long a recording is by its header; 0 where that cannot be told."""
    try:
        whole = duration(clip.source, rate=clip.rate)
    except AudioError:
        return 0.0
    end = whole if clip.end is None else min(clip.end, whole or clip.end)
    return max(0.0, (end or 0.0) - (clip.start or 0.0))


class Digests:
    """Hashes of files that were heard before, so that a run that goes on need not decode them again.

    A file is known by its path, part, size and time of change; a line each in a journal, which several processes may
    write.
    """

    def __init__(self, path: Path) -> None:
        self._journal = Journal(path)
        self._known = {str(row["file"]): str(row["sha256"]) for row in self._journal.rows() if "sha256" in row}

    def find(self, clip: Clip) -> str | None:
        """The hash of a recording, if it is known."""
        name = _name(clip)
        return self._known.get(name) if name else None

    def add(self, clip: Clip, digest: str) -> None:
        """Remember a recording."""
        name = _name(clip)
        if name and name not in self._known:
            self._known[name] = digest
            self._journal.append(file=name, sha256=digest)


def _name(clip: Clip) -> str | None:
    part = f"{clip.start or 0:g}-{'' if clip.end is None else format(clip.end, 'g')}"
    try:
        if isinstance(clip.source, Cell):
            return f"{clip.source.identity}|{part}"
        if not is_path(clip.source):
            return None
        found = os.stat(clip.source)
    except OSError:
        return None
    return f"{os.path.realpath(clip.source)}|{part}|{found.st_size}|{found.st_mtime_ns}"
