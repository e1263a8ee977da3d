"""Word error rate in the four recipes in use, and character error rate. They are four metrics, not one.

    wer-whisper     Whisper's English normaliser on both sides; what most papers report
    wer-qwen        QwenLM/Qwen2-Audio ``eval_audio/evaluate_asr.py``: tags away, then Whisper's English *and* basic
                    normaliser (an ``else`` that was meant otherwise), words of punctuation away; also in the kits of
                    Kimi and UltraEval and in lmms-eval. Other languages: the basic one; for Chinese use cer
    wer-audiobench  AudioLLMs/AudioBench ``preprocess_text.py``: Whisper's, then digits as words, all punctuation
                    away (so that 3.5 is 35), more fillers; an empty text becomes the word "empty"
    wer-open-asr    the Open ASR Leaderboard since 2026: its normaliser, compounds merged by kaldialign, empty
                    references and "ignore time segment in scoring" left out
    cer             characters after Whisper's basic normaliser, blanks left out; for Chinese, Japanese and the like

All are edits over all words of a file, not a mean of rates. A missing prediction is an empty one: all its words are
deleted. Whatever is said within ``<think>`` is no transcript.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from afnext.base.packages import package
from afnext.scoring.distance import edit_distance
from afnext.scoring.english import basic, english
from afnext.scoring.english_open_asr import open_asr
from afnext.scoring.mark import Mark, Row, predicted, take
from afnext.scoring.said import answer_of, said

REFERENCES = ("reference", "ref", "gt", "text", "transcript", "answer")
PREDICTIONS = ("prediction", "hypothesis", "hyp", "pred", "response", "model_output", "output")
IGNORED = "ignore time segment in scoring"

_DIGITS = dict(
    zip(
        map(str, (*range(20), *range(20, 100, 10))),
        (
            *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
            *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
            *("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"),
        ),
        strict=True,
    )
)
_DIGIT_WORDS = re.compile(rf"\b({'|'.join(_DIGITS)})\b")


@dataclass(frozen=True, slots=True)
class Edits:
    """Errors, and the length of the reference that they are counted against."""

    edits: int
    length: int


def whisper_words(text: str) -> list[str]:
    """Words of the recipe ``wer-whisper``."""
    return english(text).split()


def qwen_words(text: str, language: str = "en") -> list[str]:
    """Words of the recipe ``wer-qwen``; ``language`` en, or any other but Chinese and Cantonese."""
    text = re.sub(r"<\|.*?\|>", " ", text)
    text = re.sub(r" ?([!,.?;:])", r"\1", re.sub(r"\s+", " ", text)).lstrip(" ")
    text = basic(english(text) if language == "en" else text)
    return [word.lower() for word in text.split() if not all(unicodedata.category(c)[0] == "P" for c in word)]


def audiobench_words(text: str) -> list[str]:
    """Words of the recipe ``wer-audiobench``."""
    text = _DIGIT_WORDS.sub(lambda match: _DIGITS[match[1]], english(text.lower()))
    text = "".join(character for character in text if unicodedata.category(character)[0] != "P")
    words = re.sub(r"\b(uh|umm|um|er|ah)\b", "", text).split()
    return words or ["empty"]


def open_asr_words(text: str) -> list[str]:
    """Words of the recipe ``wer-open-asr``."""
    return open_asr(text).split()


def characters(text: str) -> list[str]:
    """Characters of the recipe ``cer``."""
    return list("".join(basic(text).split()))


def merged_distance(reference: list[str], hypothesis: list[str]) -> int:
    """Edits where neighbouring words may be joined to match one ("white paper" is "whitepaper"), by kaldialign.

    Raises:
        MissingToolError: kaldialign is not installed.
    """
    kaldialign = package("kaldialign", "evaluate")
    # It takes UTF-8, which has no place for half a surrogate pair.
    reference, hypothesis = (
        [word.encode(errors="replace").decode() for word in side] for side in (reference, hypothesis)
    )
    return int(kaldialign.edit_distance(reference, hypothesis, merge_compounds=True)["total"])


@dataclass(frozen=True, slots=True)
class Recipe:
    """How two texts become sequences, and how far these are from each other."""

    items: Callable[[str], list[str]]
    distance: Callable[[list[str], list[str]], int] = edit_distance


RECIPES: Mapping[str, Recipe] = {
    "wer-whisper": Recipe(whisper_words),
    "wer-qwen": Recipe(qwen_words),
    "wer-audiobench": Recipe(audiobench_words),
    "wer-open-asr": Recipe(open_asr_words, merged_distance),
    "cer": Recipe(characters),
}


def count(recipe: str, reference: str, hypothesis: str) -> Edits | None:
    """Errors of one recording by a recipe of ``RECIPES``; None where the recipe leaves the reference out.

    >>> count("wer-whisper", "It's Dr. Smith's colour.", "it is doctor smith is color")
    Edits(edits=0, length=6)
    """
    chosen = RECIPES[recipe]
    right, heard = chosen.items(reference), chosen.items(hypothesis)
    if recipe == "wer-open-asr" and (not right or " ".join(right) == IGNORED):
        return None
    return Edits(chosen.distance(right, heard), len(right))


def mark(row: Row, recipe: str) -> Mark:
    """Fields: a reference under one of ``REFERENCES``, a prediction. Verdict: ``{"edits", "length"}``, or null."""
    reference = said(take(row, *REFERENCES))
    prediction, missing = predicted(row, *PREDICTIONS)
    counted = count(recipe, reference, answer_of(prediction))
    verdict = None if counted is None else {"edits": counted.edits, "length": counted.length}
    return Mark(verdict, known=False, missing=missing)
