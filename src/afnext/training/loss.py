"""The losses of a stage, each a mean over what it truly covers."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Losses:
    """Scalars; one that the recipe does not weigh is None."""

    text: Tensor | None = None
    tags: Tensor | None = None
    clock: Tensor | None = None
    transcript: Tensor | None = None
    likeness: Tensor | None = None

    def named(self) -> dict[str, Tensor]:
        """Those that are there, by the name of their weight in the recipe."""
        parts = {part.name: getattr(self, part.name) for part in fields(self)}
        return {name: value for name, value in parts.items() if value is not None}


def text_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy: logits [N, V] of the positions that have a target, targets [N] -> mean over N."""
    return F.cross_entropy(logits.float(), targets)


def tag_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Binary cross-entropy per column and token: [N, K] each, summed over columns, averaged over tokens.

    Few columns are true at a time, so the sum keeps the one that is from drowning in those that are not.
    """
    return F.binary_cross_entropy_with_logits(logits.float(), truth.float(), reduction="none").sum(-1).mean()


def clock_loss(logits: Tensor, digits: Tensor, sizes: Sequence[int]) -> Tensor:
    """Cross-entropy of digits: logits [N, sum of ``sizes``], digits [N, D] -> summed over D, averaged over N."""
    each = zip(torch.split(logits.float(), list(sizes), dim=-1), digits.unbind(-1), strict=True)
    return torch.stack([F.cross_entropy(scores, digit) for scores, digit in each]).sum()


def likeness_loss(embedded: Tensor, wanted: Tensor) -> Tensor:
    """Mean squared distance of audio tokens [N, C] from the stand-in's, which is not moved by it."""
    return F.mse_loss(embedded.float(), wanted.detach().float())


def transcript_loss(log_probabilities: Tensor, lengths: Sequence[int], characters: Sequence[Sequence[int]]) -> Tensor:
    """CTC: log-probabilities [B, E, C], valid frames of each row, and its character ids; averaged over characters.

    Rows in which nobody speaks count as one character: blanks everywhere is what they should give.
    """
    wanted = torch.tensor([len(row) for row in characters])
    flat = torch.tensor([character for row in characters for character in row], dtype=torch.int64)
    total = F.ctc_loss(
        log_probabilities.transpose(0, 1), flat, torch.tensor(lengths), wanted, reduction="sum", zero_infinity=True
    )
    return total / (int(wanted.sum()) + int((wanted == 0).sum()))
