"""ClothoAQA as the Audio Flamingo line counts it: three annotators a question, three subsets.

Source: the maintainers in NVIDIA/audio-flamingo issue 6. *unanimous*: all three say yes or all three say no; right is
that word. *non-binary*: no annotator says yes or no; right is any of the three answers. *numerical*: those of them in
which all three are numbers. Questions on which annotators disagree belong to none. Numbers of other papers score every
row of an annotator by itself, or another subset, and cannot be compared.
"""

from collections.abc import Sequence

from afnext.base.errors import ScoreError
from afnext.scoring.labels import NUMBERS, number_word
from afnext.scoring.mark import Mark, Row, predicted, take, texts
from afnext.scoring.options import normal, parse_option
from afnext.scoring.said import answer_of

BINARY = ("yes", "no")

_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred")
_TEENS = ("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_WORDS = frozenset((*NUMBERS, *_TEENS, *_TENS))


def subset(answers: Sequence[str]) -> str:
    """``unanimous``, ``non-binary``, ``numerical`` (which is part of non-binary), or "" for none.

    >>> [subset(answers) for answers in (["yes"] * 3, ["yes", "no", "yes"], ["dog", "dog", "cat"], ["two", "2", "3"])]
    ['unanimous', '', 'non-binary', 'numerical']
    """
    plain = [normal(answer) for answer in answers]
    if len(set(plain)) == 1 and plain[0] in BINARY:
        return "unanimous"
    if not plain or any(answer in BINARY for answer in plain):
        return ""
    return "numerical" if all(_is_number(answer) for answer in plain) else "non-binary"


def hits(prediction: object, answers: Sequence[str]) -> bool:
    """Whether the prediction is one of the three answers; "two" is "2", a full stop and case do not count."""
    said = " ".join(number_word(word) for word in normal(answer_of(prediction)).split())
    return bool(said) and any(said == " ".join(map(number_word, normal(answer).split())) for answer in answers)


def mark(row: Row) -> Mark:
    """Fields: ``answers`` (three texts), ``prediction``. Verdict: ``{"subset", "correct"}``; both null outside all."""
    answers = texts(take(row, "answers", expected="answers, those of the three annotators"), "answers")
    if not answers:
        raise ScoreError("no answers", expected="those of the three annotators")
    prediction, missing = predicted(row, "prediction", "response", "model_output", "output")
    kind = subset(answers)
    if not kind:
        return Mark({"subset": None, "correct": None}, known=False, missing=missing)
    exact = hits(prediction, answers)
    option = parse_option(prediction, BINARY if kind == "unanimous" else list(dict.fromkeys(answers)))
    parsed = exact or (option is not None and (kind != "unanimous" or BINARY[option] == normal(answers[0])))
    right = BINARY.index(normal(answers[0])) if kind == "unanimous" else None
    return Mark(
        {"subset": kind, "correct": exact},
        float(exact),
        float(parsed),
        unparsed=option is None and not exact,
        missing=missing,
        options=BINARY if right is not None else (),
        right=right,
    )


def _is_number(text: str) -> bool:
    words = [number_word(word) for word in text.split()]
    return len(words) == 1 and (
        number_word("0") == words[0] or words[0] in _WORDS or words[0].replace(".", "").isdigit()
    )
