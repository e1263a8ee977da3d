"""Counting English sentences as NLTK's Punkt does, without NLTK.

Source: Kiss and Strunk 2006, "Unsupervised Multilingual Sentence Boundary Detection", section 4, with the published
English parameters (``data/punkt_english.txt``) and the reading of text of NLTK 3.9: a candidate is one of ``. ? !``
before white space or closing punctuation; whether it ends a sentence is decided from the words before and after it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

_NON_WORD = r"[)\";}\]*:@'({\[!?]"
_MANY = r"(?:-{2,}|\.{2,}|(?:\.\s){2,}\.)"
_CANDIDATE = re.compile(rf"[.?!](?=(?P<after>{_NON_WORD}|\s+(?P<next>\S+)))")
_TOKEN = re.compile(
    rf"{_MANY}|(?=[^(\"`{{\[:;&#*@)}}\]\-,])\S+?(?=\s|$|{_NON_WORD}|{_MANY}|,(?=$|\s|{_NON_WORD}|{_MANY}))|\S"
)
_CLOSING = re.compile(r"[\"')\]}]+?(?:\s+|(?=--)|$)", re.MULTILINE)
_NUMBER = re.compile(r"^-?[.,]?\d[\d,.\-]*\.?$")
_INITIAL = re.compile(r"[^\W\d]\.$")
_WHITE = " \t\n\r\x0b\x0c"
_MARKS = frozenset(";:,.!?")


@dataclass(frozen=True, slots=True)
class _Known:
    """The trained parameters: abbreviations, words that begin sentences, pairs, and how words are capitalised."""

    abbreviations: frozenset[str]
    starters: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    cases: dict[str, str]


def count_sentences(text: str) -> int:
    """How many sentences Punkt finds in ``text``.

    >>> count_sentences("Dr. Smith came at 5 p.m. yesterday. He left!"), count_sentences("")
    (2, 0)
    """
    return len(split_sentences(text))


def split_sentences(text: str) -> list[str]:
    """The sentences of ``text``, closing quotes and brackets with the sentence that they close."""
    spans: list[tuple[int, int]] = []
    begin = 0
    for candidate, context in _contexts(text):
        if _breaks(context):
            spans.append((begin, candidate.end()))
            begin = candidate.start("next") if candidate["next"] else candidate.end()
    spans.append((begin, len(text.rstrip())))
    return _realigned(text, spans)


def _contexts(text: str) -> list[tuple[re.Match[str], str]]:
    """Each candidate with the word before it and what comes after; of several in one word only the last."""
    found: list[tuple[re.Match[str], str]] = []
    word_start = word_end = 0
    held: re.Match[str] | None = None
    for candidate in _CANDIDATE.finditer(text):
        before = text[word_end : candidate.start()]
        space = max(before.rfind(white) for white in _WHITE)
        start = word_end + space + 1 if space > 0 else word_start
        if held is not None and word_end <= start:
            found.append((held, text[word_start:word_end] + held[0] + held["after"]))
        held, word_start, word_end = candidate, start, candidate.start()
    if held is not None:
        found.append((held, text[word_start:word_end] + held[0] + held["after"]))
    return found


def _breaks(context: str) -> bool:
    """Whether a sentence ends before the last token of ``context``."""
    tokens = [token for line in context.split("\n") for token in _TOKEN.findall(line)]
    return any(_ends(token, following) for token, following in pairwise(tokens))


def _ends(token: str, following: str) -> bool:
    """Whether ``token`` ends a sentence when ``following`` comes next."""
    known = _known()
    dots = re.match(r"\.\.+$", token) is not None
    stem = token[:-1].lower()
    period = token.endswith(".")
    short = period and not token.endswith("..") and len(token) > 1
    short = short and (stem in known.abbreviations or stem.rsplit("-", 1)[-1] in known.abbreviations)
    ends = token in (".", "?", "!") or (period and not token.endswith("..") and not short)
    if not period:
        return ends
    kind, next_kind = _kind(token), _kind(following)
    kind = kind[:-1] if len(kind) > 1 and kind.endswith(".") else kind
    if _is_break(following) and len(next_kind) > 1 and next_kind.endswith("."):
        next_kind = next_kind[:-1]
    if (kind, next_kind) in known.pairs:
        return False
    initial = _INITIAL.match(token) is not None
    starts = _starts(following, next_kind)
    if (short or dots) and not initial and (starts or (following[0].isupper() and next_kind in known.starters)):
        return True
    if initial or kind == "##number##":
        rare = starts is None and initial and following[0].isupper() and "l" not in known.cases.get(next_kind, "")
        if starts is False or rare:
            return False
    return ends


def _is_break(token: str) -> bool:
    """Whether ``token`` alone, by its type, ends a sentence."""
    if token in (".", "?", "!"):
        return True
    if not token.endswith(".") or token.endswith(".."):
        return False
    known, stem = _known(), token[:-1].lower()
    return stem not in known.abbreviations and stem.rsplit("-", 1)[-1] not in known.abbreviations


def _starts(token: str, kind: str) -> bool | None:
    """Whether ``token`` can begin a sentence, by how it is written elsewhere; None: it cannot be told."""
    if token in _MARKS:
        return False
    cases = _known().cases.get(kind, "")
    if token[0].isupper() and "l" in cases and "m" not in cases:
        return True
    if token[0].islower() and ("u" in cases or "b" not in cases):
        return False
    return None


def _kind(token: str) -> str:
    return _NUMBER.sub("##number##", token.lower())


def _realigned(text: str, spans: list[tuple[int, int]]) -> list[str]:
    sentences: list[str] = []
    moved = 0
    for number, (start, end) in enumerate(spans):
        start += moved
        moved = 0
        if number + 1 < len(spans):
            following = slice(*spans[number + 1])
            if closing := _CLOSING.match(text[following]):
                sentences.append(text[start : following.start + len(closing[0].rstrip())])
                moved = closing.end()
                continue
        if text[start:end]:
            sentences.append(text[start:end])
    return sentences


@lru_cache(maxsize=1)
def _known() -> _Known:
    lines = files("afnext.scoring").joinpath("data/punkt_english.txt").read_text(encoding="utf-8").splitlines()
    named = dict(line.partition("\t")[::2] for line in lines if not line.startswith("#"))
    return _Known(
        abbreviations=frozenset(named["abbreviations"].split("\t")),
        starters=frozenset(named["starters"].split("\t")),
        pairs=frozenset((pair.split("|")[0], pair.split("|")[1]) for pair in named["collocations"].split("\t")),
        cases={
            word: key.removeprefix("case:")
            for key, words in named.items()
            if key.startswith("case:")
            for word in words.split("\t")
        },
    )
