"""What of a benchmark is asked: which samples, how often, in which order of choices, by which process."""

import hashlib
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from afnext.audio.clip import Clip
from afnext.evaluation.hearing import seconds_of
from afnext.evaluation.sample import Sample


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What of a benchmark is asked, and how often.

    Attributes:
        limit: so many samples, drawn by the seed: a smaller limit asks a part of what a larger one does.
        filters: facts, or fields of rows, and the value that they must have, as text.
        repeat: how often each sample is asked, with a seed of its own each time.
        permute: ask it with its choices in every rotation of their order.
        deaf: ask the same prompts without the recordings, as a baseline.
        shard: (which, of how many): the samples are divided by a hash of their ids, for several processes.
        seed: of the draws.
        max_new_tokens: of an answer; None: the task's own.
        sounds: keep the recordings that are asked about in the run's folder, for a report that plays them.
    """

    limit: int | None = None
    filters: tuple[tuple[str, str], ...] = ()
    repeat: int = 1
    permute: bool = False
    deaf: bool = False
    shard: tuple[int, int] = (0, 1)
    seed: int = 0
    max_new_tokens: int | None = None
    sounds: bool = False


@dataclass(frozen=True)
class Asking:
    """One asking of a sample: its repeat, and the order of its choices ("" is the data's own)."""

    sample: Sample
    repeat: int = 0
    order: str = ""

    @property
    def choices(self) -> tuple[str, ...]:
        """The choices in the order of this asking."""
        return tuple(self.sample.choices[index] for index in indices(self.order)) or self.sample.choices


def indices(order: str) -> list[int]:
    """``2031`` or ``10-11-0`` as numbers."""
    return [int(part) for part in (order.split("-") if "-" in order else order)]


def rotations(count: int) -> list[str]:
    """Every rotation of so many choices but the first, which is no change.

    >>> rotations(3)
    ['120', '201']
    """
    between = "-" if count > 10 else ""
    return [between.join(str((first + step) % count) for step in range(count)) for first in range(1, count)]


def selected(samples: Iterable[Sample], wanted: Wanted) -> list[Sample]:
    """The samples that are asked for, in the order of the data."""
    kept = [sample for sample in samples if all(_has(sample, name, value) for name, value in wanted.filters)]
    if wanted.limit is not None and wanted.limit < len(kept):
        drawn = sorted(kept, key=lambda sample: hashlib.sha256(f"{wanted.seed}:{sample.item}".encode()).digest())
        names = {sample.item for sample in drawn[: wanted.limit]}
        kept = [sample for sample in kept if sample.item in names]
    which, of = wanted.shard
    return [sample for sample in kept if zlib.crc32(sample.item.encode()) % of == which]


def _has(sample: Sample, name: str, value: str) -> bool:
    found = sample.facts.get(name, sample.row.get(name))
    return any(str(one).casefold() == value.casefold() for one in (found if isinstance(found, list) else [found]))


def askings(samples: Iterable[Sample], wanted: Wanted) -> list[Asking]:
    """Every asking of the samples, the longest recordings first: what does not fit into memory shows at once."""
    found = [
        Asking(sample, repeat, order)
        for sample in samples
        for repeat in range(wanted.repeat)
        for order in ["", *(rotations(len(sample.choices)) if wanted.permute and len(sample.choices) > 1 else [])]
    ]
    long = {id(one.sample): sum(map(seconds_of, one.sample.audio)) for one in found if not one.order}
    places = {id(one.sample): [_place(clip) for clip in one.sample.audio] for one in found if not one.order}
    return sorted(
        found, key=lambda one: (-long[id(one.sample)], places[id(one.sample)], one.sample.item, one.repeat, one.order)
    )


def _place(clip: Clip) -> str:
    source = clip.source if isinstance(clip.source, str) else getattr(clip.source, "name", "")
    return f"{source} {clip.start or 0:.3f}"
