"""Number words of English as digits, the way Whisper's normaliser writes them.

Source: the description of ``EnglishNumberNormalizer`` in openai/whisper (20250625). "twenty one" is 21, "one oh one"
101, "two point five million" 2500000, "three hundred dollars" $300, "nineteen sixties" 1960s; commas are gone before.
Kept on purpose: "o" alone is 0, numbers that follow each other without "and" are written together ("twelve thirteen"
is 1213), and one(s) stays a word.
"""

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction

_SMALL = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_THOUSANDS = (
    *("thousand", "million", "billion", "trillion", "quadrillion", "quintillion", "sextillion", "septillion"),
    *("octillion", "nonillion", "decillion"),
)

ZEROS = frozenset({"o", "oh", "zero"})
ONES: Mapping[str, int] = {word: number for number, word in enumerate(_SMALL, 1)}
TENS: Mapping[str, int] = {word: 10 * number for number, word in enumerate(_TENS, 2)}
MULTIPLIERS: Mapping[str, int] = {
    "hundred": 100,
    **{word: 1000**power for power, word in enumerate(_THOUSANDS, 1)},
}
_IRREGULAR = {"zeroth": (0, "th"), "first": (1, "st"), "second": (2, "nd"), "third": (3, "rd"), "fifth": (5, "th"),
              "twelfth": (12, "th")}  # fmt: skip
ONES_ENDING: Mapping[str, tuple[int, str]] = {
    **{"sixes" if word == "six" else f"{word}s": (number, "s") for word, number in ONES.items()},
    **_IRREGULAR,
    **{
        f"{word}h" if word.endswith("t") else f"{word}th": (number, "th")
        for word, number in ONES.items()
        if number not in (1, 2, 3, 5, 12)
    },
}
TENS_ENDING: Mapping[str, tuple[int, str]] = {
    **{word[:-1] + "ies": (number, "s") for word, number in TENS.items()},
    **{word[:-1] + "ieth": (number, "th") for word, number in TENS.items()},
}
MULTIPLIERS_ENDING: Mapping[str, tuple[int, str]] = {
    **{f"{word}s": (number, "s") for word, number in MULTIPLIERS.items()},
    **{f"{word}th": (number, "th") for word, number in MULTIPLIERS.items()},
}
SIGNS: Mapping[str, str] = {"minus": "-", "negative": "-", "plus": "+", "positive": "+"}
CURRENCIES: Mapping[str, str] = {
    word + ending: sign
    for word, sign in {"pound": "£", "euro": "€", "dollar": "$", "cent": "¢"}.items()
    for ending in ("", "s")
}
_PREFIXES = frozenset("-+£€$¢")
_PERCENT = frozenset({"per", "percent"})
_SPECIAL = frozenset({"and", "double", "triple", "point"})
_DECIMALS = ZEROS | ONES.keys() | TENS.keys()
_KNOWN = (
    _DECIMALS
    | ONES_ENDING.keys()
    | TENS_ENDING.keys()
    | MULTIPLIERS.keys()
    | MULTIPLIERS_ENDING.keys()
    | SIGNS.keys()
    | CURRENCIES.keys()
    | _PERCENT
    | _SPECIAL
)
_NUMBER = re.compile(r"\d+(\.\d+)?")
_LONGEST = 1000
"""Digits of what is still read as a number: Python converts no more than a few thousand."""


def standardise_numbers(text: str) -> str:
    """``text`` (lower case, no commas within numbers) with its numbers in digits.

    >>> standardise_numbers("twenty one dollars and seven cents in the nineteen sixties")
    '$21.07 in the 1960s'
    """
    words = _prepared(text).split()
    return _finished(" ".join(_Reader(words)))


class _Reader:
    """One pass over words: a number grows from word to word until something ends it.

    ``value`` is what has been read of it: an int that arithmetic still goes on with, or a str of digits that further
    digits are written behind.
    """

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.value: int | str | None = None
        self.prefix = ""

    def __iter__(self) -> Iterator[str]:
        skip = False
        for number, word in enumerate(self.words):
            if skip:
                skip = False
                continue
            before = self.words[number - 1] if number else None
            after = self.words[number + 1] if number + 1 < len(self.words) else None
            told, skip = self._read(word, before, after)
            yield from told
        yield from self._end()

    def _out(self, text: int | str) -> str:
        told = f"{self.prefix}{text}"
        self.value, self.prefix = None, ""
        return told

    def _end(self) -> list[str]:
        """What has been read so far, told."""
        return [] if self.value is None else [self._out(self.value)]

    def _read(self, word: str, before: str | None, after: str | None) -> tuple[list[str], bool]:
        """What is to be told at ``word``, and whether the word after it is used up."""
        bare = word[1:] if word[0] in _PREFIXES else word
        if _is_number(bare):
            return self._digits(word, bare), False
        if word not in _KNOWN:
            return [*self._end(), self._out(word)], False
        if word in ZEROS:
            self.value = f"{self.value or ''}0"
        elif word in ONES:
            self.value = self._with_ones(ONES[word], before)
        elif word in TENS:
            self.value = self._with(TENS[word], 100)
        elif word in ONES_ENDING:
            number, ending = ONES_ENDING[word]
            told = [self._out(f"{self._with_ones(number, before)}{ending}")]
            return told, False
        elif word in TENS_ENDING:
            number, ending = TENS_ENDING[word]
            return [self._out(f"{self._with(number, 100)}{ending}")], False
        elif word in MULTIPLIERS:
            return self._times(MULTIPLIERS[word]), False
        elif word in MULTIPLIERS_ENDING:
            return self._times_ending(*MULTIPLIERS_ENDING[word]), False
        else:
            return self._word_of_numbers(word, before, after)
        return [], False

    def _digits(self, word: str, bare: str) -> list[str]:
        told: list[str] = []
        if self.value is not None:
            if isinstance(self.value, str) and self.value.endswith("."):
                self.value += word  # decimals, or the parts of an address
                return told
            told = self._end()
        if word != bare:
            self.prefix = word[0]
        exact = Fraction(bare)
        self.value = exact.numerator if exact.denominator == 1 else bare
        return told

    def _with_ones(self, number: int, before: str | None) -> int | str:
        """``value`` and one to nineteen after it."""
        if self.value is None:
            return number
        if isinstance(self.value, str) or before in ONES:
            if before in TENS and number < 10:
                return f"{str(self.value)[:-1]}{number}"
            return f"{self.value}{number}"
        return self._with(number, 10 if number < 10 else 100)

    def _with(self, number: int, room: int) -> int | str:
        """``value`` plus ``number`` where its last digits are free for it, else the digits of both."""
        if self.value is None:
            return number
        if isinstance(self.value, str) or self.value % room:
            return f"{self.value}{number}"
        return self.value + number

    def _times(self, number: int) -> list[str]:
        told: list[str] = []
        if self.value is None:
            self.value = number
        elif isinstance(self.value, str) or self.value == 0:
            product = _product(self.value, number)
            if product is None:
                told = self._end()
                self.value = number
            else:
                self.value = product
        else:
            self.value = self.value // 1000 * 1000 + self.value % 1000 * number
        return told

    def _times_ending(self, number: int, ending: str) -> list[str]:
        if self.value is None:
            return [self._out(f"{number}{ending}")]
        if isinstance(self.value, str):
            product = _product(self.value, number)
            if product is None:
                return [self._out(self.value), self._out(f"{number}{ending}")]
            return [self._out(f"{product}{ending}")]
        return [self._out(f"{self.value // 1000 * 1000 + self.value % 1000 * number}{ending}")]

    def _word_of_numbers(self, word: str, before: str | None, after: str | None) -> tuple[list[str], bool]:
        """Signs, currencies, per cent, and the words that join numbers."""
        numeric = after is not None and (after in _KNOWN or _is_number(after))
        if word in SIGNS:
            told = self._end()
            if not numeric:
                return [*told, self._out(word)], False
            self.prefix = SIGNS[word]
            return told, False
        if word in CURRENCIES:
            if self.value is None:
                return [self._out(word)], False
            self.prefix = CURRENCIES[word]
            return self._end(), False
        if word in _PERCENT:
            if self.value is None:
                return [self._out(word)], False
            if word == "percent" or after == "cent":
                return [self._out(f"{self.value}%")], word == "per"
            return [*self._end(), self._out(word)], False
        if not numeric:
            return [*self._end(), self._out(word)], False
        if word == "and":
            return ([] if before in MULTIPLIERS else [*self._end(), self._out(word)]), False
        if word == "point":
            if after in _DECIMALS or (after is not None and _is_number(after)):
                self.value = f"{self.value or ''}."
            return [], False
        if after in ONES or after in ZEROS:
            self.value = f"{self.value or ''}{str(ONES.get(after or '', 0)) * (2 if word == 'double' else 3)}"
            return [], True
        return [*self._end(), self._out(word)], False


def _is_number(word: str) -> bool:
    return len(word) <= _LONGEST and _NUMBER.fullmatch(word) is not None


def _product(value: int | str, number: int) -> int | None:
    """``value`` times ``number`` where that is whole; None otherwise, or where ``value`` is no number."""
    if isinstance(value, str) and len(value) > _LONGEST:
        return None
    try:
        product = Fraction(value) * number
    except ValueError:
        return None
    return product.numerator if product.denominator == 1 else None


def _prepared(text: str) -> str:
    """Halves as "point five", and blanks between digits and letters but not before a plural or ordinal ending."""
    parts: list[str] = []
    segments = re.split(r"\band\s+a\s+half\b", text)
    for number, segment in enumerate(segments, 1):
        if not segment.strip():
            continue
        parts.append(segment)
        if number < len(segments):
            last = segment.rsplit(maxsplit=2)[-1]
            parts.append("point five" if last in _DECIMALS or last in MULTIPLIERS else "and a half")
    text = re.sub(r"([a-z])([0-9])", r"\1 \2", " ".join(parts))
    text = re.sub(r"([0-9])([a-z])", r"\1 \2", text)
    return re.sub(r"([0-9])\s+(st|nd|rd|th|s)\b", r"\1\2", text)


def _finished(text: str) -> str:
    """Dollars and cents as one sum, and 1 as the word."""
    text = re.sub(r"([€£$])([0-9]+) (?:and )?¢([0-9]{1,2})\b", lambda m: f"{m[1]}{m[2]}.{int(m[3]):02d}", text)
    text = re.sub(r"[€£$]0.([0-9]{1,2})\b", lambda m: f"¢{int(m[1])}", text)
    return re.sub(r"\b1(s?)\b", r"one\1", text)
