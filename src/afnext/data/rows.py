"""Rows of training data as people have them: JSON lines with loose sound files, in any dialect.

    {"audio": "a.wav", "question": "What happens?", "answer": "A dog barks."}      one clip, or several in a list
    {"messages": [...]}, {"messages": [...], "audios": [...]}, {"sound": ..., "conversations": [...]}
                                                                                   the dialects of dialogue/dialects.py
    {"id": ..., "messages": [...], "audio": [{"path": ...}]}                       example rows: scenes, curation

Paths start from the folder of the file. A ``.json`` file holds a list of the same.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from afnext.base.errors import ConversationError
from afnext.dialogue.dialects import read_conversation
from afnext.dialogue.example import Example
from afnext.dialogue.message import AudioPart, Conversation, TextPart, assistant, user

_SIMPLE = {"audio", "question", "answer"}


@dataclass(frozen=True)
class Row:
    """A conversation with at least one answer to learn, and what messages call it."""

    name: str
    conversation: Conversation


def read_rows(path: str | os.PathLike[str]) -> list[Row]:
    """All rows of a ``.jsonl`` or ``.json`` file. No recording is opened.

    Raises:
        ConversationError: the file is missing, or a row is in no known form or has no answer; the row is named.
    """
    file = Path(path)
    rows = [Row(name, conversation_of(value, file.parent, name)) for name, value in values(file)]
    if not rows:
        raise ConversationError(f"{file} has no rows", expected="one JSON object a line")
    return rows


def conversation_of(value: Any, folder: Path, name: str) -> Conversation:
    """The conversation that one JSON value stands for.

    Raises:
        ConversationError: it is in no known form, or has no answer; it is called ``name``.
    """
    try:
        conversation = _read(value, folder)
    except ConversationError as error:
        raise ConversationError(f"{name}: {error}") from error
    if not any(message.role == "assistant" for message in conversation):
        raise ConversationError(f"{name} has no answer", expected="a turn of the assistant, to learn from")
    return conversation


def _read(value: Any, folder: Path) -> Conversation:
    if isinstance(value, Mapping) and value.keys() >= _SIMPLE:
        return _simple(value, folder)
    audio = value.get("audio") if isinstance(value, Mapping) else None
    if isinstance(audio, list) and "messages" in value and all(isinstance(item, Mapping) for item in audio):
        return Example.read(value).conversation(folder)
    return read_conversation(value, folder)


def _simple(value: Mapping[str, Any], folder: Path) -> Conversation:
    clips = value["audio"] if isinstance(value["audio"], list) else [value["audio"]]
    words = [value["question"], value["answer"]]
    if not all(isinstance(item, str) for item in [*clips, *words]):
        raise ConversationError("audio, question and answer", expected="a path (or a list of them) and two strings")
    parts = [AudioPart(str(folder / clip), value.get("start"), value.get("end")) for clip in clips]
    return user(*parts, TextPart(words[0])), assistant(words[1])


def values(file: Path) -> Iterator[tuple[str, Any]]:
    """Each JSON value of a ``.jsonl`` or ``.json`` file, with its name.

    Raises:
        ConversationError: the file is missing, or is no JSON.
    """
    if not file.is_file():
        raise ConversationError(f"{file}: no such file", expected="rows as JSON lines")
    text = file.read_text(encoding="utf-8", errors="replace")
    if file.suffix == ".json":
        whole = _parsed(text, str(file))
        if not isinstance(whole, list):
            raise ConversationError(f"{file} holds a {type(whole).__name__}", expected="a list of rows")
        yield from ((f"{file}, row {number}", value) for number, value in enumerate(whole, 1))
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            name = f"{file}, line {number}"
            yield name, _parsed(line, name)


def _parsed(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ConversationError(f"{name}: {error}", expected="JSON") from error
