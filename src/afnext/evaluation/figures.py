"""What the records of a task come to: protocols with intervals, the rule's own figures, baselines, consistency."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from afnext.base.errors import AfnextError
from afnext.evaluation.folder import Folder
from afnext.evaluation.marking import PENDING, is_pending, mark_of
from afnext.evaluation.record import Record
from afnext.evaluation.task import Task
from afnext.scoring import mmau_pro, voicebench
from afnext.scoring.interval import Mean, mean
from afnext.scoring.mark import Mark
from afnext.scoring.options import parse_option
from afnext.scoring.rules import find_rule
from afnext.scoring.summary import BROKEN, Summary, summarise

Pair = tuple[Record, Mark]
KINDS = {
    "is not among the choices": "an answer that is not among the choices",
    "is none of the set": "a label that is none of the set",
    "the id ": "an id that is there more than once",
    "annotators": "not three annotators",
}
"""Words of a fault, and what faults with them are counted as."""


@dataclass(frozen=True)
class Consistency:
    """What another order of the choices changes.

    Attributes:
        items: samples that were asked in every order.
        same: the share of them for which the same choice was named each time; what cannot be read is not the same.
        accuracy: over all orders, by the option parser.
    """

    items: int
    same: float
    accuracy: Mean


@dataclass(frozen=True)
class Figure:
    """The figure that a rule has for a whole file, such as an error rate, with its interval where there is one."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Figures:
    """What a task's records come to.

    Attributes:
        task: the benchmark.
        model, revision: whose records, on which data.
        summary: by the room's scoring, over the data's own order of choices.
        whole: the rule's figures over rows that could be asked; ``whole_all`` over all, what could not be as empty.
        figure: what the table shows of ``whole_all``; None where the protocols say it all.
        pending: answers that wait for a judge.
        faults: what was wrong in data and answers -> how often.
        deaf: the score under ``all-items`` of the same prompts without recordings; None where they were not asked.
        consistency: None where choices were not permuted.
        seconds: of work in all.
    """

    task: Task
    model: str
    revision: str
    summary: Summary
    whole: Mapping[str, Any] = field(default_factory=dict)
    whole_all: Mapping[str, Any] = field(default_factory=dict)
    figure: Figure | None = None
    pending: int = 0
    faults: Mapping[str, int] = field(default_factory=dict)
    deaf: Mean | None = None
    consistency: Consistency | None = None
    seconds: float = 0.0

    @property
    def errors(self) -> int:
        """Samples with faults, recordings that could not be heard, questions that were refused."""
        return sum(self.faults.values())


def figures_of(folder: Folder, task: Task, by: Sequence[str] | None = None) -> Figures:
    """Sum up a task of a run. ``by``: facts to break the scores down by; the task's own if left out.

    Raises:
        BenchmarkError: there are no records, or a line is none.
    """
    everything = folder.records(task.name)
    records = [record for record in everything if not record.order]
    pairs = [(record, mark_of(task, record)) for record in records]
    rows = [{**_row(record), **record.facts} for record in records]
    marks = [mark for _, mark in pairs]
    summary = summarise(rows, marks, task.by if by is None else by, "audio_hash")
    whole, problem = _whole(task, pairs)
    every, _ = _whole(task, [_silent(task, pair) for pair in pairs])
    faults: dict[str, int] = defaultdict(int)
    for record in records:
        if record.error:
            faults[_kind(record)] += 1
    if problem:
        faults[problem] += 0
    first = records[0] if records else None
    return Figures(
        task=task,
        model=first.model if first else "",
        revision=first.revision if first else "",
        summary=summary,
        whole=whole,
        whole_all=every,
        figure=_figure(task.figure, every),
        pending=sum(is_pending(task, record) for record in records),
        faults=dict(faults),
        deaf=_deaf(folder, task),
        consistency=_consistency(task, everything),
        seconds=sum(record.seconds for record in everything),
    )


def overall(figures: Sequence[Figures]) -> dict[str, float]:
    """The boards' overall values, from 0 to 1, of families all of whose parts were run: MMAU-Pro and VoiceBench."""
    found = {one.task.name: one for one in figures}
    values: dict[str, float] = {}
    parts = [found.get(f"mmau-pro-{part}") for part in ("closed", "open", "if")]
    known = [(one.summary.protocols.get("official"), one) for one in parts if one]
    scores = {one.task.name: (score.value, score.items) for score, one in known if score and score.items}
    if len(scores) == len(parts):
        values["mmau-pro"] = mmau_pro.weighted(scores)
    board: dict[str, float] = {}
    for part in voicebench.PARTS:
        one = found.get(f"voicebench-{part.replace('_full', '')}")
        protocols = one.summary.protocols.get("official") if one else None
        if protocols and protocols.items:
            board[part] = protocols.value * (5 if part in voicebench.RATED else 100)
    if len(board) == len(voicebench.PARTS):
        values["voicebench"] = voicebench.overall(board) / 100
    return values


def _row(record: Record) -> dict[str, Any]:
    return {**record.row, "audio_hash": " ".join(record.audio)}


def _silent(task: Task, pair: Pair) -> Pair:
    """A record that could not be asked, as if nothing had been said; any other as it is."""
    record, mark = pair
    if mark is not BROKEN or not record.row:
        return pair
    record = record.model_copy(update={"row": {**record.row, task.prediction: ""}, "raw": "", "error": None})
    return record, mark_of(task, record)


def _whole(task: Task, pairs: Sequence[Pair]) -> tuple[dict[str, Any], str]:
    """The rule's figures of a whole file, and why there are none."""
    entry = find_rule(task.rule)
    kept = [(record, mark) for record, mark in pairs if mark is not BROKEN and mark is not PENDING]
    if entry.whole is None or not kept:
        return {}, ""
    try:
        return dict(entry.whole([_row(record) for record, _ in kept], [mark for _, mark in kept])), ""
    except AfnextError as error:
        return {}, f"no {task.figure or 'figures'}: {error}"


def _figure(name: str, whole: Mapping[str, Any]) -> Figure | None:
    value = whole.get(name)
    if isinstance(value, Mapping):
        number = value.get("value", value.get("score"))
        return None if number is None else Figure(name, float(number), value.get("low"), value.get("high"))
    return Figure(name, float(value)) if isinstance(value, int | float) else None


def _kind(record: Record) -> str:
    """A fault without the place and the name, so that many of one kind are one line."""
    told = record.error or ""
    if "no field" in told:
        return f"no field {told.partition('no field ')[2].partition(' among ')[0]}"
    for sign, kind in KINDS.items():
        if sign in told:
            return kind
    if record.raw is not None:
        return "a row that the rule cannot read"
    if not record.row:
        return "a row that cannot be read"
    return "a question that was refused" if record.audio else "a recording that cannot be heard"


def _deaf(folder: Folder, task: Task) -> Mean | None:
    records = [record for record in folder.records(task.name, deaf=True) if not record.order]
    scores = [(mark_of(task, record).score("all-items"), record) for record in records]
    kept = [(score, record) for score, record in scores if score is not None]
    return mean([score for score, _ in kept], [_cluster(record) for _, record in kept]) if kept else None


def _cluster(record: Record) -> str:
    return " ".join(record.audio) or record.item


def _consistency(task: Task, records: Sequence[Record]) -> Consistency | None:
    groups: dict[tuple[str, int], list[Record]] = defaultdict(list)
    for record in records:
        if len(record.choices) > 1:
            groups[record.item, record.repeat].append(record)
    whole = [group for group in groups.values() if len({one.order for one in group}) == len(group[0].choices)]
    if not whole:
        return None
    named = [[_named(record) for record in group] for group in whole]
    same = [len(set(texts)) == 1 and texts[0] is not None for texts in named]
    right = [
        (float(text is not None and text == _truth(record)), _cluster(record))
        for texts, group in zip(named, whole, strict=True)
        for text, record in zip(texts, group, strict=True)
        if record.answer is not None
    ]
    accuracy = mean([score for score, _ in right], [cluster for _, cluster in right])
    return Consistency(len(whole), sum(same) / len(same), accuracy)


def _named(record: Record) -> str | None:
    """The choice that was named, by its text."""
    index = parse_option(record.text, record.choices)
    return None if index is None else record.choices[index]


def _truth(record: Record) -> str:
    return record.answer if isinstance(record.answer, str) else json.dumps(record.answer)
