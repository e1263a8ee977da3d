"""Marks of many rows, summed up: protocols with intervals, what was not counted and why, parts, and baselines."""

import json
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from afnext.scoring.baselines import baselines
from afnext.scoring.interval import Mean, mean
from afnext.scoring.mark import PROTOCOLS, Mark, Row

RECORDINGS = ("audio_id", "audio_path", "audio", "audio_hash", "file_name", "video_id")
"""Fields that name the recording of a row, in the order they are looked for; rows of one recording are one cluster."""

BROKEN = Mark(None, parsed=0.0, unparsed=True, missing=True)
"""The mark of a row that cannot be read: wrong under ``all-items`` and ``parsed``, left out of ``official``."""


@dataclass(frozen=True)
class Summary:
    """What the marks of a file come to.

    Attributes:
        protocols: protocol -> mean with interval; only those that the rule has.
        rows: all rows, broken ones too.
        unparsed: rows that have a prediction in which the rule finds no answer.
        skipped: rows of known truth that the official script leaves out of its total.
        missing: rows without a prediction.
        broken: rows that could not be read.
        notes: what is odd in rows -> how often.
        baselines: what trivial choices score.
        parts: field -> value -> protocol -> mean.
    """

    protocols: Mapping[str, Mean]
    rows: int
    unparsed: int
    skipped: int
    missing: int
    broken: int
    notes: Mapping[str, int] = field(default_factory=dict)
    baselines: Mapping[str, float] = field(default_factory=dict)
    parts: Mapping[str, Mapping[str, Mapping[str, Mean]]] = field(default_factory=dict)


def summarise(rows: Sequence[Row | None], marks: Sequence[Mark], by: Iterable[str] = (), cluster: str = "") -> Summary:
    """Sum up ``marks`` of ``rows``; a row that could not be read is None, its mark ``BROKEN``.

    Args:
        rows: the rows, of which recordings and the fields ``by`` are read.
        marks: as many.
        by: fields to break the scores down by; a row without the field is under "".
        cluster: the field that names the recording; by default the first of ``RECORDINGS`` that a row has.
    """
    clusters = [recording(row, cluster) or number for number, row in enumerate(rows)]
    right = [(mark.options, mark.right) for mark in marks if mark.options and mark.right is not None]
    return Summary(
        protocols=_means(marks, clusters),
        rows=len(marks),
        unparsed=sum(mark.unparsed and not mark.missing for mark in marks),
        skipped=sum(mark.known and mark.official is None and mark is not BROKEN for mark in marks),
        missing=sum(mark.missing and mark is not BROKEN for mark in marks),
        broken=sum(mark is BROKEN for mark in marks),
        notes=dict(Counter(mark.note for mark in marks if mark.note).most_common()),
        baselines=baselines((options, index) for options, index in right if index is not None),
        parts={name: _parts(rows, marks, clusters, name) for name in by},
    )


def _means(marks: Sequence[Mark], clusters: Sequence[Hashable]) -> dict[str, Mean]:
    found: dict[str, Mean] = {}
    for protocol in PROTOCOLS:
        if protocol == "parsed" and all(mark.parsed is None for mark in marks if mark is not BROKEN):
            continue
        scored = [(mark.score(protocol), cluster) for mark, cluster in zip(marks, clusters, strict=True)]
        kept = [(score, cluster) for score, cluster in scored if score is not None]
        if any(mark.known for mark in marks if mark is not BROKEN):
            found[protocol] = mean([score for score, _ in kept], [cluster for _, cluster in kept])
    return found


def _parts(
    rows: Sequence[Row | None], marks: Sequence[Mark], clusters: Sequence[Hashable], name: str
) -> dict[str, dict[str, Mean]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        groups[_told(row.get(name, "")) if row is not None else ""].append(number)
    return {
        value: _means([marks[number] for number in numbers], [clusters[number] for number in numbers])
        for value, numbers in sorted(groups.items())
    }


def recording(row: Row | None, cluster: str = "") -> Hashable:
    """What names the recording of ``row``, or None."""
    if row is None:
        return None
    names = (cluster,) if cluster else RECORDINGS
    return next((_told(row[name]) for name in names if row.get(name) not in (None, "")), None)


def _told(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
