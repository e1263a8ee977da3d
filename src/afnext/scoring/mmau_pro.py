"""MMAU-Pro: closed questions, and its overall score. Instruction following is in ``mmau_pro_checks``.

Source: sonalkum/MMAUPro ``evaluate_mmau_pro_comprehensive.py`` (960e93a). Closed questions: the choice whose
NV-Embed-v2 embedding is nearest to the prediction's is taken, whatever was said, so that a letter is embedded as a
letter and an empty answer chooses something; rows with fewer than two choices are left out. That model is
non-commercial and does not load in current transformers, so any embedder can be given; without one the option parser
decides.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

from afnext.scoring.mark import Mark, Row, place, predicted, take, texts
from afnext.scoring.options import normal, parse_option
from afnext.scoring.said import said

NEUTRAL = 3.0
"""What the script takes for a criterion that the judge did not rate."""


class Embedder(Protocol):
    """Texts to vectors, such as a sentence embedder; they need not be normalised."""

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """A vector for each text, all of one length."""


def nearest(prediction: str, choices: Sequence[str], embedder: Embedder) -> int:
    """The index of the choice with the highest cosine similarity to ``prediction``, the first of equals."""
    mine, *others = embedder.embed([prediction, *choices])
    similar = [_cosine(mine, other) for other in others]
    return max(range(len(similar)), key=lambda index: (similar[index], -index))


def mark_closed(row: Row, embedder: Embedder | None = None) -> Mark:
    """Fields: ``answer``, ``choices``, a prediction. Verdict: the chosen text, or null.

    Without an embedder there is no official score: the parser chooses under every protocol, and a note says so.
    """
    answer = said(take(row, "answer"))
    choices = texts(take(row, "choices"), "choices")
    prediction, missing = predicted(row, "model_output", "prediction", "response", "output")
    if len(choices) < 2:
        return Mark(None, known=False, missing=missing, note="fewer than two choices: left out")
    option = parse_option(prediction, choices)
    chosen = option if embedder is None else nearest(said(prediction), choices, embedder)
    verdict = None if chosen is None else choices[chosen]
    right, note = place(answer, choices)
    if embedder is None and not note:
        note = "no embedder: the option parser chooses, under every protocol"
    return Mark(
        verdict,
        float(verdict == answer),
        float(option is not None and normal(choices[option]) == normal(answer)),
        unparsed=chosen is None,
        missing=missing,
        options=choices,
        right=right,
        note=note,
    )


def weighted(scores: Mapping[str, tuple[float, int]]) -> float:
    """The overall score from each category's (score from 0 to 1, number of rows): the mean weighted by rows.

    The script's open questions count as mean rating / 5, so that the worst possible answer gives 0.2.
    """
    total = sum(count for _, count in scores.values())
    return sum(score * count for score, count in scores.values()) / total if total else 0.0


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    norm = math.sqrt(math.fsum(x * x for x in one)) * math.sqrt(math.fsum(y * y for y in other))
    return math.fsum(x * y for x, y in zip(one, other, strict=True)) / norm if norm else 0.0
