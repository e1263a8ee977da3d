"""Several questions of one recording in one row.

    prefix (system, audio)   branch 1 (question, answer)   branch 2 ...
    0 0 0 0 0 0 0 0 0 0 0 0  1 1 1 1 1 1                   2 2 2 2

A branch sees the prefix and itself, never another branch, and its positions go on from the prefix: every answer is
learnt exactly as if its conversation stood alone, while the recording is encoded and read once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from afnext.dialogue.template import Prompt

PADDING = -1


@dataclass(frozen=True)
class Row:
    """One recording with its questions, as token ids.

    All lists have the row's length L: ``ids``, ``positions``, ``branch`` (0 the prefix, from 1 the questions) and
    ``target`` (whether the token is to be predicted).
    """

    ids: list[int]
    positions: list[int]
    branch: list[int]
    target: list[bool]


def join(prompts: Sequence[Prompt]) -> Row:
    """Merge conversations that begin alike (the same recording) and differ from the first question on."""
    first = prompts[0]
    shared = first.slots[-1].span[1] if first.slots else 0
    prefix = first.ids[:shared]
    row = Row(list(prefix), list(range(shared)), [0] * shared, [False] * shared)
    for number, prompt in enumerate(prompts, start=1):
        assert prompt.ids[:shared] == prefix, "the conversations of a row share their recording"
        tail = prompt.ids[shared:]
        row.ids.extend(tail)
        row.positions.extend(range(shared, shared + len(tail)))
        row.branch.extend([number] * len(tail))
        row.target.extend(prompt.loss_mask[shared:])
    return row


def stack(rows: Sequence[Row], pad_id: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Right-pad rows to one length: ids, positions, branch (``PADDING`` behind it) int64, target bool; all [B, L]."""
    longest = max((len(row.ids) for row in rows), default=0)

    def padded(values: list[list[int]], filler: int) -> Tensor:
        lines = [line + [filler] * (longest - len(line)) for line in values]
        return torch.tensor(lines, dtype=torch.int64).reshape(len(lines), longest)

    return (
        padded([row.ids for row in rows], pad_id),
        padded([row.positions for row in rows], 0),
        padded([row.branch for row in rows], PADDING),
        padded([list(map(int, row.target)) for row in rows], 0).bool(),
    )


def attention_mask(branch: Tensor) -> Tensor:
    """Who sees whom: ``branch`` [B, L] -> bool [B, 1, L, L], true where a query (third axis) may see a key (fourth).

    Padding looks at itself alone, so that no softmax is empty.
    """
    length = branch.shape[1]
    query, key = branch[:, :, None], branch[:, None, :]
    causal = torch.ones(length, length, dtype=torch.bool, device=branch.device).tril()
    alike = ((key == 0) | (key == query)) & (key != PADDING)
    itself = torch.eye(length, dtype=torch.bool, device=branch.device)
    return ((causal & alike & (query != PADDING)) | itself)[:, None]


def next_targets(ids: Tensor, branch: Tensor, target: Tensor) -> Tensor:
    """For each position the id it must predict, or -100: [B, L] each -> [B, L].

    A branch's first token follows the prefix in another row of its own, so nothing across a border is predicted.
    """
    following = torch.full_like(ids, -100)
    inside = target[:, 1:] & (branch[:, 1:] == branch[:, :-1])
    following[:, :-1] = torch.where(inside, ids[:, 1:], -100)
    return following
