"""Conversations as data sets write them, read into the one canonical form of ``message``. Three dialects are in use:

    parts     [{"role": "user", "content": [{"type": "audio", "path": "a.wav"}, {"type": "text", "text": "What?"}]}]
    audios    {"messages": [{"role": "user", "content": "<audio>What?"}], "audios": ["a.wav"]}
    sound     {"sound": "a.wav", "conversations": [{"from": "human", "value": "<sound>\\nWhat?"}]}

They are those of transformers; of ms-swift and LLaMA-Factory; of LLaVA, NeMo and Audio Flamingo itself.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from afnext.base.errors import ConversationError
from afnext.dialogue.message import AudioPart, Conversation, Message, Part, Role, TextPart, check

_ROLES: dict[str, Role] = {
    "system": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
}
_SOURCES = ("path", "audio", "url")
_AUDIO = re.compile(r"<audio>")
_SOUND = re.compile(r"<sound(?:-(?P<number>[0-9]{1,6}))?>")


def read_conversation(value: Any, folder: str | os.PathLike[str] | None = None) -> Conversation:
    """Read a conversation in any of the three dialects.

    A placeholder at the start or end of a line disappears: its clip is a part of the turn. One within a sentence leaves
    the words ``audio 2`` behind, because the template puts clips before words and the sentence must still say which one
    it means. ``<sound-2>`` is the second of ``sound``; later mentions refer to the same clip.

    Args:
        value: a list of messages, or a mapping with ``messages`` or ``conversations``. Other keys are left alone, and
            turns whose content is null are left out.
        folder: where relative paths start from.

    Raises:
        ConversationError: the value is in none of the dialects, or placeholders and clips do not match.
    """
    if isinstance(value, Mapping) and "conversations" in value:
        turns = _turns(value["conversations"], role="from", content="value")
        messages = _Placeholders(_SOUND, "sound", _listed(value.get("sound"))).fill(turns)
    elif isinstance(value, Mapping) and "messages" in value:
        turns = _turns(value["messages"], role="role", content="content")
        if "audios" in value or any(isinstance(content, str) and _AUDIO.search(content) for _, content in turns):
            messages = _Placeholders(_AUDIO, "audios", _listed(value.get("audios"))).fill(turns)
        else:
            messages = [Message(role, _content(content)) for role, content in turns]
    elif isinstance(value, Mapping):
        raise ConversationError(
            f"an object with the keys {_short(list(value))}", expected="'messages' or 'conversations' among them"
        )
    else:
        turns = _turns(value, role="role", content="content")
        messages = [Message(role, _content(content)) for role, content in turns]
    return tuple(_placed(message, folder) for message in check(messages))


def _turns(value: Any, *, role: str, content: str) -> list[tuple[Role, Any]]:
    """``[(role, content), ...]`` of a list of turns in either naming."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise ConversationError(f"turns of type {type(value).__name__}", expected="a list of messages")
    turns: list[tuple[Role, Any]] = []
    for number, turn in enumerate(value, 1):
        if not isinstance(turn, Mapping) or role not in turn or content not in turn:
            raise ConversationError(
                f"turn {number}: {_short(turn)}", expected=f"an object with {role!r} and {content!r}"
            )
        name = turn[role]
        if not isinstance(name, str) or name not in _ROLES:
            raise ConversationError(f"turn {number}: {role} {_short(name)}", expected=", ".join(_ROLES))
        if turn[content] is not None:
            turns.append((_ROLES[name], turn[content]))
    return turns


def _content(content: Any) -> tuple[Part, ...]:
    """Parts of a message in the parts dialect."""
    if isinstance(content, str):
        return (TextPart(content),)
    if not isinstance(content, Sequence) or isinstance(content, bytes):
        raise ConversationError(f"content of type {type(content).__name__}", expected="a string or a list of parts")
    return tuple(map(_part, content))


def _part(part: Any) -> Part:
    if isinstance(part, AudioPart | TextPart):
        return part
    if isinstance(part, Mapping):
        named = [key for key in _SOURCES if part.get(key) is not None]
        if part.get("type", "text") == "text" and "text" in part:
            return TextPart(part["text"])
        if part.get("type", "audio") == "audio" and len(named) == 1:
            return AudioPart(part[named[0]], _seconds(part, "start"), _seconds(part, "end"))
    raise ConversationError(
        f"part {_short(part)}",
        expected='{"type": "text", "text": ...} or {"type": "audio"} with one of "path", "audio", "url"',
    )


def _seconds(part: Mapping[str, Any], key: str) -> float | None:
    value = part.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConversationError(f"{key} {_short(value)} of a clip", expected="seconds, as a number")
    return float(value)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


@dataclass(frozen=True, slots=True)
class _Placeholders:
    """Turns whose clips are named by placeholders in the text, and listed beside it under ``key``."""

    tag: re.Pattern[str]
    key: str
    sources: list[Any]

    def fill(self, turns: list[tuple[Role, Any]]) -> list[Message]:
        """Messages with clips for placeholders.

        Raises:
            ConversationError: more or fewer placeholders than clips, or a number that names none.
        """
        messages: list[Message] = []
        heard: list[int] = []  # indices into sources, in the order in which placeholders name them
        for number, (role, content) in enumerate(turns, 1):
            if not isinstance(content, str):
                raise ConversationError(
                    f"turn {number}: content of type {type(content).__name__}", expected=f"a string beside {self.key!r}"
                )
            try:
                parts = self._parts(content, heard) if role == "user" else [TextPart(self._referring(content, heard))]
                messages.append(Message(role, tuple(parts)))
            except ConversationError as error:
                raise ConversationError(f"turn {number}: {error}") from error
        if len(heard) != len(self.sources):
            raise ConversationError(
                f"{len(heard)} placeholders with {len(self.sources)} clips under {self.key!r}",
                expected="one placeholder for each clip",
            )
        return messages

    def _parts(self, content: str, heard: list[int]) -> list[Part]:
        """A user's turn in pieces; ``heard`` grows by the clips it brings."""
        parts: list[Part] = []
        text = ""
        end = 0
        for found in self.tag.finditer(content):
            index = self._index(found, heard)
            named = self._within_sentence(content, found)
            text += content[end : found.start()]
            end = found.end()
            if not named:  # one blank or line end goes with the placeholder
                if content[end : end + 1] in ("\n", " "):
                    end += 1
                elif text[-1:] in ("\n", " "):
                    text = text[:-1]
            if index not in heard:
                heard.append(index)
                parts += [TextPart(text), AudioPart(self.sources[index])]
                text = ""
            if named:
                text += _reference(heard, index)
        return [part for part in (*parts, TextPart(text + content[end:])) if part != TextPart("")]

    def _referring(self, content: str, heard: list[int]) -> str:
        """Words of somebody else, with numbered placeholders put as in the turns of the user."""

        def referred(found: re.Match[str]) -> str:
            number = found.groupdict().get("number")
            return _reference(heard, int(number) - 1) if number and int(number) - 1 in heard else found[0]

        return self.tag.sub(referred, content)

    def _index(self, found: re.Match[str], heard: list[int]) -> int:
        number = found.groupdict().get("number")
        index = int(number) - 1 if number else len(heard)
        if not 0 <= index < len(self.sources):
            raise ConversationError(
                f"{found[0]} asks for clip {index + 1} of {len(self.sources)} under {self.key!r}",
                expected="one clip for each placeholder",
            )
        return index

    def _within_sentence(self, content: str, found: re.Match[str]) -> bool:
        """Whether words, not only blanks and other placeholders, stand on both sides of a placeholder on its line."""
        before = content[: found.start()].rpartition("\n")[2]
        after = content[found.end() :].partition("\n")[0]
        return all(self.tag.sub("", side).strip() for side in (before, after))


def _reference(heard: list[int], index: int) -> str:
    return f"audio {heard.index(index) + 1}"


def _placed(message: Message, folder: str | os.PathLike[str] | None) -> Message:
    """The message with relative paths of its clips starting at ``folder``."""
    if folder is None or not message.audio:
        return message
    place = Path(folder)

    def placed(part: Part) -> Part:
        if (
            not isinstance(part, AudioPart)
            or not isinstance(part.source, str | os.PathLike)
            or "://" in str(part.source)
        ):
            return part
        return replace(part, source=str(place / part.source))

    return replace(message, parts=tuple(map(placed, message.parts)))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
