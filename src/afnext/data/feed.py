"""Batches out of rows: packed by what their headers say, decoded when they are due.

Which rows make batch i depends on (rows, mixture, seed, i) alone.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import count

import numpy as np
from torch.utils.data import Dataset

from afnext.base.errors import ConversationError
from afnext.base.progress import Tell, silent
from afnext.data.batch import Batch
from afnext.data.groups import Group, Speller
from afnext.data.mixture import Term, epoch
from afnext.data.packing import pack_rows
from afnext.data.rows import Row, read_rows
from afnext.dialogue.template import Family
from afnext.dialogue.tokenizer import Tokenizer

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
        spelling: makes the speller, of what stands in these lines but the seed.
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
        spelling: Callable[..., Speller] = Speller,
        tell: Tell = silent,
    ) -> None:
        self.tokens, self.seed = tokens, seed
        self.speller = spelling(tokenizer, family, tokens=tokens, context=context, longest=longest, together=together)
        self.left_out = Counter[str]()
        self.weights = [term.weight for term in mixture]
        read = [read_rows(term.path) for term in mixture]
        total = sum(map(len, read))
        self.sets, self.sizes = list[list[Row]](), list[list[int]]()
        done = 0
        for term, rows in zip(mixture, read, strict=True):
            kept, sizes = list[Row](), list[int]()
            for row in rows:
                size, why = self.speller.measure(row)
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
        rows = [self.sets[place][row] for place, row in batches[index]]
        return self.speller.batch([Group((row.name,), (row.conversation,)) for row in rows])

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
