"""Batches out of rows: packed by what their headers say, decoded when they are due.

Which rows make batch i depends on (rows, mixture, seed, i) alone.
"""

import logging
from collections import Counter
from collections.abc import Hashable, Sequence
from functools import lru_cache
from itertools import count

import numpy as np
from torch.utils.data import Dataset

from afnext.audio.decode import duration
from afnext.audio.spec import SAMPLE_RATE
from afnext.audio.windows import Window, count_tokens, windows
from afnext.base.errors import AfnextError, ConversationError
from afnext.base.progress import Tell, silent
from afnext.data.batch import Batch, group
from afnext.data.mixture import Term, epoch
from afnext.data.pack import IGNORED, Tree, pack, whole
from afnext.data.packing import pack_rows
from afnext.data.rows import Row, read_rows
from afnext.dialogue.message import AudioPart, audio_parts
from afnext.dialogue.template import Family, render
from afnext.dialogue.tokenizer import Tokenizer
from afnext.inference.listen import clip_of, identity

_log = logging.getLogger(__name__)


class RowFeed(Dataset[Batch]):
    """Batches by number, of one epoch after the other.

    Args:
        mixture: the files, with their weights.
        tokenizer, family: spell the conversations.
        tokens: of a batch, sound and text together.
        context: tokens of the longest row; longer ones are left out.
        longest: seconds of the longest recording; rows with a longer one are left out.
        seed: of the run.
        together: leave all windows of a batch in one group, and no batch empty, for devices that compute in step.
        tell: told how many rows have been measured.

    Attributes:
        left_out: how many rows are not used, by why.

    Raises:
        ConversationError: a file is missing, a row is in no known form, or none is left to learn from.
    """

    def __init__(
        self,
        mixture: Sequence[Term],
        tokenizer: Tokenizer,
        family: Family,
        *,
        tokens: int,
        context: int,
        longest: float,
        seed: int,
        together: bool = False,
        tell: Tell = silent,
    ) -> None:
        self.tokenizer, self.family, self.tokens, self.seed = tokenizer, family, tokens, seed
        self.together = together
        self.left_out = Counter[str]()
        self._lengths = dict[Hashable, float]()
        self.weights = [term.weight for term in mixture]
        read = [read_rows(term.path) for term in mixture]
        total = sum(map(len, read))
        self.sets, self.sizes = list[list[Row]](), list[list[int]]()
        done = 0
        for term, rows in zip(mixture, read, strict=True):
            kept, sizes = list[Row](), list[int]()
            for row in rows:
                size, why = self._measure(row, min(context, tokens), longest)
                if why:
                    self.left_out[why] += 1
                else:
                    kept.append(row)
                    sizes.append(size)
                done += 1
                tell("Measuring rows", done, total)
            if not kept:
                reasons = "; ".join(f"{n} {why}" for why, n in self.left_out.items())
                raise ConversationError(
                    f"{term.path} has no row to learn from: {reasons}", do="see rows.* in the recipe"
                )
            self.sets.append(kept)
            self.sizes.append(sizes)
        for why, number in self.left_out.items():
            _log.warning("%d of %d rows left out: %s", number, total, why)

    def __getitem__(self, index: int) -> Batch:
        """Batch number ``index``."""
        for number in count():
            batches = self.epoch(number)
            if index < len(batches):
                break
            index -= len(batches)
        return self._make([self.sets[place][row] for place, row in batches[index]])

    def batches(self, epochs: float) -> int:
        """How many batches ``epochs`` passes over the mixture are."""
        whole_ones = sum(len(self.epoch(number)) for number in range(int(epochs)))
        return whole_ones + round((epochs - int(epochs)) * len(self.epoch(int(epochs))))

    def efficiency(self) -> float:
        """Share of a batch that is filled, over the first epoch."""
        batches = self.epoch(0)
        return sum(self.sizes[place][row] for some in batches for place, row in some) / (self.tokens * len(batches))

    @lru_cache(maxsize=4)  # noqa: B019 - feeds live as long as their run
    def epoch(self, number: int) -> list[list[tuple[int, int]]]:
        """The batches of an epoch, each of (set, row)."""
        chosen = [
            (int(place), int(row)) for place, row in epoch(list(map(len, self.sets)), self.weights, number, self.seed)
        ]
        batches = pack_rows([self.sizes[place][row] for place, row in chosen], self.tokens)
        order = np.random.default_rng((self.seed, 2, number)).permutation(len(batches))
        return [[chosen[item] for item in batches[place]] for place in order]

    def _measure(self, row: Row, context: int, longest: float) -> tuple[int, str]:
        """Tokens of the row by what its files' headers say, and why it cannot be used, if it cannot."""
        counts = []
        for part in audio_parts(row.conversation):
            try:
                seconds = self._length(part)
            except AfnextError as error:
                return 0, f"with a recording that cannot be read ({error})"
            if seconds > longest:
                return 0, f"with a recording longer than {longest:g} s (rows.longest)"
            counts.append(count_tokens(round(seconds * SAMPLE_RATE)))
        size = len(render(row.conversation, counts, self.tokenizer, self.family, generation_prompt=False).ids)
        if size > context:
            return size, f"longer than {context:,} tokens (rows.context, rows.tokens)"
        return size, ""

    def _length(self, part: AudioPart) -> float:
        """Seconds of a recording; many rows may be about one, whose header is read once."""
        name = identity(part)
        if name not in self._lengths:
            self._lengths[name] = _seconds(part)
        return self._lengths[name]

    def _make(self, rows: Sequence[Row]) -> Batch:
        trees, cut, lost = list[Tree](), list[list[Window]](), list[str]()
        seconds = 0.0
        for row in rows:
            try:
                sounds = [clip_of(part).samples(_log.debug) for part in audio_parts(row.conversation)]
                parts = [list(windows(sound)) for sound in sounds]
                if not all(parts):
                    raise ConversationError("a recording of less than 0.03 s")
            except AfnextError as error:
                lost.append(f"{row.name}: {error}")
                continue
            counts = [sum(window.tokens for window in some) for some in parts]
            trees.append(whole(render(row.conversation, counts, self.tokenizer, self.family, generation_prompt=False)))
            cut += parts
            seconds += sum(map(len, sounds)) / SAMPLE_RATE
        if self.together and not trees:
            trees.append(Tree([self.tokenizer.end_of_text], [0], [IGNORED], 0, [1]))
        return Batch(
            sound=group([window for parts in cut for window in parts], together=self.together),
            windows=tuple(map(len, cut)),
            talk=pack(trees),
            audio_seconds=seconds,
            lost=tuple(lost),
        )


def _seconds(part: AudioPart) -> float:
    """How long a recording is, by its header where that tells, else by decoding it."""
    clip = clip_of(part)
    start, end = clip.start or 0.0, clip.end
    whole_length = duration(clip.source, rate=clip.rate)
    if whole_length is None:
        return len(clip.samples(_log.debug)) / SAMPLE_RATE
    return max(0.0, (whole_length if end is None else min(end, whole_length)) - start)
