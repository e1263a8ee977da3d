"""What stands beside the model while it trains, and is no part of a published checkpoint.

Captions alone teach an encoder slowly, and a decoder learns to read slowly from an encoder that does not hear yet.
Scenes know what sounds in every frame: read-outs teach it to the encoder, and an embedding of it lets the decoder learn
to read, count and tell the time at the same time as the encoder learns to hear.
"""

import string
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from afnext.model.caption_decoder import CaptionDecoder, CaptionerConfig
from afnext.training.truth import DIGITS, WIDTH, WINDOW_DIGITS, digits

CHARACTERS = " '" + string.ascii_lowercase
"""What CTC spells with; index 0 of its output is the blank."""
STAND_IN_DEVIATION = 0.3
"""Of the stand-in's first weights: its handful of marks then add up to about one."""


def spell(text: str) -> list[int]:
    """Character ids (from 1) of ``text``; characters outside the alphabet are left out."""
    return [CHARACTERS.index(character) + 1 for character in text.lower() if character in CHARACTERS]


def unspell(ids: Sequence[int], *, path: bool = True) -> str:
    """The text that ``ids`` spell. With ``path`` they are a CTC path: repeats are merged, then blanks dropped."""
    merged = [now for before, now in zip([0, *ids], ids, strict=False) if not path or now != before]
    return "".join(CHARACTERS[index - 1] for index in merged if index)


class Letters(nn.Linear):
    """What is being spelt, of encoder frames of ``width`` numbers."""

    def __init__(self, width: int) -> None:
        super().__init__(width, len(CHARACTERS) + 1)

    def forward(self, frames: Tensor) -> Tensor:
        """Encoder frames (50 Hz) [..., D] -> log-probabilities [..., C] of blank and characters."""
        return torch.log_softmax(super().forward(frames).float(), dim=-1)


class ReadOuts(nn.Module):
    """Linear read-outs of the encoder, all on [..., D]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.tags = nn.Linear(width, WIDTH)
        """Audio tokens (25 Hz) -> logits [..., WIDTH] of the truth."""
        self.clock = nn.Linear(width, sum(WINDOW_DIGITS))
        """Audio tokens -> logits of the digits of their time in the window, one digit after the other."""
        self.transcript = Letters(width)


class StandIn(nn.Module):
    """What the adaptor would give the decoder if the encoder heard everything: the truth and the time, embedded."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.marks = nn.Linear(WIDTH, width)
        self.time = nn.Linear(sum(DIGITS), width, bias=False)
        for table in (self.marks, self.time):
            nn.init.normal_(table.weight, std=STAND_IN_DEVIATION)

    def forward(self, truth: Tensor, seconds: Tensor) -> Tensor:
        """``truth`` [N, WIDTH] of audio tokens at ``seconds`` [N] of their recordings -> [N, C]."""
        hands = [F.one_hot(digit, size) for digit, size in zip(digits(seconds).unbind(-1), DIGITS, strict=True)]
        marks: Tensor = self.marks(truth.to(self.marks.weight.dtype))
        embedded: Tensor = marks + self.time(torch.cat(hands, dim=-1).to(marks.dtype))
        return embedded


class Captioner(nn.Module):
    """What teaches an encoder by rows: a decoder that captions what it hears, and a read-out that spells it."""

    def __init__(self, config: CaptionerConfig, vocabulary: int, heard: int) -> None:
        super().__init__()
        self.decoder = CaptionDecoder(config, vocabulary, heard)
        self.transcript = Letters(heard)


class Heads(nn.Module):
    """The read-outs of an encoder of width ``heard`` and the stand-in for a decoder of width ``read``."""

    def __init__(self, heard: int, read: int) -> None:
        super().__init__()
        self.encoder = ReadOuts(heard)
        self.decoder = StandIn(read)
