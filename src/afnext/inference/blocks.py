"""Blocks of a key-value cache, as plain integers: who holds which, what each contains, and which may be taken next.

A block holds the keys and values of ``BLOCK`` neighbouring tokens of one conversation. Conversations that begin alike
hold the same blocks. A block that nobody holds keeps its contents, and can be found by their hash, until its place is
needed: the one unused for longest goes first.
"""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b

BLOCK = 32
"""Tokens a block: what two conversations must have in common to share it."""


class Blocks:
    """The blocks ``0 .. count - 1``.

    A block is free (its contents mean nothing), held (by one conversation or several) or kept (by none, its contents
    known by hash).
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._free: list[tuple[int, int]] = [(0, count)] if count else []  # (first, one past the last), ascending
        self._holders: dict[int, int] = {}
        self._kept: OrderedDict[int, None] = OrderedDict()  # longest unused first
        self._known: dict[bytes, int] = {}
        self._hashes: dict[int, bytes] = {}

    @property
    def held(self) -> int:
        """Blocks that somebody holds."""
        return len(self._holders)

    @property
    def kept(self) -> int:
        """Blocks that nobody holds and whose contents can still be found."""
        return len(self._kept)

    @property
    def available(self) -> int:
        """Blocks that can be taken."""
        return self.count - self.held

    def find(self, hashes: Sequence[bytes]) -> list[int]:
        """The blocks that contain the beginning of a conversation, as far as it is known; nobody holds them by this."""
        found = []
        for name in hashes:
            block = self._known.get(name)
            if block is None:
                break
            found.append(block)
        return found

    def needed(self, shared: Sequence[int], fresh: int) -> int:
        """How many of the blocks available it takes to hold ``shared`` and take ``fresh`` more."""
        return fresh + sum(block in self._kept for block in shared)

    def hold(self, shared: Sequence[int]) -> None:
        """Hold blocks found before."""
        for block in shared:
            self._kept.pop(block, None)
            self._holders[block] = self._holders.get(block, 0) + 1

    def take(self, count: int) -> list[int]:
        """Hold ``count`` blocks whose contents mean nothing, neighbours where there are any."""
        assert count <= self.available, f"{count} blocks, and {self.available} available"
        while self.available - len(self._kept) < count:
            self._forget_oldest()
        taken: list[int] = []
        while len(taken) < count:
            taken += self._cut(count - len(taken))
        self._holders.update((block, 1) for block in taken)
        return taken

    def name(self, block: int, contents: bytes) -> None:
        """Say what a held block contains, now that it is written whole; the first of two alike is found by it."""
        assert block in self._holders, f"block {block} is held by nobody"
        if contents not in self._known and block not in self._hashes:
            self._known[contents] = block
            self._hashes[block] = contents

    def release(self, blocks: Sequence[int]) -> None:
        """Hold ``blocks``, of one conversation and in order, no more; its end is forgotten before its beginning."""
        for block in reversed(blocks):
            self._holders[block] -= 1
            if self._holders[block]:
                continue
            del self._holders[block]
            if block in self._hashes:
                self._kept[block] = None
            else:
                self._give(block)

    def _forget_oldest(self) -> None:
        block, _ = self._kept.popitem(last=False)
        del self._known[self._hashes.pop(block)]
        self._give(block)

    def _cut(self, count: int) -> list[int]:
        """Up to ``count`` neighbours: of the smallest gap that has so many, or the whole of the largest."""
        enough = [gap for gap in self._free if gap[1] - gap[0] >= count]
        start, end = min(enough or self._free, key=lambda gap: (gap[1] - gap[0]) * (1 if enough else -1))
        self._free.remove((start, end))
        if end - start > count:
            insort(self._free, (start + count, end))
            end = start + count
        return list(range(start, end))

    def _give(self, block: int) -> None:
        """Make a block free, one gap with its neighbours."""
        start, end = block, block + 1
        place = bisect_left(self._free, (start, end))
        if place < len(self._free) and self._free[place][0] == end:
            end = self._free.pop(place)[1]
        if place and self._free[place - 1][1] == start:
            start = self._free.pop(place - 1)[0]
        insort(self._free, (start, end))


def chain(before: bytes, contents: bytes) -> bytes:
    """The hash of a block with these ``contents`` behind one with the hash ``before`` (empty at the beginning)."""
    return blake2b(contents, digest_size=16, key=before).digest()
