"""Batches out of folders of shards, alone or mixed with files of rows: drawn in order, decoded when they are due.

The data are divided among as many streams as a step has batches; batch i is the next of stream i modulo that number.
So it is the same whoever makes it: neither workers nor the number of processes change anything, and a run resumes
to the sample from the states of its streams.
"""

import logging
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch.utils.data import Dataset

from afnext.base.errors import ConversationError
from afnext.base.progress import Tell, silent
from afnext.data.batch import Batch
from afnext.data.groups import Group, Member, Speller
from afnext.data.mixture import Term
from afnext.data.rows import read_rows
from afnext.data.shards import energon

_log = logging.getLogger(__name__)

LOOKED_AT = 256
"""Samples of a set from which its size is estimated."""
FILLED = 0.97
"""Share of a batch that is taken to be filled."""


class ShardFeed(Dataset[Batch]):
    """Batches by what ``draws`` gives; by number, those of one stream from the beginning, to measure on.

    Args:
        mixture: folders of shards and files of rows, with their weights: how many times the recordings of each pass in
            an epoch, on average.
        speller, seed, tell: as of ``RowFeed``.

    Raises:
        ConversationError: a folder is not whole, or nothing that was looked at in a set can be learnt from.
        MissingToolError: megatron-energon is not installed.
    """

    def __init__(self, mixture: Sequence[Term], speller: Speller, *, seed: int, tell: Tell = silent) -> None:
        self._energon = energon()
        self.speller, self.seed = speller, seed
        self.sources = list[tuple[Any, float]]()
        self.pass_tokens = 0.0
        for done, term in enumerate(mixture):
            tell("Looking into shards", done, len(mixture))
            rows = None if Path(term.path).is_dir() else read_rows(term.path)
            source = self._energon.Source(term.path, rows)
            self.sources.append((source, term.weight))
            self.pass_tokens += term.weight * self._estimate(source)
        self._streams = dict[int, Any]()
        self._resumed: Mapping[str, Any] = {}
        self._fixed = list[tuple[Group, ...]]()
        self._fetching: tuple[int, Any] | None = None

    def __getitem__(self, which: "int | tuple[Group, ...]") -> Batch:
        """The batch of these groups, or number ``which`` of those to measure on."""
        if isinstance(which, int):
            which = self._numbered(which)
        return self.speller.batch(which, self._fetch)

    def draws(self, steps: Sequence[Sequence[int]], start: int, accumulate: int) -> Iterator[tuple[Group, ...]]:
        """What ``__getitem__`` takes, for the batches that ``steps`` name by number, from step ``start`` on.

        Args:
            steps: numbers of batches; step s has some of ``s * accumulate`` to ``(s + 1) * accumulate - 1``.
            start: steps before.
            accumulate: batches of a step: as many streams divide the data.

        Raises:
            ConversationError: there are fewer samples than streams, or a shard cannot be read.
            CheckpointError: what was given to ``resume`` is of other data.
        """
        samples = sum(len(source) for source, _ in self.sources)
        if samples < accumulate:
            raise ConversationError(
                f"{samples} samples for accumulate {accumulate}", expected="at least as many", do="lower accumulate"
            )
        wanted = sorted({number % accumulate for numbers in steps for number in numbers})
        self._streams = {number: self._stream(number, accumulate) for number in wanted}
        for number, stream in self._streams.items():
            if str(number) in self._resumed:
                stream.restore(self._resumed[str(number)], start)
            else:
                for _ in range(start):
                    stream.draw()
        for numbers in steps:
            drawn = {number: stream.draw() for number, stream in self._streams.items()}
            yield from (drawn[number % accumulate] for number in numbers)

    def state(self, step: int) -> dict[str, Any]:
        """Where the streams drawn from here are after ``step`` steps, by number, for JSON."""
        return {str(number): stream.state(step) for number, stream in self._streams.items()}

    def resume(self, states: Mapping[str, Any]) -> None:
        """Begin the next ``draws`` from these, of all processes."""
        self._resumed = states

    def batches(self, epochs: float) -> int:
        """About how many batches ``epochs`` passes over the mixture are."""
        return max(1, round(epochs * self.pass_tokens / (FILLED * self.speller.tokens)))

    def efficiency(self, batches: int = 100) -> float:
        """Share of a batch that is filled, over the first ones of one stream."""
        stream = self._stream(0, 1)
        filled: int = sum(group.size for _ in range(batches) for group in stream.draw())
        return filled / (self.speller.tokens * batches)

    def __getstate__(self) -> dict[str, Any]:
        """What a worker process needs: it makes batches and draws none."""
        kept: dict[str, Any] = {"_streams": {}, "_fetching": None, "_resumed": {}, "_energon": None, "sources": []}
        return self.__dict__ | kept

    def _stream(self, number: int, count: int) -> Any:
        return self._energon.Stream(self.sources, self.speller, number, count, self.seed)

    def _numbered(self, number: int) -> tuple[Group, ...]:
        if number >= len(self._fixed):
            stream = self._stream(0, 1)
            self._fixed = [stream.draw() for _ in range(number + 1)]
        return self._fixed[number]

    def _fetch(self, member: Member) -> bytes:
        if self._fetching is None or self._fetching[0] != os.getpid():  # open files are not for two processes
            self._fetching = os.getpid(), energon().Members()
        data: bytes = self._fetching[1].fetch(member.folder, member.name)
        return data

    def _estimate(self, source: Any) -> float:
        """Tokens of one pass over ``source``."""
        found: list[Group] = source.some(self.speller, LOOKED_AT)
        lost = Counter(why.rpartition(": ")[2] for group in found for why in group.lost)
        if not any(group.talks for group in found):
            reasons = "; ".join(f"{n} {why}" for why, n in lost.items())
            raise ConversationError(
                f"{source.path} has no row to learn from, of those looked at: {reasons}", do="see rows.* in the recipe"
            )
        for why, number in lost.items():
            _log.warning(
                "%s: of the first %d rows looked at, %d are left out: %s", source.path, len(found), number, why
            )
        return sum(group.size for group in found) * len(source) / min(len(source), LOOKED_AT)
