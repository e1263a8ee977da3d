"""Batches of a run in order, made ahead by workers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from afnext.data.batch import Batch
from afnext.data.shard_feed import ShardFeed


@dataclass(frozen=True)
class Share:
    """Which part of each step a process gets: number ``rank`` of ``size``."""

    rank: int = 0
    size: int = 1


def load(
    feed: Dataset[Batch], start: int, stop: int, *, accumulate: int = 1, share: Share | None = None, workers: int = 0
) -> Iterator[list[Batch]]:
    """The batches of steps ``start`` to ``stop``, ``accumulate`` a step.

    Batch i depends on i alone (of shards, on what its stream gave before), so that neither workers nor interruptions
    nor the number of processes change anything.

    Args:
        feed: gives batch number i.
        start, stop: steps.
        accumulate: batches of a step, of all shares together.
        share: which of them are given; all by default. It may be empty.
        workers: processes that make batches ahead; 0: they are made here, when they are due.
    """
    part = share or Share()
    mine = [
        [number for number in range(step * accumulate, (step + 1) * accumulate) if number % part.size == part.rank]
        for step in range(start, stop)
    ]
    order: Iterable[Any] = [number for numbers in mine for number in numbers]
    if isinstance(feed, ShardFeed):
        order = feed.draws(mine, start, accumulate)  # here; what is drawn is decoded by workers
    made = iter(
        DataLoader(
            feed,
            batch_size=None,
            sampler=order,
            num_workers=workers,
            prefetch_factor=4 if workers else None,
            worker_init_fn=_one_thread if workers else None,
        )
    )
    for numbers in mine:
        yield [next(made) for _ in numbers]


def _one_thread(_worker: int) -> None:
    torch.set_num_threads(1)
