"""MMSU: the first letter, or the last but one.

Source: dingdongwang/MMSU_Bench ``mmsu_evaluation.py`` (f0ef334); the parse is that of AIR-Bench Foundation. Kept on
purpose: any answer that begins with A to D is that letter ("All of them" is A, "Cat" is C); a letter at the end needs
one character after it; what cannot be read is left out of the total. An empty response (or the word None) takes the
letter that the script read before it, whatever row that was: ``script_accuracy`` does so over a file, ``mark`` leaves
the row out.
"""

from collections.abc import Iterable
from typing import Any

from afnext.scoring.mark import Mark, Row, place, predicted, take
from afnext.scoring.options import parse_option
from afnext.scoring.said import is_missing

LETTERS = "ABCD"
CHOICES = ("choice_a", "choice_b", "choice_c", "choice_d")
RESPONSES = ("response", "prediction", "model_output", "output")


def letter_of(response: Any) -> str | None:
    """The letter that the script reads, or None where it skips the row, or would read the row before.

    >>> [letter_of(text) for text in ("A. cat", "The answer is A.", "The answer is A", "Dunno", " B\\n", None)]
    ['A', 'A', None, 'D', 'B', None]
    """
    text = _stripped(response)
    if not text or text == "None":
        return None
    if text[0] in LETTERS:
        return text[0]
    return text[-2] if len(text) > 1 and text[-2] in LETTERS else None


def mark(row: Row) -> Mark:
    """Fields: ``response``, ``choice_a`` to ``choice_d``, ``answer_gt`` (the right choice's text).

    Without choices and answer, as in the golden pairs, A is right. Verdict: ``{"counted", "accuracy"}`` of the script
    run on this row alone.
    """
    response, missing = predicted(row, *RESPONSES)
    choices = _choices(row)
    answer = row.get("answer_gt", "A") if choices is None else take(row, "answer_gt", "answer")
    options = dict(zip(LETTERS, choices or LETTERS, strict=True))
    letter = letter_of(response)
    place_of, note = place(answer, list(options.values()))
    if choices is None and "answer_gt" not in row:
        note = "no choices and no answer: A is taken to be right"
    right = None if letter is None else options[letter] == answer
    option = parse_option(response, list(options.values()))
    return Mark(
        {"counted": int(right is not None), "accuracy": 0 if right is None else float(right)},
        None if right is None else float(right),
        float(option is not None and options[LETTERS[option]] == answer),
        unparsed=letter is None,
        missing=missing,
        options=choices or (),
        right=place_of if choices else None,
        note=note,
    )


def script_accuracy(rows: Iterable[Row]) -> tuple[float, int]:
    """Accuracy and total of the script run over ``rows`` in order, the letter of the row before and all.

    Where the first rows are empty the script stops with an error; they are left out here.
    """
    correct = total = 0
    letter: str | None = None
    for row in rows:
        response, _ = predicted(row, *RESPONSES)
        if not isinstance(response, str):
            continue
        if _stripped(response) not in ("", "None"):
            read = letter_of(response)
            if read is None:
                continue
            letter = read
        if letter is not None:
            options = dict(zip(LETTERS, _choices(row) or LETTERS, strict=True))
            correct += options[letter] == row.get("answer_gt", "A")
            total += 1
    return (correct / total if total else 0.0), total


def _stripped(response: Any) -> str:
    """As the script strips it: a response that is no text is an error there, and skipped."""
    return response.strip().replace("\n", "") if isinstance(response, str) else ""


def _choices(row: Row) -> list[Any] | None:
    if not any(name in row for name in CHOICES):
        return None
    return ["" if is_missing(row.get(name)) else row.get(name) for name in CHOICES]
