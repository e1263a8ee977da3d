"""``afnext score``."""

import math
import sys
from collections.abc import Iterator
from dataclasses import asdict
from json import dumps
from pathlib import Path
from typing import Annotated, Any

import typer

from afnext.base.errors import ScoreError
from afnext.base.files import to_json
from afnext.cli import options
from afnext.scoring.interval import Mean
from afnext.scoring.mark import Mark
from afnext.scoring.rows import read_rows
from afnext.scoring.rules import Entry, find_rule
from afnext.scoring.summary import BROKEN, Summary, summarise

_MOST_TOLD = 20
"""Broken rows that are named one by one."""


def run(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="mmau, mmsu, wer, ...; docs/scoring.md lists them.")],
    predictions: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="One JSON object a line.")],
    *,
    by: Annotated[list[str] | None, typer.Option(help="Break the scores down by this field; may be repeated.")] = None,
    cluster: Annotated[str, typer.Option(help="The field that names the recording; found if left out.")] = "",
    json: options.Json = False,
) -> None:
    """Apply a benchmark's official rule to predictions.

    Each row's verdict is printed as one JSON line; the summary, with intervals, what was left out and what trivial
    choices score, goes to standard error, with --json as one JSON object. A row that cannot be read is named, and is
    wrong under all-items.

    \b
    Examples:
      afnext score mmau predictions.jsonl
      afnext score mmau predictions.jsonl --by task --json
    """
    entry = find_rule(rule)
    rows: list[dict[str, Any] | None] = []
    marks: list[Mark] = []
    broken: list[ScoreError] = []
    for number, row in _rows(predictions):
        mark, error = _mark(entry, row, f"{predictions}:{number}")
        rows.append(row if isinstance(row, dict) and error is None else None)
        marks.append(mark)
        if error is not None:
            broken.append(error)
            if len(broken) <= _MOST_TOLD:
                typer.echo(f"afnext: {error}", err=True)
        sys.stdout.write(_line(number, mark, error) + "\n")
    sys.stdout.flush()
    if len(broken) > _MOST_TOLD:
        typer.echo(f"afnext: and {len(broken) - _MOST_TOLD} more rows that could not be read", err=True)
    if len(broken) == len(marks):
        what = f"none of its {len(marks)} rows can be scored" if marks else "it holds no rows"
        raise ScoreError(f"{predictions}: {what}", expected=f"rows of the rule {rule}")
    summary = summarise(rows, marks, by or (), cluster)
    kept = [(row, mark) for row, mark in zip(rows, marks, strict=True) if row is not None]
    whole = dict(entry.whole([row for row, _ in kept], [mark for _, mark in kept])) if entry.whole else {}
    typer.echo(to_json({"rule": rule, **asdict(summary), "whole": whole}) if json else _told(summary, whole), err=True)


def _rows(predictions: Path) -> Iterator[tuple[int, dict[str, Any] | ScoreError]]:
    """The rows, and what is wrong with some; of a file of another kind, in which no line is an object, that alone."""
    bad = list[tuple[int, ScoreError]]()
    rows = read_rows(predictions)
    for number, row in rows:
        if isinstance(row, dict):
            yield from bad
            yield number, row
            yield from rows
            return
        bad.append((number, row))
    if bad:
        raise ScoreError(
            f"no line of {predictions} is a JSON object: {bad[0][1]}", do="write them as docs/scoring.md shows"
        )


def _mark(entry: Entry, row: dict[str, Any] | ScoreError, place: str) -> tuple[Mark, ScoreError | None]:
    """The mark of a row, or ``BROKEN`` and what is wrong with the row."""
    if isinstance(row, ScoreError):
        return BROKEN, row
    try:
        return entry.mark(row), None
    except ScoreError as error:
        return BROKEN, ScoreError(f"{place}: {error}")


def _line(number: int, mark: Mark, error: ScoreError | None) -> str:
    scores = {name.replace("-", "_"): mark.score(name) for name in ("official", "parsed", "all-items")}
    told: dict[str, Any] = {"line": number, "verdict": mark.verdict, **scores}
    return dumps(told if error is None else {**told, "error": str(error)})  # ASCII: texts may hold what UTF-8 cannot


def _told(summary: Summary, whole: dict[str, Any]) -> str:
    counts = {name: getattr(summary, name) for name in ("unparsed", "skipped", "missing", "broken")}
    lines = [f"{summary.rows} rows" + "".join(f", {count} {name}" for name, count in counts.items() if count)]
    lines += [f"{name:<12}{_mean(found)}" for name, found in summary.protocols.items()]
    lines += [f"{name} {_figure(value)}" for name, value in whole.items()]
    lines += [f"baseline    {value:6.1%}  {name}" for name, value in summary.baselines.items()]
    for field, values in summary.parts.items():
        lines.append(f"by {field}")
        for value, means in values.items():
            lines.append(
                f"  {value or '(none)'}: " + "; ".join(f"{name} {_mean(found)}" for name, found in means.items())
            )
    lines += [f"note: {note} ({count} row{'s' if count > 1 else ''})" for note, count in summary.notes.items()][
        :_MOST_TOLD
    ]
    return "\n".join(lines)


def _mean(found: Mean) -> str:
    if math.isnan(found.value):
        return "no row counts"
    return f"{found.value:6.1%}  ({found.low:.1%} to {found.high:.1%}; {found.items} rows, {found.clusters} recordings)"


def _figure(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_figure(part)}" for name, part in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)
