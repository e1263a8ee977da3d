"""Where the sources of a folder of scenes come from."""

import math
import shutil
from pathlib import Path

from afnext.base.files import sweep
from afnext.base.progress import Tell
from afnext.scenes.bank import Bank, BankSize, build
from afnext.scenes.sources import LABELS, Sources
from afnext.scenes.worlds import World

EVENTS_AN_HOUR = 1100
"""Roughly, at the default difficulty: by it a bank is made as large as it is needed."""


class Workshop:
    """The sources that are given, or a bank in the folder that is made when it is first needed.

    Leaving it well removes the bank, and what killed runs have left; after an interruption the bank stays, so that a
    later run need not make it again.

    Args:
        root: the folder.
        world: of the sources.
        seed: of the bank.
        hours: how much is to be made of it.
        sources: those that are given.
        progress: told of the stage "sources".
    """

    def __init__(
        self,
        root: Path,
        *,
        world: World,
        seed: int,
        hours: float,
        sources: Sources | None = None,
        progress: Tell | None = None,
    ) -> None:
        self._root = root
        self._folder = root / ".bank"
        self._wanted = (world, seed, _size(hours))
        self._sources = sources
        self._progress = progress

    @property
    def sources(self) -> Sources:
        """The sources.

        Raises:
            MissingToolError: a program that speaks or plays is not installed.
            OutputError: the folder cannot be written to, or its disk is full.
        """
        if self._sources is None:
            self._sources = self._kept() or self._made()
        return self._sources

    def __enter__(self) -> "Workshop":
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            shutil.rmtree(self._folder, ignore_errors=True)
            sweep(self._root)

    def _kept(self) -> Bank | None:
        """The bank that an interrupted run has made, if it is the one."""
        if not self._folder.is_dir():
            return None
        bank = Bank.open(self._folder)
        return bank if (bank.index.world, bank.index.seed, bank.index.size) == self._wanted else None

    def _made(self) -> Bank:
        def tell(done: int, total: int) -> None:
            if self._progress:
                self._progress("sources", done, total)

        return build(self._folder, *self._wanted, progress=tell)


def _size(hours: float) -> BankSize:
    """About as many sources as so many hours need, and some of each."""
    events = hours * EVENTS_AN_HOUR
    return BankSize(
        variants=_between(2, events * 0.45 / len(LABELS["sound"]), 100),
        sentences=_between(12, events * 0.3, 4000),
        phrases=_between(2, events * 0.25 / len(LABELS["music"]), 60),
    )


def _between(low: int, number: float, high: int) -> int:
    return min(max(low, math.ceil(number)), high)
