"""MMAU-Pro, instruction following: 27 checks of form.

Source: sonalkum/MMAUPro ``evaluate_mmau_pro_comprehensive.py`` (960e93a). Kept on purpose: paragraphs are what stands
between ``***``, empty ones not counted; bullets are asterisks with white space after them; words with punctuation on
them count as capital words; keywords are looked for within words, their frequency as whole words; beginnings and ends
compare letters and blanks only; an identifier that is none of the 27 is never followed. A number that is given as text
equals no count.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from afnext.base.errors import ScoreError
from afnext.scoring.mark import Mark, Row, predicted, take
from afnext.scoring.sentences import count_sentences

Arguments = Mapping[str, Any]


def _contains(response: str, words: str) -> list[bool]:
    return [word.lower() in response.lower() for word in words.split(", ")]


def _frequency(response: str, keyword: str) -> int:
    return len(re.findall(rf"\b{re.escape(keyword.lower())}\b", response.lower()))


def _paragraphs(response: str) -> int:
    return sum(bool(part.strip()) for part in response.split("***"))


def _bullets(response: str) -> int:
    return len(re.findall(r"(?:^|\n)\s*\*\s+", response))


def _sections(response: str, splitter: str) -> int:
    parts = re.split(rf"\s*{re.escape(splitter)}\s*", response.strip())
    return sum(bool(part.strip()) for part in parts)


def _capitals(response: str) -> int:
    return sum(word.isupper() for word in response.split())


def _letters(text: str, also: str = "") -> str:
    return re.sub(rf"[^a-zA-Z{also}]", "", text).lower()


def _two(response: str) -> bool:
    parts = [part.lower().strip() for part in response.split("******")]
    return len(parts) == 2 and parts[0] != parts[1]


def _quoted(response: str) -> bool:
    stripped = response.strip()
    return stripped.startswith('"') and stripped.endswith('"')


def _text(given: Arguments, name: str) -> str:
    value = given.get(name)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _number(given: Arguments, name: str, default: float = 0) -> Any:
    value = given.get(name)
    return default if value is None else value


def _at_least(count: int, given: Arguments) -> bool:
    return bool(count >= _number(given, "N"))


def _at_most(count: int, given: Arguments) -> bool:
    return bool(count <= _number(given, "N"))


def _between(count: int, given: Arguments) -> bool:
    return bool(_number(given, "N1") <= count <= _number(given, "N2", 999))


def _exactly(count: int, given: Arguments) -> bool:
    return bool(count == _number(given, "N"))


def _words(response: str) -> int:
    return len(response.split())


def _start(response: str, given: Arguments) -> bool:
    return _letters(response, " ").startswith(_letters(_text(given, "start_phrase"), " "))


def _end(response: str, given: Arguments) -> bool:
    return _letters(response, " ").endswith(_letters(_text(given, "end_phrase"), " "))


Check = Callable[[str, Arguments], bool]

CHECKS: Mapping[str, Check] = {
    "Include Keywords": lambda said, given: all(_contains(said, _text(given, "keywords"))),
    "Keyword Frequency": lambda said, given: _exactly(_frequency(said, _text(given, "keyword")), given),
    "Forbidden Words": lambda said, given: not any(_contains(said, _text(given, "forbidden_words"))),
    "Number Paragraphs": lambda said, given: _exactly(_paragraphs(said), given),
    "Number Words (at least)": lambda said, given: _at_least(_words(said), given),
    "Number Words (at most)": lambda said, given: _at_most(_words(said), given),
    "Number Words (range)": lambda said, given: _between(_words(said), given),
    "Number Sentences (at least)": lambda said, given: _at_least(count_sentences(said), given),
    "Number Sentences (at most)": lambda said, given: _at_most(count_sentences(said), given),
    "Number Sentences (range)": lambda said, given: _between(count_sentences(said), given),
    "Postscript": lambda said, given: _letters(_text(given, "postscript_marker")) in _letters(said),
    "Number Placeholder": lambda said, given: _at_least(len(re.findall(r"\[[^\]]+\]", said)), given),
    "Number Bullets": lambda said, given: _exactly(_bullets(said), given),
    "Title": lambda said, _: re.search(r"<<[^>]+>>", said) is not None,
    "Minimum Number Highlighted Section": lambda said, given: _at_least(len(re.findall(r"\*[^*]+\*", said)), given),
    "Multiple Sections": lambda said, given: _exactly(_sections(said, _text(given, "section_splitter")), given),
    "Repeat Prompt": lambda said, given: said.strip().lower().startswith(_text(given, "prompt").strip().lower()),
    "Two Responses": lambda said, _: _two(said),
    "All Uppercase": lambda said, _: said.isupper(),
    "All Lowercase": lambda said, _: said.islower(),
    "All-capital Words (at least)": lambda said, given: _at_least(_capitals(said), given),
    "All-capital Words (at most)": lambda said, given: _at_most(_capitals(said), given),
    "All-capital Words (range)": lambda said, given: _between(_capitals(said), given),
    "Start Checker": _start,
    "End Checker": _end,
    "Quotation": lambda said, _: _quoted(said),
    "No Commas": lambda said, _: "," not in said,
}
"""The 27 task identifiers; ``Repeat Prompt`` finds the question under ``prompt``."""


def follows(task: str, response: str, given: Arguments) -> bool:
    """Whether ``response`` follows the instruction ``task`` with its arguments. Never raises.

    >>> follows("Number Bullets", "* a\\n* b", {"N": 2}), follows("No Commas", "a, b", {}), follows("Sing", "la", {})
    (True, False, False)
    """
    check = CHECKS.get(task)
    try:
        return check is not None and check(response, given)
    except TypeError:  # a number given as text compares with no count
        return False


def mark(row: Row) -> Mark:
    """Fields: ``task_identifier``, ``kwargs``, ``response``; for ``Repeat Prompt`` ``prompt_transcription``.

    The script writes whatever it finds as text: a missing response is the word None. Verdict: true or false.
    """
    task = str(take(row, "task_identifier"))
    given = row.get("kwargs") or {}
    if not isinstance(given, Mapping):
        raise ScoreError(f"kwargs is {type(given).__name__}", expected='an object, such as {"N": 2}')
    value, missing = predicted(row, "response", "model_output", "prediction", "output")
    prompt = row.get("prompt_transcription", row.get("question", ""))
    verdict = follows(task, value if isinstance(value, str) else str(value), {**given, "prompt": prompt})
    note = "" if task in CHECKS else f"{task!r} is none of the 27 task identifiers; no response follows it"
    return Mark(verdict, float(verdict), None, missing=missing, note=note)
