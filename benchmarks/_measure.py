"""Marking answers about scenes, and how sure a figure is. Pure functions; the scripts beside this file use them.

Every figure here is a ratio of two sums over scenes: hits over claims, errors over words. So a scene's contribution is
a pair of numbers, and resampling scenes is resampling pairs.
"""

import re
from collections.abc import Callable, Sequence

import jiwer
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from afnext.dialogue.timestamps import Timed

COLLAR = 0.5
"""Seconds by which the time of an event may be wrong."""
SAMPLES = 2000
"""Resamplings behind an interval."""

Pair = tuple[Timed, Timed]
"""A true event and the named one that it is taken for."""
Fits = Callable[[Timed, Timed], bool]
"""Whether a named event may stand for a true one."""


def onset_fits(truth: Timed, named: Timed) -> bool:
    """The same label, and a start within ``COLLAR`` of the true one (the collar itself included)."""
    return plain(truth.text) == plain(named.text) and _near(truth.start, named.start)


def both_ends_fit(truth: Timed, named: Timed) -> bool:
    """The same label, and both a start and an end within ``COLLAR`` of the true ones."""
    return onset_fits(truth, named) and _near(truth.end, named.end)


def _near(true: float, named: float) -> bool:
    return abs(true - named) <= COLLAR + 1e-9


def pair(truth: Sequence[Timed], named: Sequence[Timed], fits: Fits) -> list[Pair]:
    """As many pairs as ``fits`` allows, each event in one at most; of several such ways the one that overlaps most."""
    if not truth or not named:
        return []
    most = min(len(truth), len(named))
    worth = np.array([[(1 + overlap(one, other) / (most + 1)) * fits(one, other) for other in named] for one in truth])
    rows, columns = linear_sum_assignment(worth, maximize=True)
    return [(truth[row], named[column]) for row, column in zip(rows, columns, strict=True) if worth[row, column]]


def overlap(one: Timed, other: Timed) -> float:
    """Seconds that both cover over seconds that either covers; 0 to 1."""
    shared = min(one.end, other.end) - max(one.start, other.start)
    either = max(one.end, other.end) - min(one.start, other.start)
    return max(0.0, shared) / either if either > 0 else 1.0


def f1_parts(
    truth: Sequence[Timed], named: Sequence[Timed], fits: Callable[[Timed, Timed], bool]
) -> tuple[float, float]:
    """Two parts whose ratio, summed over scenes, is F1: twice the hits, and what was true or claimed."""
    return 2.0 * len(pair(truth, named, fits)), float(len(truth) + len(named))


def overlap_parts(truth: Sequence[Timed], named: Sequence[Timed]) -> tuple[float, float]:
    """Summed overlap, and number, of the events whose label and onset are right."""
    pairs = pair(truth, named, onset_fits)
    return sum(overlap(one, other) for one, other in pairs), float(len(pairs))


def word_parts(truth: str, said: str) -> tuple[float, float]:
    """Word errors (substituted, left out, put in), and true words; case and punctuation do not count."""
    wanted = words(truth)
    result = jiwer.process_words(wanted, words(said))
    return float(result.substitutions + result.deletions + result.insertions), float(len(wanted.split()))


def words(text: str) -> str:
    """Lower-case words with one blank between them."""
    return " ".join(re.findall(r"[\w']+", text.casefold()))


def plain(text: str) -> str:
    """An answer without what does not matter: case, blanks, a full stop, an article in front."""
    return re.sub(r"^(?:the|an?) ", "", " ".join(text.casefold().split()).rstrip("."))


def ratio(parts: NDArray[np.float64]) -> float | None:
    """Sum of the first column of [scenes, 2] over that of the second; None if there is nothing to divide by."""
    above, below = parts.sum(axis=0)
    return float(above / below) if below else None


def interval(parts: NDArray[np.float64], seed: int = 0) -> tuple[float, float] | tuple[None, None]:
    """The 95 % interval of ``ratio``: percentiles over ``SAMPLES`` drawings of as many scenes, with replacement."""
    if ratio(parts) is None:
        return None, None
    rng = np.random.default_rng(seed)
    times = rng.multinomial(len(parts), np.full(len(parts), 1 / len(parts)), size=SAMPLES)  # each scene is drawn
    sums = times @ parts
    drawn = sums[sums[:, 1] > 0]
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], (0.025, 0.975))
    return float(low), float(high)
