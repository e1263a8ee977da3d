"""Recordings on their way into a model, under the stated policy for those over the limit."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from afnext.audio.clip import Clip
from afnext.audio.decode import duration
from afnext.audio.source import is_path
from afnext.audio.spec import SAMPLE_RATE
from afnext.audio.windows import count_tokens
from afnext.base.errors import AudioError, OverLimitError, RequestError
from afnext.dialogue.message import AudioPart
from afnext.dialogue.timestamps import clock
from afnext.inference.request import OverLimit


@dataclass(eq=False)
class Recording:
    """Decoded sound that is not yet heard.

    Attributes:
        name: what messages call it.
        samples: mono at 16 kHz, float32 [n].
        notes: what was left out, one sentence each.
        truncated: whether it was over the limit, and only its beginning is here.
    """

    name: str
    samples: NDArray[np.float32]
    notes: tuple[str, ...] = ()
    truncated: bool = False

    @property
    def seconds(self) -> float:
        """The duration."""
        return len(self.samples) / SAMPLE_RATE

    @property
    def tokens(self) -> int:
        """Embeddings it will become."""
        return count_tokens(len(self.samples))

    @cached_property
    def digest(self) -> bytes:
        """16 bytes that are the same for the same sound, wherever it came from."""
        return blake2b(self.samples.tobytes(), digest_size=16).digest()


@dataclass(frozen=True, eq=False)
class Heard:
    """A recording the model has heard. As the source of an ``AudioPart`` it is not heard again.

    Attributes:
        name: what messages call it.
        seconds: the duration that was heard.
        embeddings: [tokens, hidden], on the model's device.
        digest: of the sound, see ``Recording``.
        notes, truncated: as in ``Recording``.
    """

    name: str
    seconds: float
    embeddings: Tensor
    digest: bytes
    notes: tuple[str, ...] = ()
    truncated: bool = False

    @property
    def tokens(self) -> int:
        """How many embeddings there are."""
        return len(self.embeddings)


def clip_of(part: AudioPart) -> Clip:
    """The part's source as a clip, narrowed to the part."""
    clip = part.source if isinstance(part.source, Clip) else Clip(part.source)
    if part.start is None and part.end is None:
        return clip
    offset = clip.start or 0.0
    ends = [end for end in (clip.end, None if part.end is None else offset + part.end) if end is not None]
    return replace(clip, start=offset + (part.start or 0.0), end=min(ends, default=None))


def identity(part: AudioPart) -> Hashable:
    """Equal for parts that are the same stretch of the same source."""
    if isinstance(part.source, Heard):
        return id(part.source)
    clip = clip_of(part)
    source = str(clip.source) if is_path(clip.source) else id(clip.source)
    return source, clip.start, clip.end


def read(part: AudioPart, *, limit: float, over_limit: OverLimit) -> Recording:
    """Decode the part, but never more than ``limit`` seconds and a little.

    Raises:
        AudioError: nothing usable in it.
        OverLimitError: it is longer than ``limit``, and the policy is ``error``.
    """
    clip = clip_of(part)
    start = clip.start or 0.0
    # a second more than the limit shows that there is more, without reading the rest
    end = start + limit + 1.0 if clip.end is None else min(clip.end, start + limit + 1.0)
    notes: list[str] = []
    samples = replace(clip, end=end).samples(notes.append)
    name = _named(clip)
    most = round(limit * SAMPLE_RATE)
    if len(samples) <= most:
        if count_tokens(len(samples)) == 0:
            raise AudioError(f"{name} lasts {len(samples) / SAMPLE_RATE:.3f} s", expected="at least 0.03 s of sound")
        return Recording(name, samples, tuple(notes))
    length = _whole_length(clip, start)
    if over_limit == "stitch":
        raise RequestError(
            f"over_limit=stitch for {name}",
            do="ask about one long recording at a time, with ask, caption or transcribe",
        )
    if over_limit == "error":
        raise OverLimitError(
            f"{name} lasts {length}",
            expected=f"at most {clock(limit)}, what the model can hear",
            do=f"name a part of it (start, end), or over_limit=truncate to hear only its first {clock(limit)}, or "
            "over_limit=stitch to hear it in parts",
        )
    notes.append(f"{name} lasts {length}; only its first {clock(limit)} were heard")
    return Recording(name, samples[:most], tuple(notes), truncated=True)


def _named(clip: Clip) -> str:
    return clip.name.strip("'")


def _whole_length(clip: Clip, start: float) -> str:
    """How long the clip is, if its header tells; else what is known."""
    whole: Any = clip.end if clip.end is not None else duration(clip.source, rate=clip.rate)
    return f"{clock(whole - start)}" if whole is not None else "longer"
