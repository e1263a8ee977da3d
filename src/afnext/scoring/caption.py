"""CIDEr-D of captions, without Java.

Sources: Vedantam et al. 2015 (CIDEr), as computed by aac-metrics 0.6.0 and caption-evaluation-tools. n-grams of one to
four words; term frequencies are counts; document frequencies are of the references of *this* corpus, so that a part of
a data set scores otherwise than the whole; similarity takes the smaller of both weights, and is lowered by a Gaussian
of the difference in length, which is a difference of *bigram* counts. Corpus value: the mean over items, times ten.
There is no stemming. Words: lower case, with Penn Treebank's splits of contractions and without its punctuation.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence

from afnext.base.errors import ScoreError
from afnext.scoring.mark import Mark, Row, predicted, take, texts
from afnext.scoring.said import answer_of

ORDERS = (1, 2, 3, 4)
SIGMA = 6.0
PREDICTIONS = ("prediction", "response", "caption", "model_output", "output")

Grams = tuple[Counter[tuple[str, ...]], ...]
"""n-gram counts, an entry an order."""

_CONTRACTION = re.compile(r"(?<=\w)(n't|'(?:s|m|d|re|ve|ll))(?!\w)")
_TOKEN = re.compile(r"n't(?!\w)|'(?:s|m|d|re|ve|ll)(?!\w)|\w+(?:[-.'&/]\w+)*|[^\w\s]")
_PUNCTUATION = frozenset(["'", '"', "`", ".", "?", "!", ",", ":", ";", "-", "--", "...", "(", ")", "[", "]", "{", "}"])


def tokenize(text: str) -> list[str]:
    """Words of a caption.

    >>> tokenize("A dog's bark (loud), isn't it?")
    ['a', 'dog', "'s", 'bark', 'loud', 'is', "n't", 'it']
    """
    lowered = _CONTRACTION.sub(r" \1", text.lower().replace("’", "'"))
    return [token for token in _TOKEN.findall(lowered) if token not in _PUNCTUATION]


def cider_d(candidates: Sequence[str], references: Sequence[Sequence[str]]) -> list[float]:
    """The score of each candidate against its references, from 0 to 10; the corpus value is their mean.

    Raises:
        ScoreError: fewer than two items, for which every document frequency is trivial; or an item without references.
    """
    if len(candidates) < 2:
        raise ScoreError(f"CIDEr-D of {len(candidates)} item", expected="two or more: its weights come from the corpus")
    if not all(references):
        raise ScoreError("an item without reference captions", expected="one or more for each")
    told = [[_grams(reference) for reference in group] for group in references]
    seen = Counter(gram for group in told for gram in {g for grams in group for order in grams for g in order})
    most = math.log(len(candidates))
    idf = {gram: most - math.log(count) for gram, count in seen.items()}
    scores = []
    for candidate, group in zip(candidates, told, strict=True):
        grams = _weighed(_grams(candidate), idf, most)
        scores.append(sum(_similar(grams, _weighed(reference, idf, most)) for reference in group) / len(group) * 10)
    return scores


def captions(row: Row) -> tuple[str, list[str], bool]:
    """The prediction of a row, its reference captions, and whether the prediction is missing.

    Raises:
        ScoreError: no references.
    """
    references = texts(take(row, "references", "captions"), "references")
    if not references:
        raise ScoreError("no references", expected="one caption or more")
    prediction, missing = predicted(row, *PREDICTIONS)
    return answer_of(prediction), references, missing


def mark(row: Row) -> Mark:
    """Fields: ``references`` (captions), ``prediction``. Verdict: null, for the score is one of the whole file."""
    return Mark(None, known=False, missing=captions(row)[2])


def _grams(text: str) -> Grams:
    words = tokenize(text)
    return tuple(Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1)) for n in ORDERS)


Weighed = tuple[list[dict[tuple[str, ...], float]], list[float], int]
"""Weights and their norms, an entry an order; and the number of bigrams."""


def _weighed(grams: Grams, idf: dict[tuple[str, ...], float], most: float) -> Weighed:
    weights = [{gram: count * idf.get(gram, most) for gram, count in order.items()} for order in grams]
    norms = [math.sqrt(math.fsum(weight * weight for weight in order.values())) for order in weights]
    return weights, norms, grams[1].total()


def _similar(candidate: Weighed, reference: Weighed) -> float:
    penalty = math.exp(-((candidate[2] - reference[2]) ** 2) / (2 * SIGMA**2))
    total = 0.0
    for mine, theirs, norm, other in zip(candidate[0], reference[0], candidate[1], reference[1], strict=True):
        if norm and other:
            common = math.fsum(min(weight, theirs[g]) * theirs[g] for g, weight in mine.items() if g in theirs)
            total += common / (norm * other)
    return total * penalty / len(ORDERS)
