"""Rows of predictions: a file of JSON lines, one object a line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from afnext.base.errors import ScoreError


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | ScoreError]]:
    """Each line of ``path`` with its number: an object, or what is wrong with it. Empty lines are passed over.

    NaN and Infinity are read, as many tools write them.

    Raises:
        ScoreError: the file is not there or cannot be read.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, _object(line, f"{path}:{number}")
    except OSError as error:
        raise ScoreError(f"cannot read {path}: {error.strerror}", expected="a file of JSON lines") from error


def _object(line: str, place: str) -> dict[str, Any] | ScoreError:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        what = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply, or a number too long"
        return ScoreError(f"{place}: not JSON ({what})", expected="one object a line")
    if not isinstance(value, dict):
        return ScoreError(f"{place}: {type(value).__name__}", expected="an object, such as {}")
    return value
