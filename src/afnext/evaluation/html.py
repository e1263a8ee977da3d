"""Runs as one HTML page that needs nothing else: scores, mistakes, and every sample to be read and heard.

What models wrote is untrusted: all text is escaped by the template, and the page's Content-Security-Policy lets nothing
run or load but the one script and the one style sheet that it was made with, by their hashes, and sounds that stand in
the page itself. Sounds take at most so many megabytes; those of wrong answers come first, and what has no room is
linked to where the run keeps it.
"""

import base64
import hashlib
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, StrictUndefined

from afnext.base.errors import AudioError
from afnext.base.files import write_text
from afnext.base.progress import Tell, silent
from afnext.evaluation.facts import DIMENSIONS, order_of
from afnext.evaluation.gaps import LEVEL, Change, Gaps
from afnext.evaluation.mistakes import is_wrong, truth_of
from afnext.evaluation.mixture import Mixture
from afnext.evaluation.record import Record
from afnext.evaluation.runs import Run, sample_of
from afnext.evaluation.sounds import shrink
from afnext.evaluation.timeline import Clip, clips
from afnext.scoring.mark import PROTOCOLS

MEGABYTES = 40.0
"""Of sound in a page, if not said otherwise."""
PATIENCE = 20
"""Recordings in a row that have no room, before no more are tried."""
LONGEST_TEXT = 20_000
"""Characters of a text that are shown."""
HEAD = 100
"""Characters of a prompt beside a sample that is closed."""


@dataclass(frozen=True)
class Shown:
    """A sample of the page: ``state`` is "right", "wrong", "unparsed", "not asked" or "left out"."""

    run: str
    record: Record
    state: str
    kind: str
    skill: str
    head: str
    truth: str
    verdict: str
    facts: str
    clips: tuple[Clip, ...]


def write_page(
    path: str | os.PathLike[str],
    runs: Sequence[Run],
    gaps: Sequence[Gaps],
    *,
    title: str = "Evaluation",
    comparisons: Sequence[tuple[tuple[str, str], Sequence[Change]]] = (),
    mixture: Mixture | None = None,
    megabytes: float = MEGABYTES,
    tell: Tell = silent,
) -> None:
    """Write the page.

    Args:
        path: the HTML file.
        runs: what was answered.
        gaps: what each of them comes to, under one protocol.
        title: of the page.
        comparisons: pairs of runs by name, with what differs between them.
        mixture: what to train on next.
        megabytes: how much of the page may be sound.
        tell: told of the recordings that are put in.

    Raises:
        OutputError: the file cannot be written.
    """
    shown = [one for run, found in zip(runs, gaps, strict=True) for one in _shown(run, found)]
    place = {name: number for number, name in enumerate(run.name for run in runs)}
    shown.sort(key=lambda one: (sample_of(one.record), place[one.run]))
    shown = [replace(one, clips=tuple(_named(clip, number) for clip in one.clips)) for number, one in enumerate(shown)]
    sounds = _embedded(shown, megabytes * 1e6, tell)
    shown = [_placed(one, sounds, Path(path)) for one in shown]
    style, script = (_part(name) for name in ("page.css", "page.js"))
    page = _environment().from_string(_part("page.html"))
    write_text(
        path,
        page.render(
            title=title,
            policy=_policy(style, script),
            style=style,
            script=script,
            gaps=gaps,
            protocol=gaps[0].protocol,
            protocols=[name for name in PROTOCOLS if any(name in t.means for g in gaps for t in g.totals.values())],
            dimensions=[name for name in DIMENSIONS if any(name in found.parts for found in gaps)],
            groups={
                name: sorted({group for found in gaps for group in found.parts.get(name, {})}, key=order_of)
                for name in DIMENSIONS
            },
            comparisons=comparisons,
            level=LEVEL,
            mixture=mixture,
            samples=shown,
            filters=_filters(shown),
            sounds=sounds,
        ),
    )


def _shown(run: Run, gaps: Gaps) -> list[Shown]:
    return [
        Shown(
            run.name,
            record,
            _state(record, gaps.protocol),
            gaps.kinds.get(sample_of(record), ""),
            DIMENSIONS["skill"](record),
            " ".join(record.prompt[: 4 * HEAD].split())[:HEAD],
            truth_of(record),
            _told(record.verdict),
            _told({name: value for name, value in record.facts.items() if not _drawn(name, value)}),
            tuple(clips(run, record, "clip")),
        )
        for record in run.records
    ]


def _drawn(name: str, value: Any) -> bool:
    """Whether the line of time tells a fact already."""
    return name in ("evidence", "events") and isinstance(value, list | tuple)


def _state(record: Record, protocol: str) -> str:
    wrong = is_wrong(record, protocol)
    if record.raw is None:
        return "not asked"
    if record.unparsed:
        return "unparsed"
    return "left out" if wrong is None else "wrong" if wrong else "right"


def _named(clip: Clip, number: int) -> Clip:
    return replace(clip, name=f"{clip.name}-{number}")


def _embedded(shown: Sequence[Shown], room: float, tell: Tell) -> dict[str, str]:
    """Digest -> sound as base64, as many as there is room for."""
    wanted = dict[str, Clip]()
    for one in sorted(shown, key=lambda one: one.state == "right"):
        for clip in one.clips:
            if clip.path:
                wanted.setdefault(clip.digest, clip)
    sounds, refused = dict[str, str](), 0
    for number, (digest, clip) in enumerate(wanted.items(), 1):
        if refused == PATIENCE:
            break
        try:
            data = base64.b64encode(shrink(Path(clip.path))[0]).decode("ascii") if clip.seconds < 1e-3 * room else ""
        except AudioError:  # the page links to it, and whoever follows sees
            continue
        if data and len(data) <= room:
            sounds[digest] = data
            room -= len(data)
            refused = 0
        else:
            refused += 1
        tell("Sounds for the page", number, len(wanted))
    return sounds


def _placed(one: Shown, sounds: Mapping[str, str], page: Path) -> Shown:
    """The sample with what its recordings became."""
    folder = page.resolve().parent
    made = [
        replace(
            clip,
            embedded=clip.digest in sounds,
            link=quote(Path(os.path.relpath(Path(clip.path).resolve(), folder)).as_posix()) if clip.path else "",
        )
        for clip in one.clips
    ]
    return replace(one, clips=tuple(made))


def _filters(shown: Sequence[Shown]) -> dict[str, list[str]]:
    """Field -> the values that samples have, where there is a choice."""
    values = {
        "run": {one.run for one in shown},
        "task": {one.record.task for one in shown},
        "skill": {one.skill for one in shown},
        "answer": {one.state for one in shown},
        "mistake": {one.kind for one in shown},
    }
    return {field: sorted(some - {""}) for field, some in values.items() if len(some) > 1}


def _policy(style: str, script: str) -> str:
    """What the page may run and load."""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; media-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"


def _part(name: str) -> str:
    return (files("afnext.evaluation") / name).read_text(encoding="utf-8")


def _environment() -> Environment:
    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {"percent": _percent, "points": _points, "small": _small, "seconds": _seconds, "short": _short}
    return made


def _percent(value: float) -> str:
    return "" if math.isnan(value) else f"{100 * value:.1f} %"


def _points(value: float) -> str:
    return f"{100 * value:+.1f}"


def _small(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else f"{value:.1g}"


def _seconds(value: float) -> str:
    return f"{value:.1f} s"


def _short(text: str) -> str:
    left = len(text) - LONGEST_TEXT
    return text if left <= 0 else f"{text[:LONGEST_TEXT]}\n({left} more characters)"


def _told(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str) if value not in (None, {}, ()) else ""
