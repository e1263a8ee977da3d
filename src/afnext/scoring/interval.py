"""Means of scores with intervals that know that items share recordings.

Source: Miller 2024, "Adding Error Bars to Evals" (arXiv 2411.00640), section 2.2: the variance of a mean whose items
come in clusters is the sum over clusters of the squared sum of deviations, over n squared. The interval is Wilson's
with the number of items that would give this variance, so that it stays within 0 and 1 and is not empty where all are
right (Korn and Graubard 1998, for the effective number).
"""

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

Z = 1.959963984540054
"""Of a normal interval of 95 %."""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean of scores from 0 to 1.

    Attributes:
        value: the mean; NaN over no items.
        low: lower end of its 95 % interval.
        high: upper end.
        error: clustered standard error.
        items: how many scores.
        clusters: how many recordings they come from.
    """

    value: float
    low: float
    high: float
    error: float
    items: int
    clusters: int


def mean(scores: Sequence[float], clusters: Sequence[Hashable] | None = None) -> Mean:
    """The mean of ``scores`` with its interval; items of one value of ``clusters`` are taken to depend on each other.

    >>> found = mean([1, 1, 0, 0], ["a", "a", "b", "b"])
    >>> found.value, round(found.error, 4), found.clusters
    (0.5, 0.3536, 2)
    """
    n = len(scores)
    if not n:
        return Mean(math.nan, math.nan, math.nan, math.nan, 0, 0)
    value = math.fsum(scores) / n
    sums: dict[Hashable, float] = defaultdict(float)
    for number, score in enumerate(scores):
        sums[clusters[number] if clusters is not None else number] += score - value
    error = math.sqrt(math.fsum(deviation * deviation for deviation in sums.values())) / n
    effective = min(float(n), value * (1 - value) / error**2) if error > 1e-12 else float(len(sums))
    low, high = _wilson(min(1.0, max(0.0, value)), max(1.0, effective))
    return Mean(value, low, high, error, n, len(sums))


def _wilson(value: float, n: float) -> tuple[float, float]:
    centre = (value + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * math.sqrt(value * (1 - value) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return (max(0.0, centre - half) if value else 0.0), (min(1.0, centre + half) if value < 1 else 1.0)


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of sums, such as a word error rate; ``low`` and ``high`` are its 95 % interval."""

    value: float
    low: float
    high: float
    items: int
    clusters: int


def ratio(over: Sequence[float], under: Sequence[float], clusters: Sequence[Hashable] | None = None) -> Ratio:
    """Sum of ``over`` by sum of ``under``, at least 1, with the interval of a ratio estimator whose items cluster.

    The variance is that of ``mean``, of the residuals ``over - value * under``. The lower end is not below zero.

    >>> ratio([1, 0], [4, 4]).value
    0.125
    """
    total = max(1.0, math.fsum(under))
    value = math.fsum(over) / total
    sums: dict[Hashable, float] = defaultdict(float)
    for number, (top, bottom) in enumerate(zip(over, under, strict=True)):
        sums[clusters[number] if clusters is not None else number] += top - value * bottom
    half = Z * math.sqrt(math.fsum(deviation * deviation for deviation in sums.values())) / total
    return Ratio(value, max(0.0, value - half), value + half, len(over), len(sums))
