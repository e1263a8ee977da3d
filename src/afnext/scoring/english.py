"""Whisper's normalisers of text, English and basic, from their description.

Source: openai/whisper ``whisper/normalizers`` (20250625), Radford et al. 2022, appendix C. The steps of ``english``, in
order: lower case; ``[..]``, ``<..>`` and ``(..)`` away; fillers away; no blank before an apostrophe; contractions and
titles; commas within numbers and full stops that no digit follows away; symbols and diacritics; number words as digits;
British spellings as American; stray currency signs and per cent signs away; single blanks.

The package ``whisper-normalizer`` is not the same any more: since 0.1.x it also rewrites kinda, sorta, dunno and cause.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

from afnext.scoring.english_numbers import standardise_numbers

FILLERS = ("hmm", "mm", "mhm", "mmm", "uh", "um")
_SPELT_OUT = {
    "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "ß": "ss", "ẞ": "SS", "đ": "d", "Đ": "D",
    "ð": "d", "Ð": "D", "þ": "th", "Þ": "th", "ł": "l", "Ł": "L",
}  # fmt: skip
"""Letters that Unicode does not take apart into a letter and a mark."""
KEPT = frozenset(".%$¢€£")

_WORDS = {
    "won't": "will not", "can't": "can not", "let's": "let us", "ain't": "aint", "y'all": "you all",
    "wanna": "want to", "gotta": "got to", "gonna": "going to", "i'ma": "i am going to", "imma": "i am going to",
    "woulda": "would have", "coulda": "could have", "shoulda": "should have", "ma'am": "madam",
}  # fmt: skip
_TITLES = {
    "mr": "mister", "mrs": "missus", "st": "saint", "dr": "doctor", "prof": "professor", "capt": "captain",
    "gov": "governor", "ald": "alderman", "gen": "general", "sen": "senator", "rep": "representative",
    "pres": "president", "rev": "reverend", "hon": "honorable", "asst": "assistant", "assoc": "associate",
    "lt": "lieutenant", "col": "colonel", "jr": "junior", "sr": "senior", "esq": "esquire",
}  # fmt: skip
ENDINGS = {
    "'d been": " had been", "'s been": " has been", "'d gone": " had gone", "'s gone": " has gone",
    "'d done": " had done", "'s got": " has got", "n't": " not", "'re": " are", "'s": " is", "'d": " would",
    "'ll": " will", "'t": " not", "'ve": " have", "'m": " am",
}  # fmt: skip
Replacement = tuple[re.Pattern[str], str, str]
"""A pattern, a part of it that tells quickly whether it can match at all, and what is written in its place."""


def replacements(endings: Mapping[str, str]) -> tuple[Replacement, ...]:
    """What is applied one after the other: words, titles, and then ``endings``."""
    return (
        *((re.compile(rf"\b{word}\b"), word, full) for word, full in _WORDS.items()),
        *((re.compile(rf"\b{title}\b"), title, f"{full} ") for title, full in _TITLES.items()),
        *((re.compile(rf"{ending}\b"), ending, full) for ending, full in endings.items()),
    )


REPLACED = replacements(ENDINGS)


def english(text: str) -> str:
    """``text`` as Whisper's ``EnglishTextNormalizer`` gives it. A blank may be left at either end.

    >>> english("Dr. O'Brien's colour TV cost twenty-one dollars, um, didn't it?")
    'doctor 0 brien is color tv cost $21 did not it'
    """
    plain = standardise_numbers(without_symbols_and_diacritics(spelt_out(text), KEPT))
    spellings = british()
    return finished(" ".join(spellings.get(word, word) for word in plain.split()))


def spelt_out(text: str, fillers: Sequence[str] = FILLERS, replaced: Sequence[Replacement] = REPLACED) -> str:
    """The first steps: lower case, brackets, fillers, contractions and titles, commas and full stops."""
    text = _without_brackets(text.lower())
    text = re.sub(rf"\b({'|'.join(fillers)})\b", "", text)
    text = re.sub(r"\s+'", "'", text)
    for pattern, part, full in replaced:
        if part in text:
            text = pattern.sub(full, text)
    text = re.sub(r"(\d),(\d)", r"\1\2", text)
    return re.sub(r"\.([^0-9]|$)", r" \1", text)


def finished(text: str) -> str:
    """The last steps: signs that belong to no number away, single blanks."""
    text = re.sub(r"[.$¢€£]([^0-9])", r" \1", text)
    text = re.sub(r"([^0-9])%", r"\1 ", text)
    return re.sub(r"\s+", " ", text)


def basic(text: str) -> str:
    """``text`` as Whisper's ``BasicTextNormalizer`` gives it: for languages other than English.

    >>> basic("¿Qué tal? [ruido]").strip()
    'qué tal'
    """
    text = _without_brackets(text.lower())
    kept = unicodedata.normalize("NFKC", text)
    text = "".join(" " if unicodedata.category(character)[0] in "MSP" else character for character in kept)
    return re.sub(r"\s+", " ", text.lower())


def without_symbols_and_diacritics(text: str, kept: frozenset[str] = frozenset()) -> str:
    """Marks, signs and punctuation as blanks, letters without their diacritics; ``kept`` stay."""
    if text.isascii():
        return "".join(map(_ascii(kept).__getitem__, text))
    return "".join(_plain(character, kept) for character in unicodedata.normalize("NFKD", text))


def _plain(character: str, kept: frozenset[str]) -> str:
    if character in kept:
        return character
    if character in _SPELT_OUT:
        return _SPELT_OUT[character]
    category = unicodedata.category(character)
    if category == "Mn":
        return ""
    return " " if category[0] in "MSP" else character


@lru_cache(maxsize=4)
def _ascii(kept: frozenset[str]) -> dict[str, str]:
    return {chr(code): _plain(chr(code), kept) for code in range(128)}


def _without_brackets(text: str) -> str:
    text = re.sub(r"[<\[][^>\]]*[>\]]", "", text)
    return re.sub(r"\(([^)]+?)\)", "", text)


@lru_cache(maxsize=1)
def british() -> dict[str, str]:
    """British spelling -> American spelling."""
    lines = files("afnext.scoring").joinpath("data/spellings.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if not line.startswith("#"))
    return {pair[0]: pair[1] for pair in pairs}
