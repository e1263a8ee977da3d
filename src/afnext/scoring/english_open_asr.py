"""The normaliser of the Open ASR Leaderboard: Whisper's, and maps of its own.

Source: huggingface/open_asr_leaderboard ``normalizer/normalizer.py`` (d1e99b2), in use since 2026. Beyond Whisper's:
more fillers; ``'s`` is "is" only after it, he, who and the like; compounds such as "wi fi" joined; "ok", variants of
names and single letters in a row written in one way. Numbers cannot be compared with those of earlier papers.
"""

import re
from functools import lru_cache
from importlib.resources import files

from afnext.scoring.english import (
    ENDINGS,
    FILLERS,
    KEPT,
    british,
    finished,
    replacements,
    spelt_out,
    without_symbols_and_diacritics,
)
from afnext.scoring.english_numbers import standardise_numbers

MORE_FILLERS = (
    *FILLERS,
    *("ah", "aha", "ahh", "ahm", "eh", "ehehe", "em", "hm", "huh", "hum", "mhum", "uhm", "umm", "uhuh"),
)
_SUBJECTS = r"\b(it|he|she|what|that|who|here|there|how|when|where|why|this)'s"
_REPLACED = tuple(
    (re.compile(rf"{_SUBJECTS}\b"), part, r"\1 is") if part == "'s" else (pattern, part, full)
    for pattern, part, full in replacements(ENDINGS)
)


def open_asr(text: str) -> str:
    """``text`` as the leaderboard's ``EnglishTextNormalizer`` gives it. A blank may be left at either end.

    >>> open_asr("Ok, Allan hears the b b c: it's wi-fi!").strip()
    'okay allen hears the bbc it is wifi'
    """
    spellings, names, compounds = _maps()
    plain = without_symbols_and_diacritics(spelt_out(text, MORE_FILLERS, _REPLACED), KEPT)
    for pattern, joined in compounds:
        plain = pattern.sub(joined, plain)
    words = (spellings.get(word, word) for word in standardise_numbers(plain).split())
    return finished(" ".join(_joined([names.get(word, word) for word in words])))


def _joined(words: list[str]) -> list[str]:
    """Single letters and digits in a row as one word: two or more, or three where "a" or "i" is among them."""
    joined: list[str] = []
    run: list[str] = []
    for word in [*words, ""]:
        if len(word) == 1 and word.isalnum():
            run.append(word)
            continue
        least = 3 if {"a", "i"} & set(run) else 2
        joined += ["".join(run)] if len(run) >= least else run
        run = []
        joined += [word] if word else []
    return joined


@lru_cache(maxsize=1)
def _maps() -> tuple[dict[str, str], dict[str, str], list[tuple[re.Pattern[str], str]]]:
    """Spellings, names, and compounds."""
    spellings = dict(british())
    names: dict[str, str] = {}
    compounds: list[tuple[re.Pattern[str], str]] = []
    text = files("afnext.scoring").joinpath("data/open_asr.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            kind, given, form = line.split("\t")
            if kind == "compound":
                compounds.append((re.compile(r"\b" + given.replace(" ", r"\s+") + r"\b"), form))
            else:
                (spellings if kind == "spelling" else names)[given] = form
    return spellings, names, compounds
