"""A run's folder: what was asked for, what was answered, and where it lies.

run.json                what was asked for: model, settings, versions
<task>/records.jsonl    a line an asking, in the order in which they were answered (``record.py``)
<task>/no-audio.jsonl   the same prompts asked without the recordings
<task>/sounds/          recordings, by digest, where the report is to play them
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import soundfile
from pydantic import TypeAdapter, ValidationError

from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import BenchmarkError, OutputError
from afnext.base.files import replacing, write_json
from afnext.base.journal import Journal
from afnext.evaluation.hearing import Sound
from afnext.evaluation.record import Record

RUN = "the folder of a run of afnext evaluate"
RECORDS, DEAF = "records.jsonl", "no-audio.jsonl"
FIXED = ("model", "settings", "seed")
"""What one folder has one of."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ANYTHING = TypeAdapter[Any](Any)


@dataclass(frozen=True)
class Folder:
    """A run's folder."""

    root: Path

    @property
    def told(self) -> dict[str, Any] | None:
        """``run.json``; None where there is none.

        Raises:
            BenchmarkError: it cannot be read, or says nothing of a run.
        """
        path = self.root / "run.json"
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not JSON"
            raise BenchmarkError(f"{path} cannot be read: {reason}", do="give another folder") from error
        if not isinstance(value, dict) or not isinstance(value.get("tasks", {}), dict):
            raise BenchmarkError(f"{path} holds no run", expected="an object, with tasks by name")
        return value

    def claim(self, told: Mapping[str, Any]) -> None:
        """Write what is asked for, or see that the run which is there already is the same.

        Raises:
            OutputError: the folder holds a run of another model or of other settings, or cannot be written to.
        """
        if self.root.exists() and not self.root.is_dir():
            raise OutputError(f"{self.root} is a file", expected="a folder for the run")
        there = self.told or {}
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
        order = [name for name in (self.told or {}).get("tasks", {}) if name in found]
        names = order + sorted(found - set(order))
        if not names:
            raise BenchmarkError(f"{self.root} holds no records", expected=RUN)
        return names

    def journal(self, task: str, *, deaf: bool = False) -> Journal:
        """Where records of a task are appended."""
        return Journal(self.root / task / (DEAF if deaf else RECORDS))

    def records(self, task: str, *, deaf: bool = False) -> list[Record]:
        """The records of a task, those of one sample, repeat and order once: the last, which may be a mended one.

        Raises:
            BenchmarkError: they cannot be read, or a line is no record.
        """
        found: dict[tuple[str, str, int, str], Record] = {}
        path = self.journal(task, deaf=deaf).path
        try:
            with path.open("rb") as lines:
                for number, line in enumerate(lines, 1):
                    record = _record(line, f"{path}:{number}")
                    if record is not None:
                        found[record.task, record.item, record.repeat, record.order] = record
        except FileNotFoundError:
            return []
        except OSError as error:
            raise BenchmarkError(f"cannot read {path}: {error.strerror}", expected="a file of records") from error
        return list(found.values())

    def keep_sound(self, task: str, sound: Sound) -> None:
        """Write a recording (16 kHz mono, 16 bit), unless it is there.

        Raises:
            OutputError: it cannot be written.
        """
        path = self._sound(task, sound.digest)
        if not path.is_file():
            with replacing(path) as draft:
                soundfile.write(draft, sound.samples, SAMPLE_RATE)

    def sound(self, task: str, digest: str) -> Path | None:
        """Where a recording lies, if the run kept it.

        Names that lead out of the folder are not followed: a run may come from anywhere.
        """
        if not _DIGEST.fullmatch(digest) or Path(task).name != task or task == "..":
            return None
        path = self._sound(task, digest)
        return path if path.is_file() else None

    def _sound(self, task: str, digest: str) -> Path:
        return self.root / task / "sounds" / f"{digest}.flac"


def _record(line: bytes, place: str) -> Record | None:
    """The record in a line; None where the line is empty, or was cut short by a kill."""
    text = line.decode("utf-8", "replace").strip()
    try:
        value = json.loads(text)
        if "\\ud" in text.casefold():  # half a surrogate pair, which no text can hold, becomes a question mark
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
        return Record.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "record"
        raise BenchmarkError(f"{place}: {where}: {first['msg']}", expected="a record of a run") from error
    except (ValueError, RecursionError) as error:
        if not text or _is_cut(text):
            return None
        raise BenchmarkError(f"{place}: not JSON", expected="a record of a run", do="take the line out") from error


def _is_cut(text: str) -> bool:
    """Whether ``text`` is the beginning of a JSON value: a kill may cut the last line, and the next start ends it."""
    try:
        _ANYTHING.validate_json(text, experimental_allow_partial=True)
    except ValueError:
        return False
    return True


def key_of(record: Record) -> tuple[Any, ...]:
    """What makes a record that of one asking; an asking with a record of the same key is not made again."""
    return (
        *(record.task, record.revision, record.item, record.repeat, record.order, record.audio, record.prompt_hash),
        *(record.model, json.dumps(record.settings, sort_keys=True, default=str)),
    )
