"""MMAU and MMAR: sets of words.

Source: Sakshi113/MMAU ``evaluation.py`` (110127f), and the same function in ddlBoJack/MMAR ``code/evaluation.py``
(3bce090). Kept on purpose: word order and signs such as ``#`` do not count, so that a wrong option of the same words is
right; a right answer that shares a word with a wrong option ("the", "is", "a") is wrong; a bare letter is wrong; rows
without a prediction are left out of the total.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from afnext.scoring.mark import Mark, Row, place, predicted, take, texts
from afnext.scoring.options import normal, parse_option
from afnext.scoring.said import said

PREDICTIONS = ("prediction", "model_output", "answer_prediction", "model_prediction", "response")
"""Where predictions stand: MMAU's script reads ``model_output``, MMAR's ``answer_prediction``."""

_WORD = re.compile(r"\w+")


def words(text: str) -> frozenset[str]:
    r"""The set of ``\w+`` of the lower-cased text.

    >>> sorted(words("C# minor, 1.63 s"))
    ['1', '63', 'c', 'minor', 's']
    """
    return frozenset(_WORD.findall(text.lower()))


_option_words = lru_cache(maxsize=65_536)(words)


def matches(answer: str, prediction: str, choices: Sequence[str]) -> bool:
    """Whether all words of the answer are predicted, and no word that only other choices have.

    >>> matches("From far to near", "From near to far", ["From far to near", "From near to far"])
    True
    """
    heard, right = words(prediction), _option_words(answer)
    if not heard or not right <= heard:
        return False
    others = (_option_words(choice) for choice in choices)
    return all(heard.isdisjoint(other - right) for other in others if other != right)


def mark(row: Row) -> Mark:
    """Fields: ``answer``, ``choices``, and the prediction under one of ``PREDICTIONS``. Verdict: true or false."""
    answer = said(take(row, "answer", expected="the text of the right choice"))
    choices = texts(take(row, "choices", "options"), "choices")
    prediction, missing = predicted(row, *PREDICTIONS)
    right, note = place(answer, choices)
    if not any(name in row for name in PREDICTIONS):
        return Mark(None, parsed=0.0, unparsed=True, missing=True, options=choices, right=right, note=note)
    verdict = matches(answer, said(prediction), choices)
    option = parse_option(prediction, choices)
    parsed = float(option is not None and normal(choices[option]) == normal(answer))
    return Mark(
        verdict,
        float(verdict),
        parsed,
        unparsed=option is None,
        missing=missing,
        options=choices,
        right=right,
        note=note,
    )
