"""MuChoMusic, the original, and RUL-MuChoMusic, the version of "Are You Really Listening?".

They are two benchmarks with two rules. Papers of the Audio Flamingo line call the second one MuChoMusic.

Sources: mulab-mir/muchomusic ``muchomusic_eval/scoring.py`` (d3c9a42); yongyizang/AreYouReallyListening
``ExampleAudioEval/qwen_2_audio.py`` (d3971de). Kept on purpose: the original looks at *characters*, so that a capital
letter of any word counts, and takes the first option that stands in the output, even an empty one; RUL reads the word
"a" after "answer is" as the letter A, and where an option's letter is named in passing takes the first of the alphabet.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from afnext.base.errors import ScoreError
from afnext.scoring.mark import Mark, Row, place, predicted, take, texts
from afnext.scoring.options import normal, parse_option
from afnext.scoring.said import said

PREFIX = "The correct answer is:"
LETTERS = "ABCD"
RUL_LETTERS = "ABCDE"
OUTPUTS = ("output", "response", "prediction", "model_output")

_BRACKETED = re.compile(r"\[\[([A-E])\]\]")
_STATED = re.compile(r"(?:answer is|chose|choose|select|guess is|I choose|I select|I guess) ([A-E])\b", re.IGNORECASE)


def choose(output: str, options: Sequence[str]) -> int:
    """The original's index of the chosen option, or -1.

    >>> choose("The correct answer is: C", ["a", "b", "c", "d"]), choose("reggae", ["Pop", "Reggae"])
    (2, 1)
    """
    output = output.rsplit(PREFIX, maxsplit=1)[-1].strip()
    found = {character for character in output if character in LETTERS}
    if len(found) == 1:
        return LETTERS.index(found.pop())
    lowered = output.lower().strip()
    return next((index for index, option in enumerate(options) if option.lower().strip() in lowered), -1)


def extract_letter(response: str, mapping: Mapping[str, str]) -> str:
    """RUL's letter, or "".

    >>> extract_letter("the answer is a good one", {"A": "Guitar"}), extract_letter("piano it is", {"B": "Piano"})
    ('A', 'B')
    """
    if found := _BRACKETED.findall(response):
        return str(found[-1])
    if found := _STATED.findall(response):
        return str(found[-1]).upper()
    for letter in RUL_LETTERS:
        if any(form in response for form in (f"option {letter}", f"Option {letter}", f"({letter})")):
            return letter
    lowered = response.lower()
    return next((letter for letter, option in mapping.items() if option and option.lower() in lowered), "")


def agreed(answers: Sequence[str]) -> str:
    """RUL's leave-one-out vote: the option text that most passes chose, the earliest of equals; "" if none did."""
    given = [answer for answer in answers if answer]
    return Counter(given).most_common(1)[0][0] if given else ""


def mark(row: Row) -> Mark:
    """Fields: ``output``, ``options``; the truth, if any, is ``answer`` (text) or ``answer_orders`` (0 is right).

    Verdict: the index of the option, -1 if unanswered.
    """
    options = texts(take(row, "options", "answers", "choices"), "options")
    output, missing = predicted(row, *OUTPUTS)
    index = choose(said(output), options)
    truth = _right_index(row, options)
    parsed = parse_option(output, options)
    if truth is None:
        return Mark(index, known=False, unparsed=index < 0, missing=missing)
    right = truth if 0 <= truth < len(options) else None
    return Mark(
        index,
        float(index == truth),
        float(parsed == truth),
        unparsed=index < 0,
        missing=missing,
        options=options,
        right=right,
        note="" if right is not None else "the answer is not among the options",
    )


def mark_rul(row: Row) -> Mark:
    """Fields: ``response``, ``mapping`` (letter to option); the truth, if any, is ``correct_answer`` (text).

    Verdict: the letter, "" if none is found.
    """
    mapping = _mapping(row)
    response, missing = predicted(row, "response", "model_output", "output", "prediction")
    letter = extract_letter(said(response), mapping)
    truth = row.get("correct_answer", row.get("answer"))
    if truth is None:
        return Mark(letter, known=False, unparsed=not letter, missing=missing)
    options = list(mapping.values())
    parsed = parse_option(response, options)
    right = mapping.get(letter, "") == truth
    also = parsed is not None and normal(options[parsed]) == normal(said(truth))
    index, note = place(said(truth), options)
    return Mark(
        letter,
        float(right),
        float(also),
        unparsed=not letter,
        missing=missing,
        options=options,
        right=index,
        note=note,
    )


def _right_index(row: Row, options: Sequence[str]) -> int | None:
    orders: Any = row.get("answer_orders")
    if isinstance(orders, list) and 0 in orders:
        return orders.index(0)
    answer = row.get("correct_answer", row.get("answer"))
    if isinstance(answer, int) and not isinstance(answer, bool):
        return answer
    if isinstance(answer, str):
        return options.index(answer) if answer in options else -2
    return None


def _mapping(row: Row) -> dict[str, str]:
    mapping = take(row, "mapping", "letter_mapping", "options", "choices", expected="mapping, letters to options")
    if isinstance(mapping, Mapping):
        return {str(letter): said(option) for letter, option in mapping.items()}
    if isinstance(mapping, list):
        return dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", map(said, mapping), strict=False))
    raise ScoreError(f"mapping is {type(mapping).__name__}", expected='letters to options, such as {"A": "Piano"}')
