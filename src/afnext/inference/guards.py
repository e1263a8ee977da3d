"""Guards against known faults of long answers: going in circles, thinking without end, going on behind the end."""

from collections import deque
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from afnext.dialogue.tokenizer import Tokenizer

OPENED, CLOSED = "<think>", "</think>"

LOOKED_FOR_EVERY = 8
"""Tokens between two looks for a circle."""
SHORTEST = 96
"""Tokens that a circle takes at least before it counts as one: a chorus may come back."""
COPIES = 4
"""Times that the same stands in a row at least."""
LONGEST_PERIOD = 192
"""Tokens of the longest circle looked for."""


def circle(ids: Sequence[int]) -> int:
    """How many tokens at the end of ``ids`` say again what the tokens before them said; 0: it does not go in circles.

    A circle is a piece of up to ``LONGEST_PERIOD`` tokens that stands at the end ``COPIES`` times or more in a row,
    without anything between, over ``SHORTEST`` tokens or more. All its copies but the first are counted.
    """
    if len(ids) < SHORTEST:
        return 0
    tail = np.asarray(ids[-LONGEST_PERIOD * (COPIES + 1) :])
    most = min(LONGEST_PERIOD, len(tail) // COPIES)
    candidates: list[int] = (np.flatnonzero(tail[::-1][1 : most + 1] == tail[-1]) + 1).tolist()
    for period in candidates:  # so many tokens ago the last one came, too
        same = tail[period:] == tail[:-period]
        apart = np.flatnonzero(~same)
        agreeing = len(same) - (int(apart[-1]) + 1 if len(apart) else 0)
        if agreeing + period >= max(SHORTEST, COPIES * period):
            return _whole(ids, period)
    return 0


def _whole(ids: Sequence[int], period: int) -> int:
    """The tokens from the second copy on, however far back the circle begins."""
    count = 0
    while count < len(ids) - period and ids[-1 - count] == ids[-1 - count - period]:
        count += 1
    return count


class Written(Protocol):
    """What there is of an answer: see ``Writer``."""

    ids: list[int]

    @property
    def text(self) -> str: ...  # noqa: D102


class ThinkingBound:
    """Closes a reasoning that has reached its bound, in the model's place; it then goes on as if it had done so.

    Args:
        most: tokens of the answer up to which reasoning may go; None: there is no bound.
        tokenizer: of the model.
    """

    def __init__(self, most: int | None, tokenizer: Tokenizer) -> None:
        self.notes: tuple[str, ...] = ()
        self._most = most
        self._tokenizer = tokenizer
        self._forced: deque[int] = deque()

    def forced(self, token: int) -> int:
        """What is written next, where the model has chosen ``token``."""
        return self._forced.popleft() if self._forced else token

    def mind(self, answer: Written) -> None:
        """Look at what has been written."""
        if len(answer.ids) == self._most and OPENED in answer.text and CLOSED not in answer.text:
            self._forced.extend(self._tokenizer.encode(f"{CLOSED}\n\n"))
            self.notes = (f"the reasoning was closed after {self._most:,} tokens, its bound",)
