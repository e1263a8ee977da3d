"""The engine: a model that listens and answers."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, overload

import torch

from afnext.audio.spec import SECONDS_PER_TOKEN, TOKENS_PER_WINDOW
from afnext.base.errors import AfnextError
from afnext.base.progress import Tell, silent
from afnext.dialogue.message import audio_parts
from afnext.dialogue.template import Family
from afnext.dialogue.tokenizer import Tokenizer
from afnext.inference.budget import Budget
from afnext.inference.card import Card
from afnext.inference.chat import Chat
from afnext.inference.core import Core, Ticket
from afnext.inference.ears import Ears, Wanted
from afnext.inference.listen import Heard
from afnext.inference.prompt import audio_part, conversation_of
from afnext.inference.ready import source_of
from afnext.inference.reply import Reply
from afnext.inference.request import OverLimit, Request, check_over_limit, request_of
from afnext.inference.shelf import Decoded, Shelf
from afnext.inference.stitch import Task, stitch
from afnext.inference.verify import LONGEST_RECORDING, MARGIN, check_steps
from afnext.model.flamingo import Flamingo

Each = Callable[[Reply | AfnextError], object]
"""Called with each of several answers."""


def ignored(_: object) -> None:
    """Do nothing with it."""


class Stream(Iterator[str]):
    """The answer piece by piece, as it is written; ``reply`` is there once it has ended.

    Several streams may be read in turn, or each by a thread of its own: whoever waits for a piece works for all.
    """

    def __init__(self, core: Core, ticket: Ticket) -> None:
        self._core = core
        self._ticket = ticket

    @property
    def reply(self) -> Reply | None:
        """The whole answer, once all its pieces were read."""
        return None if self._ticket.pieces else self._ticket.reply

    def __next__(self) -> str:
        """The next piece of text."""
        while not self._ticket.pieces:
            if self._ticket.ended:
                _reply_of(self._ticket)
                raise StopIteration
            self._core.advance(self._ticket)
        return self._ticket.pieces.popleft()

    def close(self) -> None:
        """Give up what is not written yet: what it holds of the cache is released at once."""
        self._core.cancel(self._ticket)

    def __del__(self) -> None:
        self.close()


class Engine:
    """A model that listens and answers. ``afnext.load`` makes one.

    Every asking method takes the settings ``max_new_tokens``, ``temperature`` (0: greedy, the default), ``top_p``,
    ``repetition_penalty``, ``seed``, ``stop``, ``max_think_tokens``, ``stop_loops`` and ``over_limit`` (``"error"``,
    ``"truncate"``, or in ``ask``, ``caption`` and ``transcribe`` ``"stitch"``), and raises ``AudioError``,
    ``OverLimitError`` and ``RequestError``.

    Requests run side by side, and what one reads serves the others: a recording is heard once, and what prompts have in
    common from their beginning on is read once, as long as the budget holds it. Neither changes an answer by more than
    the last bits of the numbers behind it. Methods may be called from several threads.

    Attributes:
        model, tokenizer, family: of one checkpoint.
        name: what it was loaded as.
        card: what it says of itself.
        budget: what it may use beside the weights.
    """

    def __init__(
        self,
        model: Flamingo,
        tokenizer: Tokenizer,
        family: Family,
        *,
        name: str = "model",
        card: Card | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.family = family
        self.name = name
        self.card = card or Card()
        self.budget = budget or Budget()
        stop_ids = frozenset({*model.config.stop_ids, tokenizer.turn_end, tokenizer.end_of_text})
        self._shelf = Shelf(self.budget.audio_bytes // 2)
        self._core = Core(self.model, tokenizer, family, stop_ids, self.budget)

    def __repr__(self) -> str:
        weight = self.model.decoder.embedding.weight
        return f"Engine({self.name}, {weight.device}, {str(weight.dtype).removeprefix('torch.')})"

    @property
    def limit_seconds(self) -> float:
        """The longest recording that the model can hear whole."""
        return float(self.family.max_seconds)

    def ask(
        self,
        *audio_and_question: Any,
        think: bool = False,
        verify: bool = False,
        tell: Tell = silent,
        **settings: Any,
    ) -> Reply:
        """Ask about any number of recordings, or none: ``ask("a.wav", "b.wav", "Which is louder?")``.

        Args:
            audio_and_question: recordings (paths, bytes, file objects, ``Clip``s, ``Heard``s), then the question.
            think: reason in steps tied to timestamps before answering.
            verify: hear the spans that it cites again, as the method of this name does.
            tell: told how far it is.
            settings: see the class.
        """
        return self._ask(audio_and_question, "question", think=think, verify=verify, tell=tell, **settings)

    def _ask(
        self,
        audio_and_question: Sequence[Any],
        task: Task,
        *,
        think: bool = False,
        verify: bool = False,
        tell: Tell,
        **settings: Any,
    ) -> Reply:
        request = request_of(conversation_of(audio_and_question, self.card.think if think else ""), settings)
        parts, policy = audio_parts(request.conversation), request.over_limit
        if policy == "stitch":
            reply = stitch(self, request, task, tell)
            return self.verify(reply, *parts, tell=tell) if verify else reply
        if not verify:
            return self.generate([request], tell=tell)[0]
        decoded = Decoded([request, request], self._shelf)  # the sound is needed twice, and may come from a pipe
        reply = _reply_of(self._run([Ticket(request, decoded)], tell)[0])
        sources = [source_of(part, self.limit_seconds, policy, decoded) for part in parts]
        return check_steps(self, reply, sources, tell=tell)

    @overload
    def ask_many(
        self,
        questions: Sequence[Sequence[Any]],
        *,
        think: bool = False,
        keep_errors: Literal[False] = False,
        each: Each = ignored,
        tell: Tell = silent,
        **settings: Any,
    ) -> list[Reply]: ...

    @overload
    def ask_many(
        self,
        questions: Sequence[Sequence[Any]],
        *,
        think: bool = False,
        keep_errors: Literal[True],
        each: Each = ignored,
        tell: Tell = silent,
        **settings: Any,
    ) -> list[Reply | AfnextError]: ...

    def ask_many(
        self,
        questions: Sequence[Sequence[Any]],
        *,
        think: bool = False,
        keep_errors: bool = False,
        each: Each = ignored,
        tell: Tell = silent,
        **settings: Any,
    ) -> list[Reply] | list[Reply | AfnextError]:
        """Many questions at once: ``ask_many([("a.wav", "What?"), ("a.wav", "When?")])``.

        They run in batches, and a recording asked about several times is heard once. Each reply is what ``ask`` gives.

        Args:
            questions: what ``ask`` takes, one after the other. All words and settings are looked at before anything
                is computed.
            think: as in ``ask``.
            keep_errors: a recording that cannot be heard gives its error in the place of its reply, and the others are
                answered; otherwise the first such error is raised, and what was computed is lost.
            each: called with every reply, or error that is kept, in order, as soon as it and those before it are there.
            tell: told how far it is.
            settings: see the class.
        """
        then = self.card.think if think else ""
        requests = [request_of(conversation_of(question, then), settings) for question in questions]
        if keep_errors:
            return self.generate(requests, keep_errors=True, each=each, tell=tell)
        return self.generate(requests, each=each, tell=tell)

    def caption(self, audio: Any, *, tell: Tell = silent, **settings: Any) -> Reply:
        """Describe a recording."""
        return self._ask((audio, self.card.caption), "caption", tell=tell, **settings)

    def transcribe(self, audio: Any, *, times: bool = False, tell: Tell = silent, **settings: Any) -> Reply:
        """Write down what is said.

        With ``times``, the reply's ``events`` are what is said when, if the model can tell.
        """
        question = self.card.transcribe_with_times if times else self.card.transcribe
        return self._ask((audio, question), "transcript", tell=tell, **settings)

    def chat(self) -> Chat:
        """A conversation that keeps what it heard and said."""
        return Chat(self)

    def hear(self, audio: Any, *, over_limit: OverLimit = "error", tell: Tell = silent) -> Heard:
        """Listen to a recording once, to ask about it often: the result stands for it in every other method."""
        check_over_limit(over_limit)
        part = audio_part(audio)
        if isinstance(part.source, Heard):
            return part.source
        recording = self._shelf.read(part, limit=self.limit_seconds, over_limit=over_limit)
        ears, pieces = Ears(self.model, 0), list[torch.Tensor]()
        for first in range(0, recording.tokens, TOKENS_PER_WINDOW):
            end = min(first + TOKENS_PER_WINDOW, recording.tokens)
            pieces += ears.embeddings([Wanted(recording, first, end)])
            tell("Listening", min(end * SECONDS_PER_TOKEN, recording.seconds), recording.seconds)
        return Heard(
            recording.name,
            recording.seconds,
            torch.cat(pieces),
            recording.digest,
            recording.notes,
            recording.truncated,
        )

    @overload
    def generate(
        self,
        requests: Sequence[Request],
        *,
        keep_errors: Literal[False] = False,
        each: Each = ignored,
        tell: Tell = silent,
    ) -> list[Reply]: ...

    @overload
    def generate(
        self, requests: Sequence[Request], *, keep_errors: Literal[True], each: Each = ignored, tell: Tell = silent
    ) -> list[Reply | AfnextError]: ...

    def generate(
        self,
        requests: Sequence[Request],
        *,
        keep_errors: bool = False,
        each: Each = ignored,
        tell: Tell = silent,
    ) -> list[Reply] | list[Reply | AfnextError]:
        """Answer conversations side by side; the replies stand in the order of the requests.

        ``keep_errors`` and ``each`` as in ``ask_many``.
        """
        decoded = Decoded(requests, self._shelf)
        tickets = self._run(
            [Ticket(request, decoded) for request in requests],
            tell,
            keep_errors=keep_errors,
            each=lambda ticket: each(ticket.error or _reply_of(ticket)),
        )
        return [ticket.error or _reply_of(ticket) for ticket in tickets]

    def score(self, requests: Sequence[Request], answers: Sequence[str], *, tell: Tell = silent) -> list[list[float]]:
        """How likely the model is to answer each request so: the log-probability of each token of the answer.

        The turn's end is not counted. Nothing is written, and sampling settings do not matter.
        """
        decoded = Decoded(requests, self._shelf)
        tickets = [Ticket(request, decoded, answer) for request, answer in zip(requests, answers, strict=True)]
        return [ticket.log_probabilities or [] for ticket in self._run(tickets, tell)]

    def verify(self, reply: Reply, *audio: Any, margin: float = MARGIN, tell: Tell = silent) -> Reply:
        """Hear each span that ``reply`` cites again, alone: does it hold what is claimed of it?

        The reply comes back with ``checks``, one a step of the reasoning, or one an event where there is no such step,
        and with ``grounding``, the mean of their probabilities.

        Args:
            reply: an answer about ``audio``.
            audio: the recordings, as ``ask`` was given them.
            margin: seconds heard before and behind each span.
            tell: told how far it is.
        """
        decoded = Decoded([], self._shelf)
        parts = [audio_part(source) for source in audio]
        sources = [source_of(part, LONGEST_RECORDING, "truncate", decoded) for part in parts]
        return check_steps(self, reply, sources, margin=margin, tell=tell)

    def stream(self, request: Request, *, tell: Tell = silent) -> Stream:
        """Answer one conversation piece by piece. Listening happens here; writing as the stream is read."""
        ticket = Ticket(request, Decoded([request], self._shelf))
        stream = Stream(self._core, ticket)
        self._core.submit(ticket)
        while not (ticket.ended or ticket.pieces):
            self._core.advance(ticket)
            _tell(ticket, tell)
            if ticket.run is not None and ticket.run.written:
                break
        if ticket.error is not None:
            raise ticket.error
        return stream

    def _run(
        self,
        tickets: Sequence[Ticket],
        tell: Tell,
        *,
        keep_errors: bool = False,
        each: Callable[[Ticket], object] = ignored,
    ) -> Sequence[Ticket]:
        """Work until all have ended, or one has failed, if that is not to be kept; then the others are given up.

        ``each`` is called with every ticket, in order, as soon as it and those before it have ended.
        """
        for ticket in tickets:
            self._core.submit(ticket)
        ended = _Ended(tickets)
        try:
            for ticket in tickets:
                while not ticket.ended:
                    if len(tickets) > 1:
                        tell("Answering", ended.count(), len(tickets))
                    self._core.advance(ticket)
                    if len(tickets) == 1:
                        _tell(ticket, tell)
                if ticket.error is not None and not keep_errors:
                    raise ticket.error
                each(ticket)
            if len(tickets) > 1:
                tell("Answering", len(tickets), len(tickets))
        finally:
            for ticket in tickets:
                self._core.cancel(ticket)
        return tickets


class _Ended:
    """How many of ``tickets`` have ended: they begin in order, so that only those between are looked at each time."""

    def __init__(self, tickets: Sequence[Ticket]) -> None:
        self._tickets = tickets
        self._begun = 0
        self._going: list[Ticket] = []

    def count(self) -> int:
        while self._begun < len(self._tickets):
            ticket = self._tickets[self._begun]
            if ticket.run is None and not ticket.ended:
                break
            self._going.append(ticket)
            self._begun += 1
        self._going = [ticket for ticket in self._going if not ticket.ended]
        return self._begun - len(self._going)


def _tell(ticket: Ticket, tell: Tell) -> None:
    """Tell how far a request is."""
    run = ticket.run
    if run is None:
        return
    if run.written or run.sequence.unread <= 1:
        tell("Answering", run.written, None)
    elif run.ready.seconds:
        tell("Listening", run.heard, run.ready.seconds)


def _reply_of(ticket: Ticket) -> Reply:
    """The reply of a ticket that has ended.

    Raises:
        AfnextError: it has failed.
    """
    if ticket.error is not None:
        raise ticket.error
    assert ticket.reply is not None, "it has not ended"
    return ticket.reply
