"""A conversation that goes on: what was heard is not heard again, what was said is remembered."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from afnext.base.progress import Tell, silent
from afnext.dialogue.message import AudioPart, Conversation, Message, assistant
from afnext.inference.card import Card
from afnext.inference.listen import Heard
from afnext.inference.prompt import conversation_of
from afnext.inference.reply import Reply
from afnext.inference.request import OverLimit, Request, request_of


class Listener(Protocol):
    """What a chat needs of the engine."""

    card: Card

    def hear(self, audio: Any, *, over_limit: OverLimit = "error", tell: Tell = silent) -> Heard: ...  # noqa: D102

    def generate(self, requests: Sequence[Request], *, tell: Tell = silent) -> list[Reply]: ...  # noqa: D102


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
        (turn,) = conversation_of(audio_and_question, self._engine.card.think if think else "")
        request = request_of((*self.conversation, turn), settings)
        request = replace(request, conversation=(*self.conversation, self._heard(turn, request.over_limit, tell)))
        reply = self._engine.generate([request], tell=tell)[0]
        if reply.raw.strip():
            self.conversation = (*request.conversation, assistant(reply.raw))
        return reply

    def _heard(self, turn: Message, over_limit: OverLimit, tell: Tell) -> Message:
        parts = tuple(
            AudioPart(self._engine.hear(part, over_limit=over_limit, tell=tell))
            if isinstance(part, AudioPart)
            else part
            for part in turn.parts
        )
        return replace(turn, parts=parts)
