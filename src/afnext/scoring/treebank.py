"""Words as the Penn Treebank divides them, sentence by sentence: what NLTK's ``word_tokenize`` gives for English.

Source: Robert MacIntyre's tokenizer script for the Penn Treebank, with NLTK's later rules for quotes, dashes and stars.
Punctuation stands alone, except a full stop within a sentence; contractions are divided (is|n't, it|'s, can|not).
"""

import re

from afnext.scoring.sentences import split_sentences

_BEFORE_STOP = re.compile(r"([^.])(\.)([\]\)}>\"'»”’ ]*+)\s*$")
_STOP = re.compile(r"([^.])(\.)([\]\)}>\"']*)\s*$")
_STEPS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[«“‘„]|`+"), r" \g<0> "),
    (re.compile(r'^"'), "``"),
    (re.compile(r"``"), r" \g<0> "),
    (re.compile(r"([ (\[{<])(?:\"|'')"), r"\1 `` "),
    (re.compile(r"(?<!\w)'(?!(?:re|ve|ll|m|t|s|d|n)\b)(?=\w)", re.IGNORECASE), "' "),
    (_BEFORE_STOP, r"\1 \2 \3 "),
    (re.compile(r"([:,])(\D)"), r" \1 \2"),
    (re.compile(r"[:,]$"), r" \g<0> "),
    (re.compile(r"\.{2,}|[;@#$%&\u2012-\u2015]"), r" \g<0> "),
    (_STOP, r"\1 \2\3 "),
    (re.compile(r"[?!]"), r" \g<0> "),
    (re.compile(r"([^'])' "), r"\1 ' "),
    (re.compile(r"[*\]\[(){}<>]|--"), r" \g<0> "),
)
_CLOSING: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"[»”’]"), r" \g<0> "),
    (re.compile(r"''|\""), " '' "),
    (re.compile(r"\s+"), " "),
    (re.compile(r"([^' ])('[sSmMdD]|') "), r"\1 \2 "),
    (re.compile(r"([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) "), r"\1 \2 "),
    (re.compile(r"\b(can)(not)\b|\b(d)('ye)\b|\b(gim|lem)(me)\b|\b(gon)(na)\b|\b(got)(ta)\b|\b(more)('n)\b", re.I), ""),
    (re.compile(r"\b(wan)(na)(?=\s)", re.I), r" \1 \2 "),
)


def treebank_words(text: str) -> list[str]:
    """The words and marks of ``text``.

    >>> treebank_words("I CAN'T go, it's 3,000 km.")
    ['I', 'CA', "N'T", 'go', ',', 'it', "'s", '3,000', 'km', '.']
    """
    return [word for sentence in split_sentences(text) for word in _words(sentence)]


def _words(sentence: str) -> list[str]:
    for pattern, divided in _STEPS:
        sentence = pattern.sub(divided, sentence)
    sentence = f" {sentence} "
    for pattern, divided in _CLOSING:
        sentence = pattern.sub(divided or _halves, sentence)
    return sentence.split()


def _halves(match: re.Match[str]) -> str:
    return f" {' '.join(filter(None, match.groups()))} "
