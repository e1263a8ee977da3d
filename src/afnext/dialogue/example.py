"""One row of training data: a conversation, the recordings it is about, and where all of it comes from."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from afnext.base.config import Frozen
from afnext.base.errors import ConversationError
from afnext.dialogue.dialects import read_conversation
from afnext.dialogue.message import Conversation


class Recording(Frozen):
    """A recording that a row is about: by ``path``, or by the ``key`` of a shard's member."""

    path: str | None = None
    key: str | None = None
    start: float | None = Field(default=None, ge=0)
    """Seconds into the file; None for its beginning."""
    end: float | None = Field(default=None, gt=0)
    """Seconds into the file; None for its end."""
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if (self.path is None) == (self.key is None):
            raise ValueError("a recording has either a path or a key")
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ValueError(f"ends at {self.end} s, not after its start at {self.start} s")
        return self


class Provenance(Frozen):
    """What made a row."""

    step: str
    annotator: str | None = None
    prompt_version: str | None = None


class Example(Frozen):
    """One row, as scenes and curation write it and training reads it.

    ``messages`` are in the parts dialect with bare ``{"type": "audio"}`` parts: the first is about ``audio[0]``, and so
    on. A row that says otherwise is refused when it is made.
    """

    id: str = Field(min_length=1)
    messages: tuple[dict[str, Any], ...]
    audio: tuple[Recording, ...] = ()
    skill: str = ""
    domain: str = ""
    source: str = ""
    licence: str = ""
    provenance: Provenance | None = None
    checks: tuple[str, ...] = ()
    """What verified the row."""

    @model_validator(mode="after")
    def _checked(self) -> Self:
        self.conversation(members={recording.key: b"" for recording in self.audio if recording.key})
        return self

    @classmethod
    def read(cls, value: Any, name: str = "row") -> Self:
        """Check one JSON object.

        Raises:
            ConversationError: a field is missing, unknown or wrong; each is named after ``name``.
        """
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            problems = [f"{'.'.join(map(str, item['loc'])) or 'row'}: {item['msg']}" for item in error.errors()]
            raise ConversationError(f"{name}: {', '.join(problems)}", expected="an example row") from error

    def line(self) -> str:
        """The row as one line of JSON, without the fields left at their defaults."""
        return json.dumps(self.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)

    def conversation(
        self, folder: str | os.PathLike[str] | None = None, members: Mapping[str, Any] | None = None
    ) -> Conversation:
        """The row's conversation, with its recordings in place.

        Args:
            folder: where relative paths start from.
            members: what each ``key`` stands for: the bytes, or an open file, of a shard's member.

        Raises:
            ConversationError: more or fewer audio parts than recordings, or a key without a member.
        """
        recordings = iter(self.audio)
        messages = [
            message | {"content": [_bound(part, recordings, members or {}) for part in message["content"]]}
            if isinstance(message.get("content"), list | tuple)
            else message
            for message in self.messages
        ]
        if left := len(list(recordings)):
            raise ConversationError(f"{left} of {len(self.audio)} recordings are in no message")
        return read_conversation(messages, folder)


def read_examples(path: str | os.PathLike[str]) -> Iterator[Example]:
    """The rows of a JSONL file, one at a time; blank lines are skipped.

    Raises:
        ConversationError: the file is missing, or a line is not an example row; the line is named.
    """
    if not Path(path).is_file():
        raise ConversationError(f"{path}: no such file", expected="example rows as JSON lines")
    with Path(path).open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except ValueError as error:
                raise ConversationError(f"{path}, line {number}: {error}", expected="one JSON object") from error
            yield Example.read(value, f"{path}, line {number}")


def _bound(part: Any, recordings: Iterator[Recording], members: Mapping[str, Any]) -> Any:
    """A bare audio part with the next recording in it; any other part as it is."""
    if not isinstance(part, Mapping) or part.get("type") != "audio":
        return part
    if set(part) != {"type"}:
        raise ConversationError(f"an audio part with {', '.join(sorted(set(part) - {'type'}))}", expected="a bare one")
    recording = next(recordings, None)
    if recording is None:
        raise ConversationError("more audio parts than recordings", expected="one recording for each")
    if recording.key is not None and recording.key not in members:
        raise ConversationError(f"no member {recording.key!r}", expected="the recording that the row names")
    source = recording.path if recording.key is None else members[recording.key]
    return {"type": "audio", "audio": source, "start": recording.start, "end": recording.end}
