"""A bank: sources made once, kept as 16-bit sound in memory-mapped files, and drawn at training speed.

bank/
    index.json      what every source is, and where it lies
    000.npy ...     the sources of one shard one behind the other, int16 [samples]
"""

import os
from bisect import bisect_right
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError, field_validator

from afnext.base.config import Frozen
from afnext.base.errors import SceneError
from afnext.base.files import replacing
from afnext.scenes.music.phrases import play_many
from afnext.scenes.scene import KINDS, Kind
from afnext.scenes.sources import (
    LABELS,
    SPEECH_LABELS,
    Samples,
    Source,
    describe_phrase,
    draw_phrase,
    make_sound,
    make_speech,
)
from afnext.scenes.tools import PACKAGES, need, sound_font
from afnext.scenes.worlds import World

FULL_SCALE = 32767
SHARD_SENTENCES = 250
"""Sentences of one shard: about 20 MB, so that building needs little memory."""

Progress = Callable[[int, int], None]
"""Called with how many sources are done, and how many there will be."""


class BankSize(Frozen):
    """How many sources of each kind a bank holds."""

    variants: int = Field(default=100, ge=1)
    """Of each kind of sound."""
    sounds: tuple[str, ...] | None = None
    """Labels of the sounds; None: every kind there is."""
    sentences: int = Field(default=4000, ge=2)
    """Of all voices together, half of them by men."""
    phrases: int = Field(default=60, ge=1)
    """Of each instrument."""

    @field_validator("sounds")
    @classmethod
    def _known(cls, sounds: tuple[str, ...] | None) -> tuple[str, ...] | None:
        unknown = sorted(set(sounds or ()) - set(LABELS["sound"]))
        if unknown:
            raise ValueError(f"no sound is called {unknown[0]!r}")
        return sounds


class BankIndex(Frozen):
    """The file ``index.json``."""

    version: Literal[1] = 1
    world: World
    seed: int
    size: BankSize
    shards: tuple[Annotated[str, Field(pattern=r"^[0-9]+\.npy$")], ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Shard:
    """The sources that one file will hold: ``count`` of one label, numbered from ``first``."""

    number: int
    kind: Kind
    label: str
    first: int
    count: int


class Bank:
    """A :class:`~afnext.scenes.sources.Sources` that reads what :func:`build` wrote."""

    def __init__(self, folder: Path, index: BankIndex, shards: tuple[NDArray[np.int16], ...]) -> None:
        self.folder = folder
        self.index = index
        self._shards = shards
        self._of_label: dict[tuple[Kind, str], list[Source]] = {}
        for source in sorted(index.sources, key=lambda source: source.length):
            self._of_label.setdefault((source.kind, source.label), []).append(source)
        self._labels = {kind: [label for of, label in self._of_label if of == kind] for kind in KINDS}

    def __reduce__(self) -> tuple[Callable[[Path], "Bank"], tuple[Path]]:
        """Another process opens the files anew instead of being sent their contents."""
        return Bank.open, (self.folder,)

    @property
    def world(self) -> World:
        """The world that every source belongs to."""
        return self.index.world

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> "Bank":
        """Open the bank in ``folder``; sound is read from disk as it is needed.

        Raises:
            SceneError: a file is missing, or does not hold what a bank holds.
        """
        root = Path(folder)
        try:
            index = BankIndex.model_validate_json((root / "index.json").read_bytes(), strict=True)
        except OSError as error:
            raise SceneError(f"{root} is not a bank: index.json: {error.strerror}", do="build one there") from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "file"
            raise SceneError(f"{root / 'index.json'}: {place}: {first['msg']}", do="build the bank again") from error
        shards = tuple(_open_shard(root / name) for name in index.shards)
        for source in index.sources:
            shard, offset = source.address
            if not (0 <= shard < len(shards) and offset >= 0 and 0 < source.length <= len(shards[shard]) - offset):
                raise SceneError(
                    f"{root / 'index.json'}: {source.source!r} lies outside its shard", do="build the bank again"
                )
        return cls(root, index, shards)

    def draw(self, rng: np.random.Generator, kind: Kind, label: str | None, longest: int) -> Source | None:
        """See :class:`~afnext.scenes.sources.Sources`. Labels are equally likely, and so are the sources of a label."""
        if label is None:
            labels = self._labels[kind]
            label = labels[int(rng.integers(len(labels)))]
        of_label = self._of_label.get((kind, label), [])
        fitting = (
            len(of_label) if longest is None else bisect_right(of_label, longest, key=lambda source: source.length)
        )
        return of_label[int(rng.integers(fitting))] if fitting else None

    def load(self, source: Source) -> Samples:
        """The samples of ``source``, peak 1; [length]."""
        shard, offset = source.address
        return self._shards[shard][offset : offset + source.length] * np.float32(1 / FULL_SCALE)


def _open_shard(path: Path) -> NDArray[np.int16]:
    try:
        shard = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise SceneError(f"{path}: not a shard of a bank: {error}", do="build the bank again") from error
    if shard.dtype != np.int16 or shard.ndim != 1:
        raise SceneError(
            f"{path} holds {shard.dtype} {shard.shape}", expected="int16 [samples]", do="build the bank again"
        )
    return np.asarray(shard)


def build(
    folder: str | os.PathLike[str],
    world: World,
    seed: int,
    size: BankSize | None = None,
    *,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Bank:
    """Make every source of a bank in ``folder`` and open it. A bank that is there is replaced in the end.

    Args:
        folder: where it goes.
        world: which voices, patches and parameter ranges are used.
        seed: the same seed gives the same bank, whatever the number of workers.
        size: how much of everything.
        progress: called after every source.
        workers: threads; they wait for the programs that speak, so that all cores are used. Default: one for each core.

    Raises:
        MissingToolError: a program that speaks or plays is not installed; told before anything is made.
    """
    size = size or BankSize()
    for program in PACKAGES:
        need(program)
    sound_font()
    shards = list(_plan(size))
    total = sum(shard.count for shard in shards)
    done, sources = 0, list[Source]()
    with replacing(folder, folder=True) as draft, ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        for shard in shards:
            parts: list[Samples] = []
            offset = 0
            for source, samples in _make(shard, world, seed, pool):
                sources.append(replace(source, address=(shard.number, offset)))
                parts.append(np.round(samples * FULL_SCALE).astype(np.int16))
                offset += len(samples)
                done += 1
                if progress:
                    progress(done, total)
            np.save(draft / f"{shard.number:03d}.npy", np.concatenate(parts), allow_pickle=False)
        names = tuple(f"{shard.number:03d}.npy" for shard in shards)
        index = BankIndex(world=world, seed=seed, size=size, shards=names, sources=tuple(sources))
        (draft / "index.json").write_text(index.model_dump_json(), encoding="utf-8")
    return Bank.open(folder)


def _plan(size: BankSize) -> Iterator[Shard]:
    number = 0
    labels = LABELS | {"sound": LABELS["sound"] if size.sounds is None else size.sounds}
    counts = {"sound": size.variants, "speech": size.sentences // len(SPEECH_LABELS), "music": size.phrases}
    for kind in KINDS:
        for label in labels[kind]:
            count = counts[kind]
            step = SHARD_SENTENCES if kind == "speech" else count
            for first in range(0, count, step):
                yield Shard(number, kind, label, first, min(step, count - first))
                number += 1


def _make(shard: Shard, world: World, seed: int, pool: ThreadPoolExecutor) -> Iterator[tuple[Source, Samples]]:
    """The sources of ``shard`` in order; each has a generator of its own, so that the order of work does not matter."""
    label = (KINDS.index(shard.kind), LABELS[shard.kind].index(shard.label))
    generators = [np.random.default_rng((seed, *label, shard.first + item)) for item in range(shard.count)]
    nowhere = (0, 0)
    if shard.kind == "sound":
        return (make_sound(world, shard.label, rng, nowhere) for rng in generators)
    if shard.kind == "speech":
        return pool.map(lambda rng: make_speech(world, shard.label, rng, nowhere), generators)
    drawn = [draw_phrase(world, shard.label, rng) for rng in generators]
    played = zip(drawn, play_many(drawn), strict=True)
    return (describe_phrase(phrase, sound, nowhere) for phrase, sound in played)
