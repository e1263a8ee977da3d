"""What one forward pass of training takes."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

import torch
from torch import Tensor

from afnext.audio.spec import audio_tokens
from afnext.audio.windows import Window, stack
from afnext.data.pack import IGNORED, Pack

Moved = TypeVar("Moved", bound="Batch | Sound | Truth")
STEP = 500
"""Mel frames: windows are encoded together with those that are less than this (5 s) shorter."""


@dataclass(frozen=True)
class Sound:
    """Windows that are encoded together: ``mel`` [W, 128, F], ``frames`` [W] valid mel frames, ``starts`` [W] seconds.

    ``places`` [W] is where each stands among all windows of the batch.
    """

    mel: Tensor
    frames: Tensor
    starts: Tensor
    places: Tensor

    def to(self, device: torch.device) -> "Sound":
        """The same, on ``device``."""
        return _moved(self, device)


@dataclass(frozen=True)
class Truth:
    """All that is known of the clips of a batch, where they are scenes.

    ``labels`` [N, WIDTH] is what is known of each audio token of all clips (``training/truth.py``), ``seconds`` [N]
    when it begins in its clip; ``characters`` is what is said in each clip, in order of onset.
    """

    labels: Tensor
    seconds: Tensor
    characters: tuple[list[int], ...]

    def to(self, device: torch.device) -> "Truth":
        """The same, on ``device``."""
        return _moved(self, device)


@dataclass(frozen=True)
class Batch:
    """Clips with their conversations.

    ``sound`` holds the windows of all clips, in groups of about one length, so that a short one is not computed as long
    as the longest; clip i has ``windows[i]`` of them. Where the truth is read in place of sound, there is none.
    ``talk`` is what is asked and answered, a tree for each clip or conversation. ``lost`` says which rows could not be
    used, and why.
    """

    sound: tuple[Sound, ...]
    windows: tuple[int, ...]
    talk: Pack
    audio_seconds: float
    truth: Truth | None = None
    spoken: tuple[list[int] | None, ...] | None = None
    """The characters said in each clip, None where they are not known; of batches that are captioned (a clip is a
    window then, and the tree beside it what is written about it)."""
    lost: tuple[str, ...] = ()

    @property
    def tokens(self) -> int:
        """Of sound and text; beside captions stands their sound."""
        heard = [] if self.spoken is None else [length for some in self.sound for length in some.frames.tolist()]
        return self.talk.ids.numel() + sum(map(audio_tokens, heard))

    def counts(self) -> dict[str, int]:
        """How much of each loss's subject there is: target tokens, audio tokens, characters.

        A clip in which nobody speaks counts as one character: blanks everywhere is what it should give.
        """
        counts = {"text": int((self.talk.targets != IGNORED).sum())}
        if self.spoken is not None:
            return counts | {"transcript": sum(max(1, len(row)) for row in self.spoken if row is not None)}
        if self.truth is None:
            return counts
        tokens = len(self.truth.labels)
        spoken = sum(max(1, len(row)) for row in self.truth.characters)
        return counts | {"tags": tokens, "clock": tokens, "transcript": spoken, "likeness": tokens}

    def to(self, device: torch.device) -> "Batch":
        """The batch with its tensors on ``device``."""
        return _moved(self, device)


def group(windows: Sequence[Window], *, together: bool = False) -> tuple[Sound, ...]:
    """``windows`` in groups of about one length; all in one if they are to be encoded ``together``."""
    lengths: dict[int, list[int]] = {}
    for place, window in enumerate(windows):
        lengths.setdefault(0 if together else -(-window.frames // STEP), []).append(place)
    return tuple(
        Sound(*stack([windows[place] for place in places]), torch.tensor(places))
        for _, places in sorted(lengths.items())
    )


def _moved(value: Moved, device: torch.device) -> Moved:
    changes: dict[str, Any] = {}
    for field in fields(value):
        part = getattr(value, field.name)
        if isinstance(part, Tensor) or is_dataclass(part):
            changes[field.name] = part.to(device)  # type: ignore[union-attr]
        elif field.name == "sound":
            changes[field.name] = tuple(some.to(device) for some in part)
    return replace(value, **changes)
