"""Many conversations in one sequence, and those of one recording sharing it.

    prefix (system, audio)   branch (question, answer)   branch ...   prefix (the next recording)   branch ...

A branch sees the prefix before it and itself, never another branch, and its positions go on from that prefix: every
answer is learnt exactly as if its conversation stood alone, while the recording is encoded and read once. Nothing is
padded, and no attention is computed that nobody may pay.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from afnext.dialogue.template import Prompt
from afnext.model.attention import attend

IGNORED = -100
"""The target of a token that is not to be predicted; ``cross_entropy``'s own mark."""


@dataclass(frozen=True)
class Tree:
    """One recording with its questions, as token ids.

    ``ids``, ``positions`` and ``targets`` have its length; ``targets`` are the ids to be predicted, or ``IGNORED``.
    The first ``prefix`` tokens are shared; the branches behind them are of the lengths ``branches``.
    """

    ids: list[int]
    positions: list[int]
    targets: list[int]
    prefix: int
    branches: list[int]


@dataclass(frozen=True)
class Pack:
    """Trees in a row: ``ids``, ``positions`` and ``targets`` [1, L] int64, and where each tree lies.

    A tree is a tuple of borders: where its prefix begins and ends, then where each branch ends.
    """

    ids: Tensor
    positions: Tensor
    targets: Tensor
    trees: tuple[tuple[int, ...], ...]

    @property
    def pairs(self) -> int:
        """How many tokens all tokens look at, themselves included."""
        count = 0
        for start, behind, *ends in self.trees:
            prefix = behind - start
            count += prefix * (prefix + 1) // 2
            for first, last in zip([behind, *ends], ends, strict=False):
                count += (last - first) * prefix + (last - first) * (last - first + 1) // 2
        return count

    def to(self, device: torch.device) -> "Pack":
        """The same, on ``device``."""
        return Pack(self.ids.to(device), self.positions.to(device), self.targets.to(device), self.trees)

    def attention(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """An :class:`~afnext.model.attention.Attention` in which nobody sees beyond prefix and own branch."""
        seen = []
        for start, behind, *ends in self.trees:
            if behind > start:
                prefix = [part[:, :, start:behind] for part in (query, key, value)]
                seen.append(attend(prefix[0], prefix[1], prefix[2], causal=True))
            for first, last in zip([behind, *ends], ends, strict=False):
                if behind == start:  # no prefix, so no mask: of a long conversation it would be gigabytes
                    alone = [part[:, :, first:last] for part in (query, key, value)]
                    seen.append(attend(alone[0], alone[1], alone[2], causal=True))
                    continue
                keys, values = (
                    torch.cat([part[:, :, start:behind], part[:, :, first:last]], dim=2) for part in (key, value)
                )
                visible = torch.ones(last - first, keys.shape[2], dtype=torch.bool, device=query.device)
                visible = visible.tril(behind - start)[None, None]
                seen.append(attend(query[:, :, first:last], keys, values, mask=visible))
        return torch.cat(seen, dim=1)


def join(prompts: Sequence[Prompt]) -> Tree:
    """Merge conversations that begin alike (the same recording) and differ from the first question on."""
    first = prompts[0]
    shared = first.slots[-1].span[1] if first.slots else 0
    prefix = first.ids[:shared]
    tree = Tree(list(prefix), list(range(shared)), [IGNORED] * shared, shared, [])
    for prompt in prompts:
        assert prompt.ids[:shared] == prefix, "the conversations of a tree share their recording"
        tail, said = prompt.ids[shared:], prompt.loss_mask[shared:]
        tree.ids.extend(tail)
        tree.positions.extend(range(shared, shared + len(tail)))
        following = [token if mine else IGNORED for token, mine in zip(tail[1:], said[1:], strict=True)]
        tree.targets.extend([*following, IGNORED])
        tree.branches.append(len(tail))
    return tree


def whole(prompt: Prompt) -> Tree:
    """A conversation alone, every answer of which is learnt."""
    following = [token if mine else IGNORED for token, mine in zip(prompt.ids[1:], prompt.loss_mask[1:], strict=True)]
    length = len(prompt.ids)
    return Tree(list(prompt.ids), list(range(length)), [*following, IGNORED], 0, [length])


def pack(trees: Sequence[Tree]) -> Pack:
    """``trees`` one behind the other."""
    borders, start = [], 0
    for tree in trees:
        places = [start, start + tree.prefix]
        for length in tree.branches:
            places.append(places[-1] + length)
        borders.append(tuple(places))
        start = places[-1]

    def row(values: list[list[int]]) -> Tensor:
        return torch.tensor([[value for line in values for value in line]], dtype=torch.int64)

    return Pack(
        row([tree.ids for tree in trees]),
        row([tree.positions for tree in trees]),
        row([tree.targets for tree in trees]),
        tuple(borders),
    )
