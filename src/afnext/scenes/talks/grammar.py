"""A small language for lines with many forms, and numbers as words.

``(a|b)`` is one of its parts, which may be empty and may hold others; ``{day}`` is what was given as ``day``.
"""

import re
from collections.abc import Sequence

import numpy as np

CHOICE = re.compile(r"\(([^()]*)\)")
SPACES = re.compile(r"\s+")
SPACE_BEFORE = re.compile(r" ([,.?!])")
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def expand(rng: np.random.Generator, form: str, **slots: str) -> str:
    """One line of ``form``: lower case, single spaces, with its commas and marks."""
    while found := CHOICE.search(form):
        parts = found[1].split("|")
        form = form[: found.start()] + parts[int(rng.integers(len(parts)))] + form[found.end() :]
    return tidy(form.format(**slots))


def tidy(text: str) -> str:
    """``text`` with single spaces, none before a mark, and no mark in front."""
    return SPACE_BEFORE.sub(r"\1", SPACES.sub(" ", text)).strip().lstrip(",. ")


def plain(word: str) -> str:
    """``word`` as it stands in a transcript: without commas and marks."""
    return word.strip(",.?!:;")


def plain_words(text: str) -> list[str]:
    """The words of ``text`` as they stand in a transcript."""
    return [plain(word) for word in text.split()]


def runs(words: Sequence[str], phrase: str) -> list[int]:
    """Where in ``words`` the words of ``phrase`` stand one behind the other."""
    sought = phrase.split()
    return [at for at in range(len(words) - len(sought) + 1) if list(words[at : at + len(sought)]) == sought]


def spell(number: int) -> str:
    """0 to 999 in words: "three hundred twenty five"."""
    assert 0 <= number < 1000, number
    parts = []
    if number >= 100:
        parts += [DIGITS[number // 100], "hundred"]
    rest = number % 100
    if rest >= 20:
        parts.append(TENS[rest // 10])
        rest %= 10
    elif rest >= 10:
        parts.append(TEENS[rest - 10])
        rest = 0
    if rest or not parts:
        parts.append(DIGITS[rest])
    return " ".join(parts)


def digits(rng: np.random.Generator, count: int) -> str:
    """So many digits one by one, none the same as the one before it: "five two seven"."""
    drawn = [int(rng.integers(10))]
    while len(drawn) < count:
        digit = int(rng.integers(10))
        if digit != drawn[-1]:
            drawn.append(digit)
    return " ".join(DIGITS[digit] for digit in drawn)
