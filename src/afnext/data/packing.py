"""Rows of many lengths into batches of one length."""

from bisect import bisect_left, insort
from collections.abc import Sequence

WINDOW = 4096
"""Rows that are packed together: enough to fill every batch, few enough that any corpus can be packed as it passes."""


def fill(sizes: Sequence[int], budget: int) -> list[list[int]]:
    """Numbers of items in bins that hold at most ``budget``: longest first, each where it fits most closely.

    Args:
        sizes: of the items, each at most ``budget``.
        budget: of a bin.
    """
    bins: list[list[int]] = []
    room: list[tuple[int, int]] = []  # what is left of each bin that has anything left, and its number; ascending
    for item in sorted(range(len(sizes)), key=lambda number: (-sizes[number], number)):
        place = bisect_left(room, (sizes[item], -1))
        if place < len(room):
            left, chosen = room.pop(place)
            bins[chosen].append(item)
        else:
            left, chosen = budget, len(bins)
            bins.append([item])
        if left > sizes[item]:
            insort(room, (left - sizes[item], chosen))
    return bins


def pack_rows(sizes: Sequence[int], budget: int) -> list[list[int]]:
    """Batches of rows, which pass in the given order: rows of one window may change places, no others."""
    batches = []
    for first in range(0, len(sizes), WINDOW):
        window = sizes[first : first + WINDOW]
        batches += [[first + item for item in sorted(some)] for some in fill(window, budget)]
    return batches


def efficiency(sizes: Sequence[int], batches: Sequence[Sequence[int]], budget: int) -> float:
    """Share of the tokens of all batches that rows fill."""
    return sum(sizes[item] for some in batches for item in some) / (budget * len(batches)) if batches else 0.0
