"""One answer in the making: ids become text, and it is seen where the answer ends."""

from collections.abc import Collection, Sequence

from afnext.dialogue.tokenizer import StreamDecoder, Tokenizer
from afnext.inference.guards import LOOKED_FOR_EVERY, circle
from afnext.inference.reply import FinishReason

ANSWER, ANSWERED = "<answer>", "</answer>"


class Writer:
    """Takes the ids of one answer as they are chosen and gives out its text, piece by piece.

    Text that may yet turn out to be the beginning of a stop string is held back until that is known.

    Args:
        tokenizer: turns ids into text.
        stop_ids: ids that end the answer; they are not part of it.
        stop: strings that end the answer; they are not part of it.
        limit: the most ids the answer may have.
        stop_loops: end an answer that goes in circles, and cut it behind the first round.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        stop_ids: Collection[int],
        stop: Sequence[str],
        limit: int,
        *,
        stop_loops: bool = True,
    ) -> None:
        self.ids: list[int] = []
        self.finish_reason: FinishReason | None = None
        self._tokenizer = tokenizer
        self._decoder = StreamDecoder(tokenizer)
        self._stop_loops = stop_loops
        self._stop_ids = stop_ids
        self._stop = stop
        self._limit = limit
        self._given = ""
        self._held = ""

    @property
    def text(self) -> str:
        """All text given out so far."""
        return self._given

    def push(self, token: int) -> str:
        """Take the next id; the text that is certain now, maybe none. Sets ``finish_reason`` where the answer ends."""
        assert self.finish_reason is None, "the answer has ended"
        self.ids.append(token)
        if token in self._stop_ids:
            return self._finish("stop")
        self._held += self._decoder.feed(token)
        found = [position for position in (self._held.find(text) for text in self._stop) if position >= 0]
        if found:
            self._held = self._held[: min(found)]
            self.finish_reason = "stop"
            return self._give(len(self._held))
        if self._stop_loops and len(self.ids) % LOOKED_FOR_EVERY == 0 and (again := circle(self.ids)):
            return self._cut(again)
        if len(self.ids) >= self._limit:
            return self._finish("length")
        piece = self._give(len(self._held) - self._undecided())
        if self._closed():
            self.finish_reason = "stop"
        return piece

    def _closed(self) -> bool:
        """Whether the answer was opened and closed by Music Flamingo's marks: what follows is no part of it."""
        return self._given.endswith(ANSWERED) and ANSWER in self._given

    def _cut(self, tokens: int) -> str:
        """End without the last ``tokens``, of which a stream may have given some out already."""
        self.finish_reason = "repetition"
        decoder = StreamDecoder(self._tokenizer)
        text = decoder.feed(*self.ids[:-tokens]) + decoder.flush()
        piece = text[len(self._given) :]
        self._given, self._held = text, ""
        return piece

    def _finish(self, reason: FinishReason) -> str:
        self.finish_reason = reason
        self._held += self._decoder.flush()
        found = [position for position in (self._held.find(text) for text in self._stop) if position >= 0]
        return self._give(min(found, default=len(self._held)))

    def _give(self, length: int) -> str:
        piece, self._held = self._held[:length], self._held[length:]
        self._given += piece
        return piece

    def _undecided(self) -> int:
        """How many of the last characters held could be the beginning of a stop string."""
        longest = max((len(text) for text in self._stop), default=1) - 1
        for length in range(min(longest, len(self._held)), 0, -1):
            tail = self._held[-length:]
            if any(text.startswith(tail) for text in self._stop):
                return length
        return 0
