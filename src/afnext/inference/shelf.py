"""Recordings that were decoded, known by what their files hold, so that the next question need not do it again."""

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterable
from threading import Lock
from typing import Any

from afnext.audio.source import is_path, is_pipe
from afnext.dialogue.message import AudioPart, audio_parts
from afnext.inference.listen import Recording, clip_of, identity, read
from afnext.inference.request import OverLimit, Request


class Shelf:
    """Keeps decoded sound of at most ``budget`` bytes; what was asked about longest ago goes first.

    A file is known by the hash of its bytes, not by its name or its time: one that was swapped on disk is another. File
    objects, standard input and arrays are not kept.
    """

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._kept: OrderedDict[Hashable, Recording] = OrderedDict()
        self._lock = Lock()

    def read(self, part: AudioPart, *, limit: float, over_limit: OverLimit) -> Recording:
        """As ``listen.read``, whose errors it raises."""
        clip = clip_of(part)
        contents = _contents(clip.source)
        if contents is None:
            return read(part, limit=limit, over_limit=over_limit)
        key = (contents, clip.name, clip.start, clip.end, limit, over_limit)
        with self._lock:  # several threads may ask; the second to ask about a file waits for the first to decode it
            if key not in self._kept:
                self._kept[key] = read(part, limit=limit, over_limit=over_limit)
            self._kept.move_to_end(key)
            found = self._kept[key]
            while sum(recording.samples.nbytes for recording in self._kept.values()) > self._budget:
                self._kept.popitem(last=False)
            return found


class Decoded:
    """Sound decoded for the requests of one call: a recording that several ask about is decoded once.

    Args:
        requests: whose recordings to keep until the last that needs them is ``done``.
        shelf: what other calls have decoded.
    """

    def __init__(self, requests: Iterable[Request], shelf: Shelf) -> None:
        self._shelf = shelf
        self._uses = Counter(identity(part) for request in requests for part in audio_parts(request.conversation))
        self._recordings: dict[Hashable, Recording] = {}

    def read(self, part: AudioPart, *, limit: float, over_limit: OverLimit) -> Recording:
        """As ``listen.read``."""
        key = identity(part)
        if key not in self._recordings:
            self._recordings[key] = self._shelf.read(part, limit=limit, over_limit=over_limit)
        return self._recordings[key]

    def done(self, request: Request) -> None:
        """``request`` has what it needs."""
        for part in audio_parts(request.conversation):
            key = identity(part)
            self._uses[key] -= 1
            if not self._uses[key]:
                self._recordings.pop(key, None)


def _contents(source: Any) -> bytes | None:
    """A hash of the bytes of a file; None where there is none that can be read twice (``read`` tells what is wrong)."""
    if isinstance(source, bytes | bytearray | memoryview):
        return hashlib.blake2b(source, digest_size=16).digest()
    if not is_path(source) or is_pipe(source):
        return None
    try:
        with open(source, "rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).digest()
    except (OSError, ValueError):
        return None
