"""A conversation in the engine, as plain integers: its tokens, how many are read, and the blocks that hold them."""

from collections.abc import Sequence as Listing
from dataclasses import dataclass, field

import numpy as np

from afnext.inference.blocks import BLOCK, chain
from afnext.model.stretches import Row, Run


@dataclass(frozen=True)
class Sounds:
    """Which tokens of a prompt stand for sound: ``tokens`` of a recording from ``start`` on.

    Attributes:
        start: index of the first in the prompt.
        tokens: how many.
        digest: 16 bytes that tell the recording from any other.
    """

    start: int
    tokens: int
    digest: bytes


@dataclass(eq=False)
class Sequence:
    """Attributes:
    ids: token ids, those of the prompt and those written.
    prompt: how many of them are the prompt.
    limit: the most ids it may write; 0 for one that is only read.
    sounds: recordings in the prompt.
    reread: at least so many tokens at the end of the prompt are read anew, because something is to be learnt of them.
    read: tokens whose keys and values are in the cache.
    shared: how many of those were there before.
    blocks: what it holds.
    """

    ids: list[int]
    prompt: int
    limit: int
    sounds: tuple[Sounds, ...] = ()
    reread: int = 1
    read: int = 0
    shared: int = 0
    blocks: list[int] = field(default_factory=list)
    _hashes: list[bytes] = field(default_factory=list)

    @property
    def most_blocks(self) -> int:
        """Blocks that hold it at its longest; the last id written is never read, and needs no place."""
        return -(-max(self.prompt + self.limit - 1, self.prompt) // BLOCK)

    @property
    def unread(self) -> int:
        """Tokens to read before another can be written."""
        return len(self.ids) - self.read

    @property
    def reusable(self) -> int:
        """Whole blocks of the prompt that need not be read again, if they are in the cache."""
        return (self.prompt - self.reread) // BLOCK

    def hashes(self, blocks: int) -> list[bytes]:
        """Those of the first ``blocks`` blocks, which are whole; equal where conversations are alike up to there."""
        if len(self._hashes) < blocks:
            first = len(self._hashes) * BLOCK
            contents = self._contents(first, blocks * BLOCK)
            for begin in range(0, len(contents), BLOCK):
                before = self._hashes[-1] if self._hashes else b""
                self._hashes.append(chain(before, contents[begin : begin + BLOCK].tobytes()))
        return self._hashes[:blocks]

    def row(self, count: int) -> Row:
        """The next ``count`` tokens to read, and the slots of all up to them."""
        return Row(runs_of(self.blocks, self.read + count), count)

    def _contents(self, first: int, end: int) -> np.ndarray:
        """[end - first, 3]: the id of each token; of a sound, which recording, and which of its tokens."""
        contents = np.zeros((end - first, 3), dtype=np.int64)
        contents[:, 0] = self.ids[first:end]
        for sound in self.sounds:
            begin, stop = max(sound.start, first), min(sound.start + sound.tokens, end)
            if begin < stop:
                which = np.arange(begin, stop)
                low, high = np.frombuffer(sound.digest, dtype=np.int64)
                contents[which - first, 0] = low
                contents[which - first, 1] = high
                contents[which - first, 2] = which - sound.start + 1
        return contents


def runs_of(blocks: Listing[int], tokens: int) -> tuple[Run, ...]:
    """The runs of slots that hold the first ``tokens`` tokens in ``blocks``."""
    runs: list[Run] = []
    for block in blocks[: -(-tokens // BLOCK)]:
        start = block * BLOCK
        if runs and runs[-1][1] == start:
            runs[-1] = (runs[-1][0], start + BLOCK)
        else:
            runs.append((start, start + BLOCK))
    spare = -tokens % BLOCK
    if runs and spare:
        runs[-1] = (runs[-1][0], runs[-1][1] - spare)
    return tuple(runs)
