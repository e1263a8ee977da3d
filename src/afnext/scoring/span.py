"""Times: how far spans overlap, which events are found, and whether reasoning points at its evidence. Seconds."""

import re
from collections.abc import Sequence

from afnext.base.errors import ScoreError
from afnext.dialogue.timestamps import Span, Timed, parse
from afnext.scoring.mark import Mark, Row, predicted, take
from afnext.scoring.options import normal
from afnext.scoring.said import said

COLLAR = 0.5

_ARTICLE = re.compile(r"^(?:an?|the|some) ")


def iou(one: Span, other: Span) -> float:
    """Intersection over union; of two spans without length, 1 where they are the same and 0 elsewhere.

    >>> iou(Span(0, 4), Span(2, 6))
    0.3333333333333333
    """
    union = max(one.end, other.end) - min(one.start, other.start)
    common = min(one.end, other.end) - max(one.start, other.start)
    if union <= 0:
        return 1.0
    return max(0.0, common) / (one.end - one.start + other.end - other.start - max(0.0, common) or union)


def union_iou(found: Sequence[Span], truth: Sequence[Span]) -> float:
    """Intersection over union of what ``found`` and ``truth`` cover in all; 1 where both cover nothing."""
    mine, theirs = _merged(found), _merged(truth)
    common = sum(max(0.0, min(a.end, b.end) - max(a.start, b.start)) for a in mine for b in theirs)
    whole = sum(s.end - s.start for s in (*mine, *theirs)) - common
    return common / whole if whole else float(mine == theirs)


def collar_hits(found: Sequence[Timed], truth: Sequence[Timed], collar: float = COLLAR, *, ends: bool = True) -> int:
    """How many events are found: the most pairs of one name whose starts (and ``ends``) lie within ``collar``."""
    names = [name_of(event) for event in truth]
    near = [
        [
            index
            for index, other in enumerate(truth)
            if name_of(event) == names[index]
            and abs(event.start - other.start) <= collar + 1e-9
            and (not ends or abs(event.end - other.end) <= collar + 1e-9)
        ]
        for event in found
    ]
    taken: dict[int, int] = {}
    return sum(_assign(number, near, taken, set()) for number in range(len(found)))


def name_of(event: Timed) -> str:
    """What an event is called, without case, punctuation and article."""
    return _ARTICLE.sub("", normal(event.text))


def f1(hits: int, found: int, truth: int) -> float:
    """F1 of ``hits`` among so many found and so many true; 1 where there are none of either."""
    return 2 * hits / (found + truth) if found + truth else 1.0


def grounded_share(steps: Sequence[Timed], evidence: Sequence[Span]) -> float | None:
    """The share of reasoning steps whose span overlaps the truth's; None where there are no steps.

    A step without length overlaps where it lies within a span, borders included.
    """
    if not steps:
        return None
    return sum(any(_touch(step, span) for span in evidence) for step in steps) / len(steps)


def mark_events(row: Row) -> Mark:
    """Fields: ``events`` (lists of ``[start, end, name]``, or objects of these), ``prediction``: text with spans.

    Verdict: ``{"hits", "found", "truth", "iou"}`` at a collar of half a second.
    """
    truth = [_timed(item) for item in _list(take(row, "events"), "events")]
    prediction, missing = predicted(row, "prediction", "response", "model_output", "output")
    found = parse(said(prediction)).events
    spans = ([Span(e.start, e.end) for e in found], [Span(e.start, e.end) for e in truth])
    verdict = {
        "hits": collar_hits(found, truth),
        "found": len(found),
        "truth": len(truth),
        "iou": union_iou(*spans),
    }
    return Mark(verdict, known=False, unparsed=not found, missing=missing)


def mark_grounding(row: Row) -> Mark:
    """Fields: ``evidence`` (lists of ``[start, end]``), ``prediction``: reasoning with spans in ``<think>``.

    Verdict: ``{"share", "steps"}``; the score is the share, 0 where no step has a span.
    """
    evidence = [Span(step.start, step.end) for step in map(_timed, _list(take(row, "evidence"), "evidence"))]
    prediction, missing = predicted(row, "prediction", "response", "model_output", "output")
    steps = parse(said(prediction)).steps
    share = grounded_share(steps, evidence)
    verdict = {"share": share, "steps": len(steps)}
    return Mark(verdict, share or 0.0, unparsed=share is None, missing=missing)


def _assign(number: int, near: Sequence[Sequence[int]], taken: dict[int, int], tried: set[int]) -> bool:
    """Find a partner for event ``number``, moving others where that helps (augmenting paths)."""
    for index in near[number]:
        if index not in tried:
            tried.add(index)
            if index not in taken or _assign(taken[index], near, taken, tried):
                taken[index] = number
                return True
    return False


def _merged(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def _touch(step: Timed, span: Span) -> bool:
    if step.start == step.end or span.start == span.end:
        return step.start <= span.end and span.start <= step.end
    return step.start < span.end and span.start < step.end


def _list(value: object, name: str) -> list[object]:
    if isinstance(value, list):
        return value
    raise ScoreError(f"{name} is {type(value).__name__}", expected=f"{name} as a list")


def _timed(item: object) -> Timed:
    try:
        if isinstance(item, dict):
            start, end, text = item["start"], item["end"], item.get("text", item.get("name", ""))
        else:
            assert isinstance(item, list | tuple)
            start, end, text = item[0], item[1], item[2] if len(item) > 2 else ""
        return Timed(float(start), float(end), str(text))
    except (AssertionError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ScoreError(f"{item!r} as a time", expected='[start, end, name] or {"start", "end", "text"}') from error
