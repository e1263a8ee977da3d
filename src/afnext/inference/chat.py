"""A conversation that goes on: what was heard is not heard again, what was said is remembered."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

from afnext.base.progress import Tell, silent
from afnext.dialogue.message import AudioPart, Conversation, Message, assistant
from afnext.inference.card import Card
from afnext.inference.listen import Heard
from afnext.inference.prompt import conversation_of
from afnext.inference.reply import Reply
from afnext.inference.request import OverLimit, Request, request_of


class Pieces(Iterator[str], Protocol):
    """An answer as it is written."""

    @property
    def reply(self) -> Reply | None: ...  # noqa: D102

    def close(self) -> None: ...  # noqa: D102


class Listener(Protocol):
    """What a chat needs of the engine."""

    card: Card

    def hear(self, audio: Any, *, over_limit: OverLimit = "error", tell: Tell = silent) -> Heard: ...  # noqa: D102

    def generate(self, requests: Sequence[Request], *, tell: Tell = silent) -> list[Reply]: ...  # noqa: D102

    def stream(self, request: Request, *, tell: Tell = silent) -> Pieces: ...  # noqa: D102


class Turn(Iterator[str]):
    """The answer of one turn piece by piece; once it has ended, the chat remembers it, and ``reply`` is there."""

    def __init__(self, pieces: Pieces, remember: Callable[[Reply], None]) -> None:
        self._pieces = pieces
        self._remember = remember
        self.reply: Reply | None = None

    def __next__(self) -> str:
        """The next piece of text."""
        try:
            return next(self._pieces)
        except StopIteration:
            if self.reply is None and (reply := self._pieces.reply) is not None:
                self.reply = reply
                self._remember(reply)
            raise

    def close(self) -> None:
        """Give up what is not written yet: the chat stays as it was before the turn."""
        self._pieces.close()


class Chat:
    """Made by ``Engine.chat``.

    >>> chat = engine.chat()          # doctest: +SKIP
    >>> chat.ask("talk.mp3", "Who speaks first?")          # doctest: +SKIP
    >>> chat.ask("And who interrupts her?")          # doctest: +SKIP

    Attributes:
        conversation: the turns so far, their recordings as ``Heard``.
    """

    def __init__(self, engine: Listener) -> None:
        self._engine = engine
        self.conversation: Conversation = ()

    def ask(self, *audio_and_question: Any, think: bool = False, tell: Tell = silent, **settings: Any) -> Reply:
        """The next turn: recordings, if any, and a question; see ``Engine.ask``.

        A turn that fails, or that the model answers with nothing, leaves the conversation as it was.
        """
        request = self._request(audio_and_question, think, tell, settings)
        reply = self._engine.generate([request], tell=tell)[0]
        self._remember(request.conversation, reply)
        return reply

    def stream(self, *audio_and_question: Any, think: bool = False, tell: Tell = silent, **settings: Any) -> Turn:
        """As ``ask``, the answer piece by piece: listening happens here, writing as it is read.

        A turn that is closed before its end leaves the conversation as it was.
        """
        request = self._request(audio_and_question, think, tell, settings)
        pieces = self._engine.stream(request, tell=tell)
        return Turn(pieces, lambda reply: self._remember(request.conversation, reply))

    def _request(self, audio_and_question: Sequence[Any], think: bool, tell: Tell, settings: dict[str, Any]) -> Request:
        (turn,) = conversation_of(audio_and_question, self._engine.card.think if think else "")
        request = request_of((*self.conversation, turn), settings)
        return replace(request, conversation=(*self.conversation, self._heard(turn, request.over_limit, tell)))

    def _remember(self, conversation: Conversation, reply: Reply) -> None:
        if reply.raw.strip():
            self.conversation = (*conversation, assistant(reply.raw))

    def _heard(self, turn: Message, over_limit: OverLimit, tell: Tell) -> Message:
        parts = tuple(
            AudioPart(self._engine.hear(part, over_limit=over_limit, tell=tell))
            if isinstance(part, AudioPart)
            else part
            for part in turn.parts
        )
        return replace(turn, parts=parts)
