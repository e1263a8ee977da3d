"""Who sees what of a key-value cache, as plain integers.

A token's keys and values lie in a numbered slot. The tokens of one conversation fill runs of neighbouring slots, and
conversations that begin alike share the first of them. Of one pass over many conversations, ``plan`` makes stretches:
some of the new tokens looking at one run of slots, or at each other. What several conversations share is one stretch,
so that its keys and values are read once for all of them (cascade attention; Hydragen, arXiv:2402.05099).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Run = tuple[int, int]
"""First slot, and one past the last."""


@dataclass(frozen=True)
class Row:
    """A conversation in one pass: the runs that hold its tokens in order, of which the last ``new`` are being read."""

    runs: tuple[Run, ...]
    new: int

    @property
    def length(self) -> int:
        """Tokens, old and new."""
        return sum(end - start for start, end in self.runs)

    @property
    def places(self) -> list[int]:
        """The slots of the new tokens."""
        slots = [slot for start, end in last(self.runs, self.new) for slot in range(start, end)]
        assert len(slots) == self.new, f"{self.new} new tokens in runs {self.runs}"
        return slots


@dataclass(frozen=True)
class Stretch:
    """Some new tokens, and what they look at.

    Attributes:
        queries: which of the pass's new tokens, counted over all rows: neighbours, or one of each of several rows.
        run: the slots they all see; None: the new tokens of their own row, each those up to itself.
        first: nothing that these tokens see stands in a stretch before this one.
    """

    queries: tuple[int, ...] | slice
    run: Run | None
    first: bool


def plan(rows: Sequence[Row]) -> list[Stretch]:
    """The stretches of a pass over ``rows``, whose new tokens stand one row after the other."""
    stretches: list[Stretch] = []
    single: list[tuple[int, tuple[Run, ...]]] = []
    begin = 0
    for row in rows:
        if row.new == 1:
            single.append((begin, row.runs))
        else:
            mine = slice(begin, begin + row.new)
            before = first(row.runs, row.length - row.new)
            stretches += [Stretch(mine, run, number == 0) for number, run in enumerate(before)]
            stretches.append(Stretch(mine, None, not before))
        begin += row.new
    return [*stretches, *_shared(single, True)]


def _shared(rows: Sequence[tuple[int, tuple[Run, ...]]], begins: bool) -> Iterator[Stretch]:
    """Stretches of single tokens, those whose rows go on in the same slots together."""
    together: dict[int, list[tuple[int, tuple[Run, ...]]]] = {}
    for query, runs in rows:
        together.setdefault(runs[0][0], []).append((query, runs))
    for start, group in together.items():
        end = min(runs[0][1] for _, runs in group)
        yield Stretch(tuple(query for query, _ in group), (start, end), begins)
        rest = [(query, last(runs, sum(b - a for a, b in runs) - (end - start))) for query, runs in group]
        yield from _shared([(query, runs) for query, runs in rest if runs], False)


def first(runs: Sequence[Run], count: int) -> tuple[Run, ...]:
    """The runs of the first ``count`` tokens."""
    kept: list[Run] = []
    for start, end in runs:
        if count <= 0:
            break
        kept.append((start, min(end, start + count)))
        count -= end - start
    return tuple(kept)


def last(runs: Sequence[Run], count: int) -> tuple[Run, ...]:
    """The runs of the last ``count`` tokens."""
    kept: list[Run] = []
    for start, end in reversed(runs):
        if count <= 0:
            break
        kept.append((max(start, end - count), end))
        count -= end - start
    return tuple(reversed(kept))
