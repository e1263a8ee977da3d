"""A conversation: messages made of audio and text parts. One canonical form, read from the three dialects in use.

    parts     [{"role": "user", "content": [{"type": "audio", "path": "a.wav"}, {"type": "text", "text": "What?"}]}]
    audios    {"messages": [{"role": "user", "content": "<audio>What?"}], "audios": ["a.wav"]}
    sound     {"sound": "a.wav", "conversations": [{"from": "human", "value": "<sound>\\nWhat?"}]}

They are those of transformers; of ms-swift and LLaMA-Factory; of LLaVA, NeMo and Audio Flamingo itself.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from afnext.base.errors import ConversationError

Role = Literal["system", "user", "assistant"]

LONGEST_TEXT = 500_000
"""Characters in one text part: about as much English as the family's longest context (131,072 tokens) holds."""

_ROLES = {"human": "user", "gpt": "assistant"} | {role: role for role in get_args(Role)}
_SOURCES = ("path", "audio", "url")


@dataclass(frozen=True, slots=True)
class AudioPart:
    """A recording, or the part of it from ``start`` to ``end`` (seconds).

    ``source`` is whatever the audio room decodes: a path, bytes, a file object, a clip, an array with its rate.
    """

    source: Any
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class TextPart:
    """Somebody's words. Nothing in them is a control token or a placeholder."""

    text: str

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise ConversationError(f"a text part of type {type(self.text).__name__}", expected="a string")
        if len(self.text) > LONGEST_TEXT:
            raise ConversationError(
                f"a text of {len(self.text):,} characters",
                expected=f"{LONGEST_TEXT:,} at most",
                do="shorten it, or ask in several turns",
            )
        try:
            self.text.encode()
        except UnicodeEncodeError as error:
            raise ConversationError(
                f"a text with a lone surrogate at character {error.start}", expected="Unicode text"
            ) from error


Part = AudioPart | TextPart


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. Audio stands in user turns alone. Only a system turn may be empty: it takes the place of the default one."""

    role: Role
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        if self.role not in get_args(Role):
            raise ConversationError(f"role {self.role!r}", expected="system, user or assistant")
        if self.role != "user" and self.audio:
            raise ConversationError(f"audio in a turn of the {self.role}", expected="audio in user turns only")
        if self.role != "system" and not self.audio and not self.text.strip():
            raise ConversationError(
                f"an empty {self.role} turn", expected="a recording, words, or both", do="write a question"
            )

    @property
    def audio(self) -> tuple[AudioPart, ...]:
        """The recordings, in order."""
        return tuple(part for part in self.parts if isinstance(part, AudioPart))

    @property
    def text(self) -> str:
        """The words of all text parts, joined as the released template joins them: with nothing between."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))


Conversation = tuple[Message, ...]


def user(*parts: Any) -> Message:
    """A user turn: strings are words, everything else a recording (wrap a path in ``AudioPart``).

    Raises:
        ConversationError: a question of nothing but blanks.
    """
    made = tuple(_part(part) for part in parts)
    if any(isinstance(part, TextPart) for part in made) and not any(_says(part) for part in made):
        raise ConversationError(
            "an empty question", expected="words", do="say what you want to know about the recording"
        )
    return Message("user", made)


def assistant(text: str) -> Message:
    """An assistant turn."""
    return Message("assistant", (TextPart(text),))


def system(text: str) -> Message:
    """A system turn, which replaces the model's default one."""
    return Message("system", (TextPart(text),))


def audio_parts(conversation: Conversation) -> tuple[AudioPart, ...]:
    """Every recording of a conversation, in the order in which the model hears them."""
    return tuple(part for message in conversation for part in message.audio)


def read_conversation(value: Any, folder: str | os.PathLike[str] | None = None) -> Conversation:
    """Read a conversation in any of the three dialects; see the head of this file.

    A placeholder at the start or end of a line disappears: its clip is a part of the turn. One within a sentence leaves
    the words ``audio 2`` behind, because the template puts clips before words and the sentence must still say which one
    it means. ``<sound-2>`` is the second of ``sound``; later mentions refer to the same clip.

    Args:
        value: a list of messages, or a mapping with ``messages`` or ``conversations``. Other keys are left alone.
        folder: where relative paths start from.

    Raises:
        ConversationError: the value is in none of the dialects, or placeholders and clips do not match.
    """
    if isinstance(value, Mapping) and "conversations" in value:
        turns = _turns(value["conversations"], role="from", content="value")
        sounds = _listed(value.get("sound"), "sound")
        messages = _with_clips(turns, sounds, re.compile(r"<sound(?:-(\d{1,9}))?>"), "sound")
    elif isinstance(value, Mapping) and "messages" in value and "audios" in value:
        turns = _turns(value["messages"], role="role", content="content")
        messages = _with_clips(turns, _listed(value["audios"], "audios"), re.compile(r"<audio>"), "audios")
    else:
        if isinstance(value, Mapping) and "messages" in value:
            value = value["messages"]
        if isinstance(value, Mapping):
            raise ConversationError(
                f"an object with the keys {', '.join(map(str, value)) or '(none)'}",
                expected="'messages' or 'conversations' among them",
            )
        messages = tuple(
            Message(role, _content(content))
            for role, content in _turns(value, role="role", content="content")
            if content is not None
        )
    return tuple(_placed(message, folder) for message in check(messages))


def check(conversation: Sequence[Message]) -> Conversation:
    """The conversation itself, when its turns stand in an order the template knows.

    Raises:
        ConversationError: no user turn, or a system turn that is not the first.
    """
    if not any(message.role == "user" for message in conversation):
        raise ConversationError(
            f"a conversation of {len(conversation)} turns without a user turn", expected="a question"
        )
    if any(message.role == "system" for message in conversation[1:]):
        raise ConversationError(
            "a system turn within the conversation", expected="one system turn at most, and that first"
        )
    return tuple(conversation)


def _part(value: Any) -> Part:
    if isinstance(value, AudioPart | TextPart):
        return value
    return TextPart(value) if isinstance(value, str) else AudioPart(value)


def _says(part: Part) -> bool:
    return isinstance(part, TextPart) and bool(part.text.strip())


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
            raise ConversationError(
                f"turn {number}: {role} {_short(name)}", expected="system, user (human) or assistant (gpt)"
            )
        turns.append((_ROLES[name], turn[content]))
    return turns


def _content(content: Any) -> tuple[Part, ...]:
    """Parts of a message in the parts dialect."""
    if isinstance(content, str):
        return (TextPart(content),)
    if not isinstance(content, Sequence) or isinstance(content, bytes):
        raise ConversationError(f"content of type {type(content).__name__}", expected="a string or a list of parts")
    return tuple(map(_content_part, content))


def _content_part(part: Any) -> Part:
    if isinstance(part, AudioPart | TextPart):
        return part
    if isinstance(part, Mapping):
        if part.get("type", "text") == "text" and "text" in part:
            return TextPart(part["text"])
        named = [key for key in _SOURCES if part.get(key) is not None]
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


def _listed(value: Any, key: str) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _with_clips(turns: list[tuple[Role, Any]], sources: list[Any], tag: re.Pattern[str], key: str) -> Conversation:
    """Messages whose placeholders (``tag``) have become clips of ``sources``.

    Raises:
        ConversationError: more or fewer placeholders than clips, or a number that names none.
    """
    messages: list[Message] = []
    heard: list[int] = []  # indices into sources, in the order in which placeholders name them
    plain = 0
    for number, (role, content) in enumerate(turns, 1):
        if content is None:
            continue
        if not isinstance(content, str):
            raise ConversationError(
                f"turn {number}: content of type {type(content).__name__}", expected=f"a string beside {key!r}"
            )
        if role != "user":  # what a model said is taken as it stands
            messages.append(Message(role, (TextPart(content),)))
            continue
        parts: list[Part] = []
        end = 0
        for found in tag.finditer(content):
            if found.lastindex:
                index = int(found[1]) - 1
            else:
                index, plain = plain, plain + 1
            if not 0 <= index < len(sources):
                raise ConversationError(
                    f"turn {number}: {found[0]} is placeholder {index + 1}, with {len(sources)} clips under {key!r}",
                    expected="one clip for each placeholder",
                )
            before, inside = content[end : found.start()], _within_sentence(content, found)
            end = found.end()
            if not inside and content[end : end + 1] in ("\n", " "):
                end += 1
            elif not inside and before[-1:] in ("\n", " "):
                before = before[:-1]
            parts.append(TextPart(before))
            if index not in heard:
                heard.append(index)
                parts.append(AudioPart(sources[index]))
            if inside:
                parts.append(TextPart(f"audio {heard.index(index) + 1}"))
        parts.append(TextPart(content[end:]))
        messages.append(Message(role, _joined(parts)))
    if len(heard) != len(sources):
        raise ConversationError(
            f"{len(heard)} of {len(sources)} clips under {key!r} are named by placeholders",
            expected="one placeholder for each clip",
        )
    return tuple(messages)


def _within_sentence(content: str, found: re.Match[str]) -> bool:
    """Whether words, not only blanks and other placeholders, stand on both sides of a placeholder on its line."""
    line_start = content.rfind("\n", 0, found.start()) + 1
    line_end = content.find("\n", found.end())
    before = content[line_start : found.start()]
    after = content[found.end() : None if line_end < 0 else line_end]
    return all(found.re.sub("", side).strip() for side in (before, after))


def _joined(parts: list[Part]) -> tuple[Part, ...]:
    """Neighbouring texts made one, and empty ones left out."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, TextPart) and isinstance(last, TextPart):
            joined[-1] = TextPart(last.text + part.text)
        elif not isinstance(part, TextPart) or part.text:
            joined.append(part)
    return tuple(joined)


def _placed(message: Message, folder: str | os.PathLike[str] | None) -> Message:
    """The message with relative paths of its clips starting at ``folder``."""
    if folder is None or not message.audio:
        return message
    return replace(message, parts=tuple(_placed_parts(message.parts, Path(folder))))


def _placed_parts(parts: tuple[Part, ...], folder: Path) -> Iterator[Part]:
    for part in parts:
        if isinstance(part, AudioPart) and isinstance(part.source, str | os.PathLike) and "://" not in str(part.source):
            yield replace(part, source=str(folder / part.source))
        else:
            yield part


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
