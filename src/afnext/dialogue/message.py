"""A conversation: messages made of audio and text parts; the canonical form that everything above works with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from afnext.base.errors import ConversationError

Role = Literal["system", "user", "assistant"]

LONGEST_TEXT = 500_000
"""Characters in one text part: about as much English as the family's longest context (131,072 tokens) holds."""


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
    """One turn. Audio stands in user turns alone; only a system turn may be empty, to take the default one's place."""

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
