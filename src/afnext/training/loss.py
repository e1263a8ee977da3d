"""The three losses of a stage, each a mean over what it truly covers."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Losses:
    """Scalars; one that the recipe does not weigh is None."""

    text: Tensor | None = None
    tags: Tensor | None = None
    transcript: Tensor | None = None

    def named(self) -> dict[str, Tensor]:
        """Those that are there, by the name of their weight in the recipe."""
        parts = {"text": self.text, "tags": self.tags, "transcript": self.transcript}
        return {name: value for name, value in parts.items() if value is not None}


def text_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy: logits [N, V] of the positions that have a target, targets [N] -> mean over N."""
    return F.cross_entropy(logits.float(), targets)


def tag_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Binary cross-entropy per label and frame: [N, K] each, summed over labels, averaged over frames.

    Labels are rare, so the sum keeps the one that sounds from drowning in those that do not.
    """
    return F.binary_cross_entropy_with_logits(logits.float(), truth, reduction="none").sum(-1).mean()


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
