"""A sample: what a row of a benchmark's data asks about which recordings, and what is known of the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from afnext.audio.clip import Clip
from afnext.base.errors import BenchmarkError

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Sample:
    """A question about recordings, as a benchmark's page reads it from a row.

    Attributes:
        item: its id in the data; unique within the benchmark.
        audio: the recordings, in the order in which they are asked about; none for a question in words alone.
        question: without its choices: the task's spelling puts them in.
        choices: the options in the order of the data; empty where the answer is free.
        answer: the truth in the benchmark's own form; None where it is held back.
        facts: what the data say of the sample, for filters and breakdowns.
        row: the fields that the rule reads, without the prediction.
        fault: what is wrong with the row, in one line; "" when nothing is. Such a sample is wrong under ``all-items``.
        lost: the fault leaves nothing to ask.
    """

    item: str
    audio: tuple[Clip, ...] = ()
    question: str = ""
    choices: tuple[str, ...] = ()
    answer: Any = None
    facts: Row = field(default_factory=dict)
    row: Row = field(default_factory=dict)
    fault: str = ""
    lost: bool = False


def need(row: Row, *names: str) -> Any:
    """The first of the fields ``names`` that ``row`` has.

    Raises:
        BenchmarkError: it has none of them, or null.
    """
    for name in names:
        if row.get(name) is not None:
            return row[name]
    given = ", ".join(sorted(map(str, row))[:12]) or "no fields"
    raise BenchmarkError(f"no field {names[0]!r} among {given}", expected=" or ".join(names))


def picked(row: Row, *names: str) -> dict[str, Any]:
    """Those of the fields ``names`` that ``row`` has, as facts; None is left out."""
    return {name.replace("-", "_"): row[name] for name in names if row.get(name) is not None}


def plain(row: Row) -> dict[str, Any]:
    """``row`` as JSON can hold it: sound, which mirrors keep within their tables, is left out, and what was put in."""
    return {str(name): value for name, value in row.items() if not _sound(value) and not str(name).startswith("_")}


def _sound(value: Any) -> bool:
    return isinstance(value, bytes) or (isinstance(value, Mapping) and ("bytes" in value or "array" in value))
