"""Figures as tables: for a terminal, in Markdown, and as CSV with a line a number."""

import csv
import io
import math
from collections.abc import Mapping, Sequence

from afnext.evaluation.figures import Figure, Figures, overall
from afnext.scoring.interval import Mean
from afnext.scoring.mark import PROTOCOLS

BASELINES = ("chance", "first option", "longest option", "most frequent answer")
NONE = "-"
Table = tuple[list[str], list[list[str]]]


def scores_table(figures: Sequence[Figures]) -> Table:
    """Header and rows: the score by each protocol with its interval, in per cent, and what was not counted."""
    header = ["benchmark", "rule", "items", *PROTOCOLS, "figure", "unparsed", "skipped", "errors"]
    rows = [
        [
            one.task.name,
            one.task.rule,
            str(one.summary.rows),
            *(_mean(one.summary.protocols.get(name)) for name in PROTOCOLS),
            _figure(one.figure),
            *(str(count) for count in (one.summary.unparsed, one.summary.skipped, one.errors)),
        ]
        for one in figures
    ]
    rows += [[name, "overall", NONE, f"{100 * value:.1f}", *[NONE] * 6] for name, value in overall(figures).items()]
    return header, rows


def baselines_table(figures: Sequence[Figures]) -> Table:
    """Header and rows: what needs no ear, and whether another order of the choices changes the answer."""
    header = ["benchmark", *BASELINES, "no audio", "same choice in every order", "accuracy over orders"]
    rows = []
    for one in figures:
        found = [one.summary.baselines.get(name) for name in BASELINES]
        cells = [NONE if value is None else f"{100 * value:.1f}" for value in found]
        consistency = one.consistency
        cells += [
            _mean(one.deaf),
            f"{100 * consistency.same:.1f} of {consistency.items}" if consistency else NONE,
            _mean(consistency.accuracy) if consistency else NONE,
        ]
        if any(cell != NONE for cell in cells):
            rows.append([one.task.name, *cells])
    return header, rows


def remarks(figures: Sequence[Figures]) -> list[str]:
    """What a table cannot hold, a line each: faults by kind, notes of the rules, answers that wait for a judge."""
    lines = []
    for one in figures:
        name = one.task.name
        lines += [f"{name}: {fault}" + (f" ({count})" if count else "") for fault, count in one.faults.items()]
        lines += [f"{name}: {note} ({count})" for note, count in one.summary.notes.items()]
        lines += [f"{name}: {told} {value['signature']}" for told, value in one.whole.items() if _signed(value)]
    return lines


def terminal(figures: Sequence[Figures]) -> str:
    """Both tables and the remarks as plain text; columns that say nothing are left out."""
    parts = [_columns(*scores_table(figures))]
    header, rows = baselines_table(figures)
    if rows:
        parts.append(_columns(header, rows))
    parts += ["\n".join(remarks(figures))] if remarks(figures) else []
    return "\n\n".join(parts)


def markdown(figures: Sequence[Figures]) -> str:
    """The same as Markdown, with breakdowns."""
    model = figures[0].model if figures else ""
    parts = [
        f"# {model}",
        "Scores in per cent, with intervals of 95 % clustered by recording. `official`: the authors' script and its "
        "denominator. `parsed`: a deterministic option parser. `all-items`: what is unparsed, skipped or broken is "
        "wrong.",
        _marked(*scores_table(figures)),
        "## Baselines",
        "What needs no ear; `no audio` are the same prompts without the recordings.",
        _marked(*baselines_table(figures)),
    ]
    if lines := remarks(figures):
        parts += ["## Remarks", "\n".join(f"- {line}" for line in lines)]
    for one in figures:
        for name, values in one.summary.parts.items():
            if len(values) > 1:
                rows = [
                    [value or "(none)", str(_items(found)), *(_mean(found.get(protocol)) for protocol in PROTOCOLS)]
                    for value, found in values.items()
                ]
                parts += [f"## {one.task.name} by {name}", _marked([name, "items", *PROTOCOLS], rows)]
    return "\n\n".join(parts) + "\n"


def comma_separated(figures: Sequence[Figures]) -> str:
    """Every number of the figures, a line each."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(
        ["task", "model", "revision", "field", "part", "score", "value", "low", "high", "items", "clusters"]
    )
    for one in figures:
        head = [one.task.name, one.model, one.revision]
        for name, found in one.summary.protocols.items():
            writer.writerow([*head, "", "", name, *_numbers(found)])
        if one.figure:
            bounds = ["" if end is None else _plain(end) for end in (one.figure.low, one.figure.high)]
            writer.writerow([*head, "", "", one.figure.name, _plain(one.figure.value), *bounds, "", ""])
        if one.deaf:
            writer.writerow([*head, "", "", "no audio", *_numbers(one.deaf)])
        if one.consistency:
            same = [_plain(one.consistency.same), "", "", one.consistency.items, ""]
            writer.writerow([*head, "", "", "same choice in every order", *same])
            writer.writerow([*head, "", "", "accuracy over orders", *_numbers(one.consistency.accuracy)])
        for name, value in one.summary.baselines.items():
            writer.writerow([*head, "", "", name, _plain(value), "", "", "", ""])
        counts = {"unparsed": one.summary.unparsed, "skipped": one.summary.skipped, "errors": one.errors}
        for name, count in counts.items():
            writer.writerow([*head, "", "", name, count, "", "", one.summary.rows, ""])
        for field, values in one.summary.parts.items():
            for part, means in values.items():
                for name, found in means.items():
                    writer.writerow([*head, field, part, name, *_numbers(found)])
    return file.getvalue()


def as_json(one: Figures) -> dict[str, object]:
    """A task's figures as plain values."""
    return {
        "task": one.task.name,
        "model": one.model,
        "revision": one.revision,
        "rule": one.task.rule,
        "items": one.summary.rows,
        "protocols": {
            name: {"value": found.value, "low": found.low, "high": found.high, "items": found.items}
            for name, found in one.summary.protocols.items()
        },
        "figures": dict(one.whole_all),
        "unparsed": one.summary.unparsed,
        "skipped": one.summary.skipped,
        "errors": dict(one.faults),
        "pending": one.pending,
        "baselines": {**one.summary.baselines, **({"no audio": one.deaf.value} if one.deaf else {})},
        "consistency": one.consistency.same if one.consistency else None,
        "seconds": round(one.seconds, 2),
    }


def _items(found: Mapping[str, Mean]) -> int:
    return max((one.items for one in found.values()), default=0)


def _signed(value: object) -> bool:
    return isinstance(value, dict) and "signature" in value


def _mean(found: Mean | None) -> str:
    if found is None or math.isnan(found.value):
        return NONE
    return f"{100 * found.value:.1f} ({100 * found.low:.1f}-{100 * found.high:.1f})"


def _figure(found: Figure | None) -> str:
    if found is None or math.isnan(found.value):
        return NONE
    between = "" if found.low is None or found.high is None else f" ({found.low:.3f}-{found.high:.3f})"
    return f"{found.name} {found.value:.3f}{between}"


def _numbers(found: Mean) -> list[object]:
    return [*(_plain(value) for value in (found.value, found.low, found.high)), found.items, found.clusters]


def _plain(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"


def _columns(header: list[str], rows: list[list[str]]) -> str:
    used = [index for index in range(len(header)) if index == 0 or any(row[index] not in (NONE, "0") for row in rows)]
    lines = [[row[index] for index in used] for row in (header, *rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(used))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def _marked(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
