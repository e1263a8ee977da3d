"""Batches out of rows: packed by what their headers say, decoded when they are due.

Which rows make batch i depends on (rows, mixture, seed, i) alone.
"""

import logging
from collections import Counter
from collections.abc import Sequence
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

_log = logging.getLogger(__name__)


class RowFeed(Dataset[Batch]):
    """Batches by number, of one epoch after the other.

    Args:
        mixture: the files, with their weights.
        speller: leaves out what is too long, and says how many tokens a batch has.
        seed: of the run.
        tell: told how many rows have been measured.

    Attributes:
        left_out: how many rows are not used, by why.

    Raises:
        ConversationError: a file is missing, a row is in no known form, or none is left to learn from.
    """

    def __init__(self, mixture: Sequence[Term], speller: Speller, *, seed: int, tell: Tell = silent) -> None:
        self.speller, self.seed = speller, seed
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
        filled = sum(self.sizes[place][row] for some in batches for place, row in some)
        return filled / (self.speller.tokens * len(batches))

    @lru_cache(maxsize=4)  # noqa: B019 - feeds live as long as their run
    def epoch(self, number: int) -> list[list[tuple[int, int]]]:
        """The batches of an epoch, each of (set, row)."""
        chosen = [
            (int(place), int(row)) for place, row in epoch(list(map(len, self.sets)), self.weights, number, self.seed)
        ]
        batches = pack_rows([self.sizes[place][row] for place, row in chosen], self.speller.tokens)
        order = np.random.default_rng((self.seed, 2, number)).permutation(len(batches))
        return [[chosen[item] for item in batches[place]] for place in order]
