"""Whether two runs over the same items differ: paired tests.

``mcnemar`` is exact, for right and wrong without clusters (McNemar 1947, the binomial form). ``permutation`` is for
any scores, with items of one recording kept together: under the null either run could have made any recording's
scores, so the signs of the recordings' differences are drawn anew (Good 2005, chapter 3; for language models Dror et
al. 2018). All assignments are tried where they are few, otherwise as many as asked for are drawn from the seed.
"""

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from afnext.base.errors import ScoreError

EXACT = 14
"""Recordings that differ up to which every assignment of signs is tried."""
DRAWS = 10_000
_CHUNK = 256


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean difference of paired scores (second minus first) and its two-sided p-value.

    ``clusters`` is the number of recordings whose scores differ; ``exact`` tells whether all assignments were tried.
    """

    value: float
    p: float
    items: int
    clusters: int
    exact: bool


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> float:
    """The two-sided exact p-value that both runs are right equally often.

    >>> mcnemar([True] * 5 + [False] * 5, [False] * 10)
    0.0625

    Raises:
        ScoreError: runs of different length.
    """
    _check(first, second)
    only_first = sum(a and not b for a, b in zip(first, second, strict=True))
    only_second = sum(b and not a for a, b in zip(first, second, strict=True))
    n, least = only_first + only_second, min(only_first, only_second)
    tail = sum(math.comb(n, k) for k in range(least + 1))
    return min(1.0, float(Fraction(2 * tail, 2**n)))


def permutation(
    first: Sequence[float],
    second: Sequence[float],
    clusters: Sequence[Hashable] | None = None,
    *,
    seed: int = 0,
    draws: int = DRAWS,
) -> Difference:
    """The sign-flip test of paired scores, recordings (``clusters``) kept together.

    Raises:
        ScoreError: runs of different length.
    """
    _check(first, second)
    sums: dict[Hashable, float] = defaultdict(float)
    for number, (a, b) in enumerate(zip(first, second, strict=True)):
        sums[clusters[number] if clusters is not None else number] += b - a
    steps = np.array([step for step in sums.values() if abs(step) > 1e-12])
    observed = abs(float(steps.sum()))
    exact = len(steps) <= EXACT
    if exact:
        codes = np.arange(2 ** len(steps))[:, None] >> np.arange(len(steps)) & 1
        reached = int(np.count_nonzero(np.abs((2 * codes - 1) @ steps) >= observed - 1e-9))
        p = reached / len(codes)
    else:
        rng = np.random.default_rng(seed)
        reached = 0
        for begin in range(0, draws, _CHUNK):
            signs = 2 * rng.integers(0, 2, (min(_CHUNK, draws - begin), len(steps)), dtype=np.int8) - 1
            reached += int(np.count_nonzero(np.abs(signs @ steps) >= observed - 1e-9))
        p = (reached + 1) / (draws + 1)
    value = (math.fsum(second) - math.fsum(first)) / len(first) if first else 0.0
    return Difference(value, p, len(first), len(steps), exact)


def _check(first: Sequence[object], second: Sequence[object]) -> None:
    if len(first) != len(second):
        raise ScoreError(f"runs of {len(first)} and {len(second)} items", expected="the same items in both")
