"""Rows of the files that benchmarks are published as: JSON, JSON lines, CSV, TSV, parquet."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from afnext.base.errors import AfnextError, BenchmarkError
from afnext.base.packages import package
from afnext.evaluation.cells import Cell
from afnext.evaluation.data import Data
from afnext.evaluation.sample import Row
from afnext.scoring.rows import read_rows

csv.field_size_limit(1 << 24)  # a transcript of an hour stands in one cell


Reader = Callable[[Data], Iterable[tuple[str, Row | AfnextError]]]
"""Finds the rows in a benchmark's data; each with its place, or what is wrong with it."""


def rows(*patterns: str) -> Reader:
    """What reads the rows of all files of the first of ``patterns`` that fits any.

    Each row has the name of its file without ending under ``_file``: benchmarks in parts are told apart by it.
    """

    def read(data: Data) -> Iterator[tuple[str, Row | AfnextError]]:
        for path in data.tables(*patterns):
            for number, row in read_table(path):
                yield (
                    f"{path.name}:{number}",
                    row if isinstance(row, AfnextError) else {**row, "_file": path.stem, "_number": number},
                )

    return read


def read_table(path: Path) -> Iterator[tuple[int, Row | AfnextError]]:
    """Each row of ``path`` with its number, from 1; a line that cannot be read is told in its place.

    Raises:
        BenchmarkError: the file as a whole cannot be read.
    """
    ending = path.suffix.lower()
    if ending == ".jsonl":
        yield from read_rows(path)
    elif ending == ".json":
        yield from enumerate(_json(path), 1)
    elif ending in (".csv", ".tsv"):
        yield from enumerate(_csv(path, "\t" if ending == ".tsv" else ","), 1)
    elif ending == ".parquet":
        yield from enumerate(_parquet(path), 1)
    else:
        raise BenchmarkError(f"{path}", expected="JSON, JSON lines, CSV, TSV or parquet")


def _json(path: Path) -> Iterator[Row | AfnextError]:
    """A list of objects, perhaps alone in an object; an object of objects, whose keys become ``_key``; a single object;
    or JSON lines under this ending.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BenchmarkError(f"{path} cannot be read: {error}", expected="JSON in UTF-8") from error
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        for _, row in read_rows(path):
            yield row
        return
    if isinstance(value, dict):
        parts = list(value.values())
        if len(parts) == 1 and isinstance(parts[0], list):
            value = parts[0]
        elif parts and all(isinstance(part, dict) for part in parts):
            value = [{**part, "_key": key} for key, part in value.items()]
    for number, row in enumerate(value if isinstance(value, list) else [value], 1):
        if isinstance(row, dict):
            yield row
        else:
            yield BenchmarkError(f"{path.name}:{number}: {type(row).__name__}", expected="an object")


def _csv(path: Path, between: str) -> Iterator[Row | AfnextError]:
    form: Any = {"delimiter": between, "quoting": csv.QUOTE_MINIMAL if between == "," else csv.QUOTE_NONE}
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as lines:
            for number, row in enumerate(csv.DictReader(lines, **form), 2):
                if None in row:
                    yield BenchmarkError(f"{path.name}:{number}: more cells than the header has")
                else:
                    yield {name.strip(): value for name, value in row.items() if name is not None}
    except (OSError, csv.Error) as error:
        raise BenchmarkError(f"{path} cannot be read: {error}", expected="a table with a header") from error


def _parquet(path: Path) -> Iterator[Row]:
    """Rows; sound stays in the table, as a ``Cell`` that is read when it is heard."""
    parquet: Any = package("pyarrow.parquet", "evaluate")
    try:
        with parquet.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                for index, row in enumerate(file.read_row_group(group).to_pylist()):
                    yield {name: _lazy(value, path, group, index, name) for name, value in row.items()}
    except (OSError, ValueError) as error:
        raise BenchmarkError(f"{path} cannot be read: {error}", expected="a parquet table") from error


def _lazy(value: Any, path: Path, group: int, index: int, name: str) -> Any:
    if isinstance(value, bytes):
        return {"bytes": Cell(path, group, index, name)}
    if isinstance(value, dict) and isinstance(value.get("bytes"), bytes):
        return {**value, "bytes": Cell(path, group, index, name)}
    return value


def grouped(read: Reader, *key: str, gather: str) -> Reader:
    """Rows that agree in the fields ``key`` become one, with the values of the field ``gather`` as a list.

    For sets in which each annotator has a row of his own. Groups stand where their first row stood.
    """

    def together(data: Data) -> Iterator[tuple[str, Row | AfnextError]]:
        groups: dict[Any, tuple[str, dict[str, Any]]] = {}
        for place, row in read(data):
            if isinstance(row, AfnextError):
                yield place, row
                continue
            if any(row.get(name) is None for name in (*key, gather)):
                missing = next(name for name in (*key, gather) if row.get(name) is None)
                yield place, BenchmarkError(f"{place}: no field {missing!r}", expected=", ".join((*key, gather)))
                continue
            found = groups.setdefault(tuple(str(row[name]) for name in key), (place, {**row, gather: []}))
            found[1][gather].append(row[gather])
        yield from groups.values()

    return together


def spread(read: Reader, split: Callable[[Row], Iterable[Row]]) -> Reader:
    """Each row becomes those that ``split`` makes of it, or an error where a field that it needs is missing."""

    def apart(data: Data) -> Iterator[tuple[str, Row | AfnextError]]:
        for place, row in read(data):
            if isinstance(row, AfnextError):
                yield place, row
                continue
            try:
                parts = list(split(row))
            except BenchmarkError as error:
                yield place, BenchmarkError(f"{place}: {error}")
                continue
            yield from ((place, part) for part in parts)

    return apart


def folder_rows(*patterns: str) -> Reader:
    """A row for each recording of the first of ``patterns`` that fits any: its ``path`` and the folder's name."""

    def read(data: Data) -> Iterator[tuple[str, Row | AfnextError]]:
        for path in data.sounds(*patterns):
            name = path.relative_to(data.root).as_posix()
            yield name, {"path": name, "folder": path.parent.name}

    return read
