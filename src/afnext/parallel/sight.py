"""Who sees whom in a packed sequence, told by the borders of its trees and never by an [L, L] mask.

A tree is a tuple of borders: where its prefix begins and ends, then where each branch ends. A token sees those before
it (and itself) in its own tree that are of the prefix or of its own branch. A plain causal sequence of L tokens is one
tree without branches, ``(0, L)``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

Range = tuple[int, int]
"""First token, and the one behind the last."""


@dataclass(frozen=True)
class Places:
    """Where tokens stand: three int32 vectors [L]."""

    index: Tensor
    """In the whole sequence."""
    tree: Tensor
    branch: Tensor
    """0 for the prefix of the tree, then 1, 2, ..."""

    def __getitem__(self, which: Tensor | slice) -> "Places":
        return Places(self.index[which], self.tree[which], self.branch[which])

    def to(self, device: torch.device) -> "Places":
        """The same, on ``device``."""
        return Places(self.index.to(device), self.tree.to(device), self.branch.to(device))

    def sees(self, others: "Places") -> Tensor:
        """[L, S]: whether each of these sees each of ``others``."""
        before = others.index <= self.index[:, None]
        ours = (others.branch == 0) | (others.branch == self.branch[:, None])
        return before & ours & (others.tree == self.tree[:, None])


@dataclass(frozen=True)
class _Segment:
    """A prefix or a branch, and the prefix that it stands on (empty for a prefix)."""

    span: Range
    prefix: Range
    tree: int
    branch: int


class Sight:
    """Who sees whom in one packed sequence.

    Args:
        trees: one behind the other from token 0 on.
        length: of the sequence, at least that of the trees; what is behind them is padding, a tree of its own, so
            that every token sees something, itself, and none needs a case of its own.
    """

    def __init__(self, trees: Sequence[tuple[int, ...]], length: int) -> None:
        self.length = length
        segments: list[_Segment] = []
        end = 0
        for number, borders in enumerate([*trees, (trees[-1][-1] if trees else 0, length)]):
            start, behind = borders[:2]
            assert start == end, "trees stand one behind the other"
            segments.append(_Segment((start, behind), (start, start), number, 0))
            for branch, span in enumerate(pairwise(borders[1:]), 1):
                segments.append(_Segment(span, (start, behind), number, branch))
            end = borders[-1]
        assert end == length, f"trees of {end} tokens in a sequence of {length}"
        self._segments = [segment for segment in segments if segment.span[1] > segment.span[0]]

    def places(self) -> Places:
        """Of all tokens [L]."""
        sizes = torch.tensor([segment.span[1] - segment.span[0] for segment in self._segments])
        trees = torch.tensor([segment.tree for segment in self._segments], dtype=torch.int32)
        branches = torch.tensor([segment.branch for segment in self._segments], dtype=torch.int32)
        return Places(
            torch.arange(self.length, dtype=torch.int32),
            trees.repeat_interleave(sizes),
            branches.repeat_interleave(sizes),
        )

    def between(self, query: Range, key: Range) -> bool | None:
        """Whether all tokens of ``query`` see all of ``key`` (True), none sees any (False), or some see some (None)."""
        first, last = key
        complete, anything = True, False
        for segment in self._segments:
            start, end = max(segment.span[0], query[0]), min(segment.span[1], query[1])
            if start >= end:
                continue
            prefix, own = segment.prefix, segment.span[0]
            anything = anything or _meet(prefix, key) or _meet((own, end), key)
            # the first of the segment's tokens sees the least; its own branch may follow the prefix without a gap
            least = own, start + 1
            seen = [prefix, least] if prefix[1] < own else [(min(prefix[0], own), least[1])]
            complete = complete and any(low <= first and last <= high for low, high in seen)
        return True if complete and anything else None if anything else False


def _meet(one: Range, other: Range) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])
