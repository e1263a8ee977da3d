"""A run's folder: what was asked for, and the records; see ``record.py`` for its files."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import soundfile
from pydantic import ValidationError

from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import BenchmarkError, OutputError
from afnext.base.files import replacing, write_json
from afnext.base.journal import Journal
from afnext.evaluation.hearing import Sound
from afnext.evaluation.record import Record

RECORDS, DEAF = "records.jsonl", "no-audio.jsonl"
"""Records of a task; and those of the same prompts asked without the recordings."""
FIXED = ("model", "settings", "seed")
"""What one folder has one of."""


@dataclass(frozen=True)
class Folder:
    """A run's folder."""

    root: Path

    @property
    def told(self) -> dict[str, Any]:
        """``run.json``; empty where there is none.

        Raises:
            BenchmarkError: it cannot be read.
        """
        path = self.root / "run.json"
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise BenchmarkError(f"{path} cannot be read: {error}", do="give another folder") from error
        return value if isinstance(value, dict) else {}

    def claim(self, told: Mapping[str, Any]) -> None:
        """Write what is asked for, or see that the run which is there already is the same.

        Raises:
            OutputError: the folder holds a run of another model or of other settings, or cannot be written to.
        """
        if self.root.exists() and not self.root.is_dir():
            raise OutputError(f"{self.root} is a file", expected="a folder for the run")
        there = self.told
        for name in FIXED:
            if there and there.get(name) != told.get(name):
                raise OutputError(
                    f"{self.root} holds a run with {name} {there.get(name)}",
                    expected=f"{told.get(name)}",
                    do="give another folder with --out",
                )
        tasks = {**there.get("tasks", {}), **told.get("tasks", {})}
        write_json(self.root / "run.json", {**there, **told, "tasks": tasks})

    def tasks(self) -> list[str]:
        """The tasks that have records, in the order in which they were asked for.

        Raises:
            BenchmarkError: none has.
        """
        found = {path.parent.name for path in self.root.glob(f"*/{RECORDS}")}
        order = [name for name in self.told.get("tasks", {}) if name in found]
        names = order + sorted(found - set(order))
        if not names:
            raise BenchmarkError(f"{self.root} holds no records", expected="the folder of a run of afnext evaluate")
        return names

    def journal(self, task: str, *, deaf: bool = False) -> Journal:
        """Where records of a task are appended."""
        return Journal(self.root / task / (DEAF if deaf else RECORDS))

    def keep_sound(self, task: str, sound: Sound) -> None:
        """Write a recording as ``<task>/sounds/<digest>.flac`` (16 kHz mono, 16 bit), unless it is there.

        Raises:
            OutputError: it cannot be written.
        """
        path = self.root / task / "sounds" / f"{sound.digest}.flac"
        if not path.is_file():
            with replacing(path) as draft:
                soundfile.write(draft, sound.samples, SAMPLE_RATE)

    def records(self, task: str, *, deaf: bool = False) -> list[Record]:
        """The records of a task, those of one sample, repeat and order once: the last, which may be a mended one.

        Raises:
            BenchmarkError: a line is no record.
        """
        found: dict[tuple[str, int, str], Record] = {}
        for record in self._all(task, deaf):
            found[record.item, record.repeat, record.order] = record
        return list(found.values())

    def _all(self, task: str, deaf: bool) -> Iterator[Record]:
        journal = self.journal(task, deaf=deaf)
        for row in journal.rows():
            try:
                yield Record.model_validate(row)
            except ValidationError as error:
                where = ", ".join(".".join(map(str, one["loc"])) for one in error.errors()[:3])
                raise BenchmarkError(f"{journal.path} holds a line that is no record: {where}") from error


def key_of(record: Record) -> tuple[Any, ...]:
    """What makes a record that of one asking; an asking with a record of the same key is not made again."""
    return (
        *(record.task, record.revision, record.item, record.repeat, record.order, record.audio, record.prompt_hash),
        *(record.model, json.dumps(record.settings, sort_keys=True, default=str)),
    )
