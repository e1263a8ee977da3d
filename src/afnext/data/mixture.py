"""Which sets are learnt from, and how often each: ``songs.jsonl*0.5 + talks.jsonl*2``.

A weight is how many times the rows of a set pass in an epoch. With one of 0.5 each epoch has the half that the one
before left out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from afnext.base.errors import RecipeError

_TERM = re.compile(r"(?P<path>.+?)(?:\s*\*\s*(?P<weight>[0-9.]+))?")


@dataclass(frozen=True)
class Term:
    """A set of rows, by the path of its file, and its weight."""

    path: str
    weight: float = 1.0


def parse_mixture(text: str) -> tuple[Term, ...]:
    """``"a.jsonl*0.5 + b.jsonl"`` as terms. A plus sign between two sets has blanks around it.

    Raises:
        RecipeError: a term is empty, or a weight is no number above 0.
    """
    terms = []
    for part in re.split(r"\s\+\s", text.strip()):
        found = _TERM.fullmatch(part.strip())
        try:
            weight = float((found and found["weight"]) or 1.0)
        except ValueError:
            weight = 0.0
        if found is None or not 0 < weight < float("inf"):
            raise RecipeError(f"data {text!r}", expected="sets with weights, such as a.jsonl*0.5 + b.jsonl")
        terms.append(Term(found["path"], weight))
    return tuple(terms)


def epoch(sizes: Sequence[int], weights: Sequence[float], number: int, seed: int) -> NDArray[np.int64]:
    """The rows of epoch ``number``, in order: [n, 2], each a set and a row in it.

    A set's rows pass in one endless stream, every pass in an order of its own; an epoch takes the next ``weight``
    passes of it. All sets' shares are then shuffled together.
    """
    chosen = []
    for place, (size, weight) in enumerate(zip(sizes, weights, strict=True)):
        first, last = (int(np.floor(at * weight * size)) for at in (number, number + 1))
        passes = range(first // size, -(-last // size))
        stream = [np.random.default_rng((seed, 0, place, turn)).permutation(size) for turn in passes]
        mine = np.concatenate(stream)[first % size :][: last - first] if stream else np.empty(0, np.int64)
        chosen.append(np.stack([np.full(len(mine), place), mine], axis=1))
    whole = np.concatenate(chosen)
    return whole[np.random.default_rng((seed, 1, number)).permutation(len(whole))]
