"""The engine: a model that listens and answers."""

from collections import Counter
from collections.abc import Generator, Hashable, Iterator, Sequence
from typing import Any, Literal, overload

from afnext.base.errors import AfnextError
from afnext.base.progress import Tell, silent
from afnext.dialogue.message import audio_parts
from afnext.dialogue.template import Family
from afnext.dialogue.tokenizer import Tokenizer
from afnext.inference.card import Card
from afnext.inference.chat import Chat
from afnext.inference.listen import Heard, hear, identity, read
from afnext.inference.prompt import audio_part, conversation_of
from afnext.inference.ready import Ready, make_ready
from afnext.inference.reply import Reply, Usage, read_reply
from afnext.inference.request import OverLimit, Request, check_over_limit, request_of
from afnext.inference.runner import Runner
from afnext.inference.writer import Writer
from afnext.model.flamingo import Flamingo

ROWS = 16
"""At most so many answers are written side by side."""

BATCH_TOKENS = 1 << 16
"""Rows times the longest row of a batch, prompt and answer: bounds the key-value cache. A longer request runs alone."""


class Stream(Iterator[str]):
    """The answer piece by piece, as it is written; ``reply`` is there once it has ended."""

    def __init__(self, pieces: Generator[str, None, Reply]) -> None:
        self._pieces = pieces
        self.reply: Reply | None = None

    def __next__(self) -> str:
        """The next piece of text."""
        try:
            return next(self._pieces)
        except StopIteration as end:
            self.reply = end.value or self.reply
            raise


class Engine:
    """A model that listens and answers. ``afnext.load`` makes one.

    Every asking method takes the settings ``max_new_tokens``, ``temperature`` (0: greedy, the default), ``top_p``,
    ``repetition_penalty``, ``seed``, ``stop`` and ``over_limit`` (``"error"`` or ``"truncate"``), and raises
    ``AudioError``, ``OverLimitError`` and ``RequestError``.

    Attributes:
        model, tokenizer, family: of one checkpoint.
        name: what it was loaded as.
        card: what it says of itself.
    """

    def __init__(
        self, model: Flamingo, tokenizer: Tokenizer, family: Family, *, name: str = "model", card: Card | None = None
    ) -> None:
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.family = family
        self.name = name
        self.card = card or Card()
        self._stop_ids = frozenset({*model.config.stop_ids, tokenizer.turn_end, tokenizer.end_of_text})

    def __repr__(self) -> str:
        weight = self.model.decoder.embedding.weight
        return f"Engine({self.name}, {weight.device}, {str(weight.dtype).removeprefix('torch.')})"

    @property
    def limit_seconds(self) -> float:
        """The longest recording that the model can hear whole."""
        return float(self.family.max_seconds)

    def ask(self, *audio_and_question: Any, think: bool = False, tell: Tell = silent, **settings: Any) -> Reply:
        """Ask about any number of recordings, or none: ``ask("a.wav", "b.wav", "Which is louder?")``.

        Args:
            audio_and_question: recordings (paths, bytes, file objects, ``Clip``s, ``Heard``s), then the question.
            think: reason in steps tied to timestamps before answering.
            tell: told how far it is.
            settings: see the class.
        """
        conversation = conversation_of(audio_and_question, self.card.think if think else "")
        return self.generate([request_of(conversation, settings)], tell=tell)[0]

    @overload
    def ask_many(
        self,
        questions: Sequence[Sequence[Any]],
        *,
        think: bool = False,
        keep_errors: Literal[False] = False,
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
        tell: Tell = silent,
        **settings: Any,
    ) -> list[Reply | AfnextError]: ...

    def ask_many(
        self,
        questions: Sequence[Sequence[Any]],
        *,
        think: bool = False,
        keep_errors: bool = False,
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
            tell: told how far it is.
            settings: see the class.
        """
        then = self.card.think if think else ""
        requests = [request_of(conversation_of(question, then), settings) for question in questions]
        if not keep_errors:
            return self.generate(requests, tell=tell)
        failed: dict[int, AfnextError] = {}
        answered = iter(self._answer(requests, tell, failed))
        return [failed[place] if place in failed else next(answered) for place in range(len(requests))]

    def caption(self, audio: Any, *, tell: Tell = silent, **settings: Any) -> Reply:
        """Describe a recording."""
        return self.ask(audio, self.card.caption, tell=tell, **settings)

    def transcribe(self, audio: Any, *, times: bool = False, tell: Tell = silent, **settings: Any) -> Reply:
        """Write down what is said.

        With ``times``, the reply's ``events`` are what is said when, if the model can tell.
        """
        question = self.card.transcribe_with_times if times else self.card.transcribe
        return self.ask(audio, question, tell=tell, **settings)

    def chat(self) -> Chat:
        """A conversation that keeps what it heard and said."""
        return Chat(self)

    def hear(self, audio: Any, *, over_limit: OverLimit = "error", tell: Tell = silent) -> Heard:
        """Listen to a recording once, to ask about it often: the result stands for it in every other method."""
        check_over_limit(over_limit)
        part = audio_part(audio)
        if isinstance(part.source, Heard):
            return part.source
        return hear(self.model, read(part, limit=self.limit_seconds, over_limit=over_limit), tell=tell)

    def generate(self, requests: Sequence[Request], *, tell: Tell = silent) -> list[Reply]:
        """Answer conversations in batches; the replies stand in the order of the requests.

        What stands beside a request in its batch changes nothing but the last bits of its numbers.
        """
        return self._answer(requests, tell, None)

    def stream(self, request: Request, *, tell: Tell = silent) -> Stream:
        """Answer one conversation piece by piece. Listening happens here; writing as the stream is read."""
        ready = self._ready(request, {}, tell)
        tell("Answering", 0, None)
        return Stream(self._stream(ready))

    def _stream(self, ready: Ready) -> Generator[str, None, Reply]:
        writer = self._writer(ready)
        for _, piece in self._write([ready], [writer]):
            if piece:
                yield piece
        return self._reply(ready, writer)

    def _answer(self, requests: Sequence[Request], tell: Tell, failed: dict[int, AfnextError] | None) -> list[Reply]:
        """The replies, in order; without those of requests that go to ``failed`` (see ``_batches``)."""
        replies: list[Reply] = []
        for batch in self._batches(requests, tell, failed):
            writers = [self._writer(item) for item in batch]
            done = len(replies) + len(failed or ())
            tell("Answering", done, len(requests) if len(requests) > 1 else None)
            for written, _ in enumerate(self._write(batch, writers), 1):
                if len(requests) == 1:
                    tell("Answering", written, None)
            replies += [self._reply(item, writer) for item, writer in zip(batch, writers, strict=True)]
            tell("Answering", done + len(batch), len(requests))
        return replies

    def _batches(
        self, requests: Sequence[Request], tell: Tell, failed: dict[int, AfnextError] | None = None
    ) -> Iterator[list[Ready]]:
        """Requests made ready, as many together as the bounds above allow, in order.

        What is wrong with one is raised or, where there is a ``failed``, put there by its place, and it is left out.
        """
        uses = Counter(identity(part) for request in requests for part in audio_parts(request.conversation))
        heard: dict[Hashable, Heard] = {}
        batch: list[Ready] = []
        for place, request in enumerate(requests):
            ready: Ready | None = None
            try:
                ready = self._ready(request, heard, tell)
            except AfnextError as error:
                if failed is None:
                    raise
                failed[place] = error.with_traceback(None)  # which would hold the sound it was raised over
            for part in audio_parts(request.conversation):
                key = identity(part)
                uses[key] -= 1
                if not uses[key]:
                    heard.pop(key, None)
            if ready is None:
                continue
            longest = max(item.length for item in (*batch, ready))
            if batch and (len(batch) == ROWS or longest * (len(batch) + 1) > BATCH_TOKENS):
                yield batch
                batch = []
            batch.append(ready)
        if batch:
            yield batch

    def _ready(self, request: Request, heard: dict[Hashable, Heard], tell: Tell) -> Ready:
        return make_ready(
            request, model=self.model, tokenizer=self.tokenizer, family=self.family, heard=heard, tell=tell
        )

    def _writer(self, ready: Ready) -> Writer:
        return Writer(self.tokenizer, self._stop_ids, ready.job.sampling.stop, ready.job.limit)

    def _write(self, batch: Sequence[Ready], writers: Sequence[Writer]) -> Iterator[tuple[int, str]]:
        """Run a batch until every writer has finished: (index, piece of text) for each token."""
        runner = Runner(self.model, [item.job for item in batch])
        rows = list(range(len(batch)))
        while rows:
            for row, token in zip(rows, runner.step(), strict=True):
                yield row, writers[row].push(token)
            going = [place for place, row in enumerate(rows) if writers[row].finish_reason is None]
            rows = [rows[place] for place in going]
            if rows:
                runner.keep(going)

    def _reply(self, ready: Ready, writer: Writer) -> Reply:
        assert writer.finish_reason is not None, "the answer has not ended"
        return read_reply(
            writer.text,
            usage=Usage(round(ready.seconds, 3), len(ready.job.ids), len(writer.ids)),
            finish_reason=writer.finish_reason,
            truncated=ready.truncated,
            notes=ready.notes,
            duration=ready.longest,
        )
