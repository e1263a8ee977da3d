"""Runs that were made, as their folders tell of them; how a folder is laid out stands in ``record.py``."""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from afnext.base.errors import ScoreError
from afnext.evaluation.record import Record

RECORDS, DEAF = "records.jsonl", "no-audio.jsonl"
"""Records of a task; and those of the same prompts asked without the recordings."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Sample(NamedTuple):
    """What two runs over the same data have in common: which sample was asked, and how often before."""

    task: str
    revision: str
    item: str
    repeat: int


def sample_of(record: Record) -> Sample:
    """The sample that ``record`` is of."""
    return Sample(record.task, record.revision, record.item, record.repeat)


def cluster_of(record: Record) -> tuple[str, ...]:
    """What stands for the recordings of ``record``: samples of the same ones depend on each other."""
    return record.audio or (record.task, record.item)


def score_of(record: Record, protocol: str) -> float | None:
    """The score of ``record`` under ``protocol``, 0 to 1; None where it does not count.

    Where a rule has none of one sample, it is the share of words that are right, or the overlap of the spans told.
    """
    score, verdict = record.scores.get(protocol), record.verdict
    if score is None and protocol in record.scores and isinstance(verdict, Mapping):
        if "edits" in verdict and "length" in verdict:
            return max(0.0, 1.0 - float(verdict["edits"]) / max(1.0, float(verdict["length"])))
        return float(verdict["iou"]) if "iou" in verdict else None
    return score


@dataclass(frozen=True)
class Run:
    """A run.

    Attributes:
        folder: where it lies.
        name: what it is called beside others.
        about: ``run.json``.
        records: one a sample and repeat, tasks in the order of their names; of a sample that was asked again, the
            last. Those with their choices in another order are left out: they tell of consistency, not of the score.
        deaf: the same samples asked without their recordings, where the run did that.
    """

    folder: Path
    name: str
    about: Mapping[str, Any]
    records: tuple[Record, ...]
    deaf: tuple[Record, ...] = ()

    @classmethod
    def open(cls, folder: str | os.PathLike[str], name: str = "") -> "Run":
        """Read a run's folder. A last line that was cut off by a kill is passed over.

        Raises:
            ScoreError: the folder holds no run, or a line that is no record.
        """
        root = Path(folder)
        try:
            about = json.loads((root / "run.json").read_text(encoding="utf-8"))
        except OSError as error:
            raise ScoreError(
                f"{root} holds no run: run.json: {error.strerror}", expected="the folder of a run"
            ) from error
        except ValueError as error:
            raise ScoreError(f"{root / 'run.json'} is not JSON", expected="the folder of a run") from error
        if not isinstance(about, dict):
            raise ScoreError(f"{root / 'run.json'}: {type(about).__name__}", expected="an object")
        records = _last(root, RECORDS)
        if not records:
            raise ScoreError(f"{root} holds no records", expected=f"lines in {root}/TASK/{RECORDS}")
        return cls(root, name or root.resolve().name, about, records, _last(root, DEAF))

    @cached_property
    def by_sample(self) -> Mapping[Sample, Record]:
        """The records by what they are of."""
        return {sample_of(record): record for record in self.records}

    @cached_property
    def without_sound(self) -> Mapping[Sample, Record]:
        """``deaf`` by what they are of."""
        return {sample_of(record): record for record in self.deaf}

    @property
    def model(self) -> str:
        """The model that was asked, as the run or its records name it."""
        told = self.about.get("model")
        return told if isinstance(told, str) and told else self.records[0].model

    def sound(self, record: Record, number: int = 0) -> Path | None:
        """Where the recording ``number`` of ``record`` lies, if the run kept it.

        Names that lead out of the run's folder are not followed: a run may come from anywhere.
        """
        digest, task = record.audio[number], record.task
        if not _DIGEST.fullmatch(digest) or Path(task).name != task or task == "..":
            return None
        path = self.folder / task / "sounds" / f"{digest}.flac"
        return path if path.is_file() else None


def open_runs(folders: Sequence[Path]) -> list[Run]:
    """Several runs, each under a name of its own.

    Raises:
        ScoreError: a folder holds no run, or is named twice.
    """
    whole = [folder.resolve() for folder in folders]
    if twice := next((folder for number, folder in enumerate(whole) if folder in whole[:number]), None):
        raise ScoreError(f"{twice} is named twice", expected="different runs")
    last = [folder.name for folder in whole]
    short = len(set(last)) == len(last)
    names = last if short else [str(folder) for folder in folders]
    return [Run.open(folder, name) for folder, name in zip(folders, names, strict=True)]


def _last(root: Path, name: str) -> tuple[Record, ...]:
    """The last record of each sample and repeat of every task, in the place of the first."""
    kept: dict[tuple[str, str, int], Record] = {}
    for path in sorted(root.glob(f"*/{name}")):
        for record in _read(path):
            if not record.order:
                kept[record.task, record.item, record.repeat] = record
    return tuple(kept.values())


def _read(path: Path) -> Iterator[Record]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as error:
        raise ScoreError(f"cannot read {path}: {error.strerror}", expected="a file of records") from error
    whole = len(lines) - 1  # what stands behind the last line's end was cut off, or is nothing
    for number, line in enumerate(lines[:whole], 1):
        if line.strip():
            yield _record(line, f"{path}:{number}")


def _record(line: str, place: str) -> Record:
    try:
        value = json.loads(line)
        if "\\ud" in line.casefold():  # half a surrogate pair, which no text can hold, becomes a question mark
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
        return Record.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "record"
        raise ScoreError(f"{place}: {where}: {first['msg']}", expected="a record of a run") from error
    except (ValueError, RecursionError) as error:
        raise ScoreError(f"{place}: not JSON", expected="a record of a run") from error
