"""What a model said, as text: predictions come from any tool, and may be anything that JSON can hold."""

import json
import math
from typing import Any

from afnext.dialogue.timestamps import parse


def said(value: Any) -> str:
    """A prediction as text: None and NaN are "", other values are spelt as JSON; a string is itself.

    >>> said("Man"), said(None), said(float("nan")), said(7), said(["a"])
    ('Man', '', '', '7', '["a"]')
    """
    if isinstance(value, str):
        return value
    if is_missing(value):
        return ""
    return json.dumps(value, ensure_ascii=False, default=str)


def is_missing(value: Any) -> bool:
    """Whether there is no prediction: None or NaN, which tables write where a cell is empty."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def answer_of(value: Any) -> str:
    """The answer in a prediction: what stands outside ``<think>``.

    A ``<think>`` that was never closed leaves only what stands before it, so that no reasoning is taken for an answer.
    """
    text = said(value)
    return parse(text).answer if "think>" in text else text.strip()
