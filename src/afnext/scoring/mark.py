"""A mark: what a rule makes of one row, and the three protocols that read it.

official   the script's own verdict and its own denominator: what the script leaves out is left out
parsed     the option that a deterministic parser reads in the prediction is the right one; nothing is ever guessed
all-items  the script's verdict over every row: what is unparsed, skipped, missing or broken is wrong
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from afnext.base.errors import ScoreError
from afnext.scoring.said import is_missing

PROTOCOLS = ("official", "parsed", "all-items")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a rule makes of one row.

    Attributes:
        verdict: the rule's own result, as JSON: true, a letter, an index, counts.
        official: its score from 0 to 1; None where the script leaves the row out, or no truth is known.
        parsed: the same by the option parser; None where the rule has no options or no truth is known.
        known: whether the row tells the truth, so that it counts under ``all-items``.
        unparsed: the prediction names no option that the rule can read.
        missing: there is no prediction.
        options: the options of the item, where it has any; what the trivial baselines choose from.
        right: the index of the right one among them, or None.
        note: what is odd in the row, for the reader; "" when nothing is.
    """

    verdict: Any
    official: float | None = None
    parsed: float | None = None
    known: bool = True
    unparsed: bool = False
    missing: bool = False
    options: Sequence[str] = ()
    right: int | None = None
    note: str = ""

    def score(self, protocol: str) -> float | None:
        """The score under a protocol of ``PROTOCOLS``; None where the row does not count."""
        if protocol == "parsed":
            return self.parsed
        if protocol == "all-items":
            return (self.official or 0.0) if self.known else None
        return self.official


Rule = Callable[[Row], Mark]
"""Reads the fields of a row and marks it.

Raises:
    ScoreError: a field that the rule needs is missing or has the wrong form. Never because of the prediction.
"""


def take(row: Row, *names: str, expected: str = "") -> Any:
    """The first of the fields ``names`` that ``row`` has.

    Raises:
        ScoreError: it has none of them, or null.
    """
    for name in names:
        if row.get(name) is not None:
            return row[name]
    given = ", ".join(sorted(map(str, row))[:12]) or "no fields"
    raise ScoreError(f"no {names[0]!r} among {given}", expected=expected or f"the field {' or '.join(names)}")


def predicted(row: Row, *names: str) -> tuple[Any, bool]:
    """The prediction in the first of the fields ``names`` that ``row`` has, and whether it is missing."""
    for name in names:
        if name in row:
            return row[name], is_missing(row[name])
    return None, True


def place(answer: str, options: Sequence[str]) -> tuple[int | None, str]:
    """The index of ``answer`` among ``options``, and a note where it is none of them."""
    if answer in options:
        return options.index(answer), ""
    return None, f"the answer {_short(answer)} is not among the choices"


def texts(value: Any, name: str) -> list[str]:
    """``value`` as a list of texts; a list written as JSON text is read, as some mirrors keep it.

    Raises:
        ScoreError: it is not a list.
    """
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = _listed(value)
    if isinstance(value, list | tuple):
        return [item if isinstance(item, str) else str(item) for item in value]
    raise ScoreError(f"{name} is {_short(value)}", expected="a list of texts")


def _listed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:37]}..."
