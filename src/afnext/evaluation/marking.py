"""From a record to a mark: the benchmark's rule, a judge where the rule reads one, and faults of the data."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from afnext.base.errors import ScoreError
from afnext.evaluation.record import Record
from afnext.evaluation.task import Task
from afnext.scoring.judge import Judge, judge
from afnext.scoring.judge_specs import SPECS
from afnext.scoring.mark import PROTOCOLS, Mark
from afnext.scoring.rules import find_rule
from afnext.scoring.summary import BROKEN

PENDING = Mark(None, known=False, note="not judged: give --judge")
"""The mark of an answer that waits for its judge: it counts nowhere."""
HIDDEN = Mark(None, known=False, note="the right answer is held back")
"""The mark of an answer that only the benchmark's authors can score."""


@dataclass(frozen=True, slots=True)
class Doubtful(Mark):
    """The mark of a sample whose data are at fault: the official script counts it, ``all-items`` has it wrong."""

    def score(self, protocol: str) -> float | None:
        """As of any mark, but 0 under ``all-items``."""
        return 0.0 if protocol == "all-items" else Mark.score(self, protocol)


@dataclass(frozen=True)
class Panel:
    """A judge that answers can be shown to.

    Attributes:
        judge: the endpoint.
        model: that judges; None: the one of the spec.
    """

    judge: Judge
    model: str | None = None


def judged(task: Task, record: Record, panel: Panel) -> Record:
    """The record with the judge's words in its row, where its rule reads them.

    Raises:
        ScoreError: the judge cannot be reached, or the row lacks what it is shown.
    """
    if not task.judge or record.raw is None or _words(task) in record.row:
        return record
    spec = SPECS[task.judge[0]]
    shown = {**record.row, "response": record.text}
    found = judge(spec, shown, panel.judge, panel.model)
    row = {**record.row, _words(task): list(found.replies), "judge": {"key": found.key, "model": found.model}}
    return scored(task, record.model_copy(update={"row": row}))


def is_pending(task: Task, record: Record) -> bool:
    """Whether a record waits for its judge."""
    return bool(task.judge) and record.raw is not None and _words(task) not in record.row


def mark_of(task: Task, record: Record) -> Mark:
    """The rule's mark of a record; never an error, whatever the model wrote."""
    if record.raw is None:
        return BROKEN
    if is_pending(task, record):
        return PENDING
    if task.submission and record.answer is None:
        return HIDDEN
    try:
        mark = find_rule(task.rule).mark(record.row)
    except ScoreError:
        return BROKEN
    if record.error is not None:
        return Doubtful(**{one.name: getattr(mark, one.name) for one in fields(Mark)})
    return mark


def scored(task: Task, record: Record) -> Record:
    """The record with its verdict and scores."""
    mark = mark_of(task, record)
    error = record.error
    if mark is BROKEN and error is None:
        try:
            find_rule(task.rule).mark(record.row)
        except ScoreError as problem:
            error = str(problem)
    scores: Mapping[str, Any] = {} if mark in (PENDING, HIDDEN) else {name: mark.score(name) for name in PROTOCOLS}
    return record.model_copy(
        update={"verdict": mark.verdict, "scores": scores, "unparsed": mark.unparsed, "error": error}
    )


def _words(task: Task) -> str:
    return "score" if task.rule.startswith("voicebench") else "judgement"
