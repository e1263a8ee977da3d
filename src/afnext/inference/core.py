"""The engine's core: requests in, tokens out, one pass at a time, for everybody at once (continuous batching)."""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from threading import RLock

import torch

from afnext.audio.spec import SECONDS_PER_TOKEN
from afnext.base.errors import AfnextError, RequestError
from afnext.dialogue.template import Family
from afnext.dialogue.tokenizer import Tokenizer
from afnext.inference.blocks import BLOCK, Blocks
from afnext.inference.budget import Budget, readable
from afnext.inference.ears import Ears
from afnext.inference.guards import ThinkingBound
from afnext.inference.ready import Ready, make_ready
from afnext.inference.reply import Reply, Usage, read_reply
from afnext.inference.request import Request
from afnext.inference.runner import Runner, Work
from afnext.inference.sampling import Chooser, choose
from afnext.inference.scheduler import Part, Scheduler
from afnext.inference.sequence import Sequence
from afnext.inference.shelf import Decoded
from afnext.inference.writer import Writer
from afnext.model.cache import KeyValueCache
from afnext.model.count import cache_bytes
from afnext.model.flamingo import Flamingo


@dataclass(eq=False)
class Ticket:
    """A request in the core, and what has become of it.

    Attributes:
        request: what is asked.
        decoded: sound that it shares with the others of the same call.
        continuation: an answer to be scored, in place of one to be written.
        pieces: text that has come and was not yet fetched.
        ids: the token ids of the answer so far.
        reply, log_probabilities, error: one of them is there once it has ended: the answer; of each token of the
            continuation; what was wrong with the request.
        run: what the core keeps of it while it is at work.
    """

    request: Request
    decoded: Decoded
    continuation: str | None = None
    pieces: deque[str] = field(default_factory=deque)
    ids: list[int] = field(default_factory=list)
    reply: Reply | None = None
    log_probabilities: list[float] | None = None
    error: AfnextError | None = None
    run: "Run | None" = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.reply is not None or self.log_probabilities is not None or self.error is not None


@dataclass(eq=False)
class Run:
    """A request at work."""

    ready: Ready
    writer: Writer
    chooser: Chooser
    thinking: ThinkingBound
    scored: list[float] = field(default_factory=list)

    @property
    def sequence(self) -> Sequence:
        """Its tokens."""
        return self.ready.sequence

    @property
    def heard(self) -> float:
        """Seconds of its recordings that have been read."""
        read = (min(max(self.sequence.read - sound.start, 0), sound.tokens) for sound in self.sequence.sounds)
        return min(sum(read) * SECONDS_PER_TOKEN, self.ready.seconds)

    @property
    def written(self) -> int:
        """Tokens of its answer."""
        return len(self.writer.ids)


class Core:
    """Runs requests side by side. Of several threads, one works at a time, for all.

    Attributes:
        blocks: of the key-value cache.
    """

    def __init__(
        self, model: Flamingo, tokenizer: Tokenizer, family: Family, stop_ids: Collection[int], budget: Budget
    ) -> None:
        weight = model.decoder.embedding.weight
        self._config = model.config
        self._tokenizer = tokenizer
        self._family = family
        self._stop_ids = stop_ids
        self._token_bytes = cache_bytes(model.config, 1, weight.dtype)
        self.blocks = Blocks(budget.cache_for(model.config, weight.device, weight.dtype) // (self._token_bytes * BLOCK))
        self._scheduler = Scheduler(self.blocks, rows=budget.rows, tokens=budget.tokens_for(weight.device))
        slots = self.blocks.count * BLOCK
        cache = KeyValueCache(model.config.decoder, slots, device=weight.device, dtype=weight.dtype)
        self._runner = Runner(model, cache, Ears(model, budget.audio_bytes // 2))
        self._queue: deque[Ticket] = deque()
        self._running: dict[int, Ticket] = {}  # by the identity of the sequence
        self._lock = RLock()
        self._at_work = False
        self._given_up: list[Ticket] = []

    def submit(self, ticket: Ticket) -> None:
        """Take a request in; it is worked on when its turn has come."""
        with self._lock:
            self._queue.append(ticket)

    def advance(self, ticket: Ticket) -> None:
        """One pass for everybody, unless ``ticket`` has ended."""
        with self._lock:
            if ticket.ended:
                return
            self._at_work = True
            try:
                self._step()
            finally:
                self._at_work = False
                while self._given_up:
                    self.cancel(self._given_up.pop())

    def cancel(self, ticket: Ticket) -> None:
        """Give a request up, wherever it stands; its blocks are released at once."""
        with self._lock:
            if self._at_work:  # a stream that nobody holds any more may be collected at any moment, even within a pass
                self._given_up.append(ticket)
            elif ticket in self._queue:
                self._queue.remove(ticket)
                ticket.decoded.done(ticket.request)
            elif ticket.run is not None:
                self._leave(ticket)

    def _step(self) -> None:
        """One pass over what is scheduled. What is wrong with one request ends that request only."""
        self._begin()
        parts = self._scheduler.schedule()
        if not parts:
            return
        tickets = [self._running[id(part.sequence)] for part in parts]
        logits = self._runner.run([self._work(ticket, part) for ticket, part in zip(tickets, parts, strict=True)])
        self._scheduler.done(parts)
        due = []
        for ticket, scores in zip(tickets, logits, strict=True):
            run = ticket.run
            assert run is not None
            if run.sequence.read >= run.sequence.prompt:
                run.ready.sources = ()  # decoded sound is large, and has been heard
            if not scores.float().sum().isfinite():
                ticket.error = _not_finite(scores.dtype)
                self._leave(ticket)
            elif ticket.continuation is not None:
                self._score(ticket, run, scores)
            elif len(scores):
                due.append((ticket, run, scores))
        if due:
            chosen = choose(torch.cat([scores for _, _, scores in due]), [run.chooser for _, run, _ in due])
            for (ticket, run, _), token in zip(due, chosen, strict=True):
                self._write(ticket, run, token)

    def _begin(self) -> None:
        """Make requests ready, as long as there is room for more beside those that run."""
        while self._queue and self._scheduler.room > 0 and not self._scheduler.waiting:
            ticket = self._queue.popleft()
            try:
                ready = self._make_ready(ticket)
            except AfnextError as error:
                ticket.error = error.with_traceback(None)  # which would hold the sound it was raised over
                continue
            finally:
                ticket.decoded.done(ticket.request)
            sampling = ticket.request.sampling
            ticket.run = Run(
                ready,
                Writer(
                    self._tokenizer, self._stop_ids, sampling.stop, ready.sequence.limit, stop_loops=sampling.stop_loops
                ),
                Chooser(sampling, tuple(ready.sequence.ids)),
                ThinkingBound(sampling.max_think_tokens, self._tokenizer),
            )
            self._running[id(ready.sequence)] = ticket
            self._scheduler.add(ready.sequence)

    def _make_ready(self, ticket: Ticket) -> Ready:
        ready = make_ready(
            ticket.request,
            config=self._config,
            tokenizer=self._tokenizer,
            family=self._family,
            decoded=ticket.decoded,
            continuation=ticket.continuation,
        )
        sequence, holds = ready.sequence, self.blocks.count * BLOCK
        if sequence.most_blocks > self.blocks.count:
            least = sequence.most_blocks * BLOCK * self._token_bytes
            raise RequestError(
                f"a request of {sequence.prompt:,} tokens to read and {sequence.limit:,} to write",
                expected=f"at most {holds:,} together, what the key-value cache holds",
                do=f"give the cache {readable(least)} or more, lower max_new_tokens, or ask about a shorter part",
            )
        return ready

    @staticmethod
    def _work(ticket: Ticket, part: Part) -> Work:
        assert ticket.run is not None
        heads, sequence = int(part.last), part.sequence
        if ticket.continuation is not None:  # the logits of a token score the next one
            heads = min(part.count, sequence.read + part.count - (sequence.prompt - sequence.reread))
        return Work(part, ticket.run.ready.sources, max(0, heads))

    def _score(self, ticket: Ticket, run: Run, scores: torch.Tensor) -> None:
        """Take the log-probabilities of the tokens of the continuation that ``scores`` [n, V] stand before."""
        first = run.sequence.read - len(scores) + 1
        ids = run.sequence.ids[first : run.sequence.read + 1]
        found = scores[: len(ids)].float().log_softmax(-1)
        run.scored += found.gather(1, torch.tensor(ids, device=found.device, dtype=torch.long)[:, None])[:, 0].tolist()
        if run.sequence.unread == 0:
            ticket.log_probabilities = run.scored
            self._leave(ticket)

    def _write(self, ticket: Ticket, run: Run, token: int) -> None:
        token = run.thinking.forced(token)
        run.chooser.note(token)
        run.sequence.ids.append(token)
        ticket.ids.append(token)
        if piece := run.writer.push(token):
            ticket.pieces.append(piece)
        run.thinking.mind(run.writer)
        if run.writer.finish_reason is not None:
            ticket.reply = self._reply(run)
            self._leave(ticket)

    @staticmethod
    def _reply(run: Run) -> Reply:
        ready, writer = run.ready, run.writer
        assert writer.finish_reason is not None
        return read_reply(
            writer.text,
            usage=Usage(round(ready.seconds, 3), run.sequence.prompt, len(writer.ids), run.sequence.shared),
            finish_reason=writer.finish_reason,
            truncated=ready.truncated,
            notes=(*ready.notes, *run.thinking.notes),
            duration=ready.longest,
        )

    def _leave(self, ticket: Ticket) -> None:
        assert ticket.run is not None
        self._scheduler.remove(ticket.run.sequence)
        del self._running[id(ticket.run.sequence)]
        ticket.run = None


def _not_finite(dtype: torch.dtype) -> RequestError:
    return RequestError(
        f"the model's numbers are not finite in {str(dtype).removeprefix('torch.')}",
        do="give dtype=float32, or bfloat16; if they are not finite there either, its weights are damaged",
    )
