"""Dense supervision of the encoder: which labels sound in each frame, and the characters of what is said.

Captions alone teach an encoder slowly; scenes know both of these exactly. The heads live beside the model while it
trains and are not part of a published checkpoint.
"""

import string
from collections.abc import Sequence

import torch
from torch import Tensor, nn

CHARACTERS = " '" + string.ascii_lowercase
"""What CTC spells with; index 0 of its output is the blank."""


def spell(text: str) -> list[int]:
    """Character ids (from 1) of ``text``; characters outside the alphabet are left out."""
    return [CHARACTERS.index(character) + 1 for character in text.lower() if character in CHARACTERS]


def unspell(ids: Sequence[int], *, path: bool = True) -> str:
    """The text that ``ids`` spell. With ``path`` they are a CTC path: repeats are merged, then blanks dropped."""
    merged = [now for before, now in zip([0, *ids], ids, strict=False) if not path or now != before]
    return "".join(CHARACTERS[index - 1] for index in merged if index)


class DenseHeads(nn.Module):
    """Two linear read-outs of the encoder, both on [..., D].

    Args:
        width: encoder width D.
        labels: how many labels a frame may carry.
    """

    def __init__(self, width: int, labels: int) -> None:
        super().__init__()
        self.tags = nn.Linear(width, labels)
        """Audio tokens (25 Hz) -> label logits [..., K]."""
        self.transcript = nn.Linear(width, len(CHARACTERS) + 1)

    def characters(self, frames: Tensor) -> Tensor:
        """Log-probabilities [..., C] of blank and characters, of encoder frames (50 Hz)."""
        return torch.log_softmax(self.transcript(frames).float(), dim=-1)
