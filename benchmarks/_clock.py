"""Times of two programs taken in turn, and what the machine could do at best. The scripts beside this file use them."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch

Clock = Callable[[], float]
"""``time.perf_counter``, or ``time.process_time`` where other programs keep the machine busy and one thread is used."""


@dataclass(frozen=True)
class Comparison:
    """A figure of ours beside the peer's."""

    ours: float
    peer: float
    unit: str
    higher_is_better: bool = False

    @property
    def ratio(self) -> float:
        """How many times better ours is; above 1 it is."""
        return self.ours / self.peer if self.higher_is_better else self.peer / self.ours

    def to_dict(self) -> dict[str, Any]:
        """The fields of ``--json``."""
        return {"ours": self.ours, "peer": self.peer, "ratio": self.ratio, "unit": self.unit}


def seconds(work: Callable[[], object], clock: Clock = time.perf_counter) -> float:
    """How long ``work`` takes once."""
    start = clock()
    work()
    return clock() - start


def per_second(times: Sequence[float]) -> float:
    """Steps a second, by the median time between two."""
    return 1 / statistics.median(after - before for before, after in pairwise(times))


def in_turn(
    ours: Callable[[], float], peer: Callable[[], float], rounds: int, *, warm: bool = True
) -> tuple[float, float]:
    """Medians of ``rounds`` figures each, taken alternately; who begins changes.

    A first round does not count, and is left out where ``warm`` is false, because both have been called already.
    """
    if warm:
        ours(), peer()
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for who in (0, 1) if number % 2 else (1, 0):
            taken[who].append((ours, peer)[who]())
    return statistics.median(taken[0]), statistics.median(taken[1])


def race(ours: Callable[[], object], peer: Callable[[], object], rounds: int, clock: Clock) -> Comparison:
    """Median seconds of two works that take turns."""
    return Comparison(*in_turn(lambda: seconds(ours, clock), lambda: seconds(peer, clock), rounds), unit="s")


def matmul_rate(clock: Clock, size: int = 1024, rounds: int = 7, dtype: torch.dtype = torch.float32) -> float:
    """Floating-point operations a second of the best of ``rounds`` square products, as linear layers multiply."""
    a, b = torch.randn(size, size).to(dtype), torch.randn(size, size).to(dtype).t()
    out = torch.empty(size, size, dtype=dtype)
    return 2 * size**3 / min(seconds(lambda: torch.mm(a, b, out=out), clock) for _ in range(rounds + 1))


def read_rate(clock: Clock, megabytes: int = 256, rounds: int = 7) -> float:
    """Bytes a second at which a float32 matrix larger than any cache meets a vector, the best of ``rounds``."""
    matrix = torch.ones(megabytes * 256, 1024)
    vector, out = torch.ones(1024), torch.empty(megabytes * 256)
    return matrix.nbytes / min(seconds(lambda: torch.mv(matrix, vector, out=out), clock) for _ in range(rounds + 1))
