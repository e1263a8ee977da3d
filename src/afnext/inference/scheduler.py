"""Which conversations take part in the next pass, and with how many tokens. Plain integers.

First come, first served. A conversation begins once blocks for its longest possible answer are available, so that
whatever has begun can end. In every pass each conversation that is writing gets its token, and what is left of the
pass goes to prompts, the oldest first, in pieces: a long recording does not keep the others waiting. A conversation
whose next block another is just reading waits for it, and then shares it.
"""

from collections import deque
from collections.abc import Sequence as Listing
from dataclasses import dataclass

from afnext.inference.blocks import BLOCK, Blocks
from afnext.inference.sequence import Sequence


@dataclass(frozen=True)
class Part:
    """The next ``count`` tokens of a conversation, to be read in one pass."""

    sequence: Sequence
    count: int

    @property
    def last(self) -> bool:
        """Whether nothing is left unread after it, so that a token can be written."""
        return self.count == self.sequence.unread


class Scheduler:
    """Attributes:
    running: what has begun and not ended, oldest first.
    waiting: what has not begun.
    """

    def __init__(self, blocks: Blocks, *, rows: int, tokens: int) -> None:
        """``rows`` conversations at most side by side, ``tokens`` at most a pass."""
        assert tokens >= rows > 0, "every row writes a token in every pass"
        self.blocks = blocks
        self.running: list[Sequence] = []
        self.waiting: deque[Sequence] = deque()
        self._rows = rows
        self._tokens = tokens

    @property
    def room(self) -> int:
        """How many more conversations could stand side by side, if the blocks suffice."""
        return self._rows - len(self.running) - len(self.waiting)

    def add(self, sequence: Sequence) -> None:
        """Take a conversation in."""
        assert sequence.most_blocks <= self.blocks.count, "it could never begin"
        self.waiting.append(sequence)

    def schedule(self) -> list[Part]:
        """The next pass; empty only where nothing is left to do."""
        self._begin()
        left = self._tokens - sum(sequence.unread == 1 for sequence in self.running)
        parts = []
        for sequence in self.running:
            count = min(sequence.unread, left) if sequence.unread > 1 else 1
            left -= count if sequence.unread > 1 else 0
            if count:
                parts.append(Part(sequence, count))
        return parts

    def done(self, parts: Listing[Part]) -> None:
        """The pass has been made: its tokens are in the cache, and whole blocks can be found there."""
        for part in parts:
            sequence = part.sequence
            before, sequence.read = sequence.read // BLOCK, sequence.read + part.count
            whole = sequence.read // BLOCK
            for block, name in zip(sequence.blocks[before:whole], sequence.hashes(whole)[before:], strict=True):
                self.blocks.name(block, name)

    def remove(self, sequence: Sequence) -> None:
        """A conversation has ended, or is given up: its blocks are released at once."""
        if sequence in self.running:
            self.running.remove(sequence)
            self.blocks.release(sequence.blocks)
            sequence.blocks = []
        else:
            self.waiting.remove(sequence)

    def _begin(self) -> None:
        """Begin what waits, in order, as far as rows and blocks suffice."""
        held_back = []
        while self.waiting and len(self.running) < self._rows:
            sequence = self.waiting[0]
            shared = self.blocks.find(sequence.hashes(sequence.reusable))
            if self._is_being_read(sequence, len(shared)):
                held_back.append(self.waiting.popleft())
                continue
            fresh = sequence.most_blocks - len(shared)
            if self.blocks.needed(shared, fresh) > self.blocks.available:
                break
            self.waiting.popleft()
            self.blocks.hold(shared)
            sequence.blocks = [*shared, *self.blocks.take(fresh)]
            sequence.read = sequence.shared = len(shared) * BLOCK
            self.running.append(sequence)
        self.waiting.extendleft(reversed(held_back))

    def _is_being_read(self, sequence: Sequence, known: int) -> bool:
        """Whether a running conversation is about to read the block that would be the next to share."""
        if known >= sequence.reusable:
            return False
        wanted = sequence.hashes(known + 1)[known]
        return any(
            other.read // BLOCK <= known < other.prompt // BLOCK and other.hashes(known + 1)[known] == wanted
            for other in self.running
        )
