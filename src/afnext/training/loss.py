"""The losses of a stage, each a sum over what it covers: a step divides by how much all batches of all ranks hold."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Losses:
    """Sums, scalars; one that the recipe does not weigh is None."""

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
    """Cross-entropy: logits [N, V] of the positions that have a target, targets [N] -> summed over N."""
    return F.cross_entropy(logits.float(), targets, reduction="sum")


def tag_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Binary cross-entropy per column and token: [N, K] each, summed over all."""
    return F.binary_cross_entropy_with_logits(logits.float(), truth.float(), reduction="sum")


def clock_loss(logits: Tensor, digits: Tensor, sizes: Sequence[int]) -> Tensor:
    """Cross-entropy of digits: logits [N, sum of ``sizes``], digits [N, D] -> summed over D and N."""
    each = zip(torch.split(logits.float(), list(sizes), dim=-1), digits.unbind(-1), strict=True)
    return torch.stack([F.cross_entropy(scores, digit, reduction="sum") for scores, digit in each]).sum()


def likeness_loss(embedded: Tensor, wanted: Tensor) -> Tensor:
    """Mean squared distance of audio tokens [N, C] from the stand-in's, which is not moved by it; summed over N."""
    return F.mse_loss(embedded.float(), wanted.detach().float(), reduction="sum") / wanted.shape[-1]


def transcript_loss(log_probabilities: Tensor, lengths: Sequence[int], characters: Sequence[Sequence[int]]) -> Tensor:
    """CTC: log-probabilities [B, E, C], valid frames of each row, and its character ids; summed over rows."""
    wanted = torch.tensor([len(row) for row in characters])
    flat = torch.tensor([character for row in characters for character in row], dtype=torch.int64)
    return F.ctc_loss(
        log_probabilities.transpose(0, 1), flat, torch.tensor(lengths), wanted, reduction="sum", zero_infinity=True
    )
