"""Closed sets of labels: classification, MusicAVQA, audio entailment.

The Audio Flamingo line counts an exact match, or else the label nearest by AF-CLAP text embedding (the scheme of
Pengi), which its second paper shows to mis-score right answers and to reward a memorised label style. This is the
deterministic form: exact after normalising, else the one label that stands in the answer as whole words, else unparsed
and wrong. An embedder (``afnext.scoring.mmau_pro.Embedder``) can be given where the published scheme is wanted.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from afnext.scoring.mark import Mark, Row, place, predicted, take, texts
from afnext.scoring.options import normal, parse_option
from afnext.scoring.said import answer_of, said

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
ENTAILMENT = ("entailment", "neutral", "contradiction")


def read_label(prediction: object, labels: Sequence[str], synonyms: Mapping[str, str] | None = None) -> str | None:
    """The label that ``prediction`` names, or None. ``synonyms`` maps other names to labels.

    >>> read_label("It sounds like a street_car.", ["bus", "street car", "car"])
    'street car'
    """
    names = {**{label: label for label in labels}, **(synonyms or {})}
    index = parse_option(prediction, list(labels))
    if index is not None:
        return labels[index]
    found = parse_option(prediction, list(names))
    if found is not None:
        return list(names.values())[found]
    return None


def mark(row: Row) -> Mark:
    """Fields: ``label``, ``labels`` (the whole set), ``prediction``, perhaps ``synonyms``. Verdict: a label or null."""
    label = said(take(row, "label", "answer", expected="the right label"))
    labels = texts(take(row, "labels", "choices", expected="labels, all of the set"), "labels")
    return _marked(row, label, labels)


def mark_entailment(row: Row) -> Mark:
    """Fields: ``label`` (entailment, neutral or contradiction), ``prediction``. Verdict: the label or null.

    Source: microsoft/AudioEntailment, whose authors report F1 (``macro_f1``); the Audio Flamingo line reports accuracy.
    """
    return _marked(row, said(take(row, "label", "answer")).strip().lower(), ENTAILMENT)


def mark_musicavqa(row: Row) -> Mark:
    """Fields: ``anser`` (spelt so in the data) or ``answer``, ``prediction``. Verdict: true or false.

    Official: the same word, case and a final point aside. ``parsed`` also takes "2" for "two" and a word in a sentence.
    """
    answer = said(take(row, "anser", "answer"))
    prediction, missing = predicted(row, "prediction", "response", "model_output", "output")
    text = answer_of(prediction)
    verdict = bool(text) and text.lower().rstrip(".") == answer.strip().lower()
    words, right = [number_word(word) for word in normal(text).split()], number_word(normal(answer))
    parsed = right in words and not ({"yes", "no"} - {right}) & set(words)
    return Mark(verdict, float(verdict), float(parsed or verdict), unparsed=not text, missing=missing)


def number_word(word: str) -> str:
    """Digits from 0 to 10 as words; anything else as it is.

    >>> number_word("2"), number_word("tuba")
    ('two', 'tuba')
    """
    short = len(word) <= 2 and word.isascii() and word.isdigit()
    return NUMBERS[int(word)] if short and int(word) < len(NUMBERS) else word


def macro_f1(pairs: Sequence[tuple[str, str | None]], labels: Sequence[str] | None = None) -> float:
    """Unweighted mean over labels of F1, for pairs of the right label and the one read; 0 over no pairs.

    Without ``labels`` the mean is over every label that is right at least once.
    """
    names = labels if labels is not None else sorted({right for right, _ in pairs})
    given, read, both = (
        Counter(r for r, _ in pairs),
        Counter(r for _, r in pairs),
        Counter(r for r, s in pairs if r == s),
    )
    scores = [2 * both[name] / (given[name] + read[name]) if given[name] + read[name] else 0.0 for name in names]
    return sum(scores) / len(scores) if scores else 0.0


def _marked(row: Row, label: str, labels: Sequence[str]) -> Mark:
    prediction, missing = predicted(row, "prediction", "response", "model_output", "output")
    synonyms = row.get("synonyms")
    read = read_label(prediction, labels, synonyms if isinstance(synonyms, Mapping) else None)
    right, note = place(label, labels)
    correct = float(read is not None and normal(read) == normal(label))
    return Mark(
        read,
        correct,
        correct,
        unparsed=read is None,
        missing=missing,
        options=labels,
        right=right,
        note=note,
    )
