"""Edit distance between sequences: bit-parallel, on Python's own integers.

Source: Hyyrö 2003, "A Bit-Vector Algorithm for Computing Levenshtein and Damerau Edit Distances". A row of the table
is two integers of as many bits as the shorter sequence is long, so that a transcript of half an hour takes
milliseconds and no package is needed.
"""

from collections.abc import Hashable, Sequence


def edit_distance(reference: Sequence[Hashable], hypothesis: Sequence[Hashable]) -> int:
    """Fewest insertions, deletions and substitutions that turn one sequence into the other.

    >>> edit_distance("the cat sat".split(), "a cat sat down".split()), edit_distance("", "abc")
    (2, 3)
    """
    short, long = sorted((reference, hypothesis), key=len)
    if not short:
        return len(long)
    places: dict[Hashable, int] = {}
    for position, item in enumerate(short):
        places[item] = places.get(item, 0) | 1 << position
    full, last = (1 << len(short)) - 1, 1 << (len(short) - 1)
    up, down, distance = full, 0, len(short)  # vertical steps of +1 and of -1
    for item in long:
        match = places.get(item, 0)
        diagonal = (((match & up) + up) ^ up) | match | down
        rise, fall = down | (full & ~(diagonal | up)), diagonal & up
        distance += bool(rise & last) - bool(fall & last)
        rise, fall = (rise << 1 | 1) & full, (fall << 1) & full
        up, down = fall | (full & ~(diagonal | rise)), diagonal & rise
    return distance
