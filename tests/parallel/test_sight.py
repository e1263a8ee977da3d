"""Who sees whom: borders against the definition, token by token."""

import random

from afnext.parallel.ring import reach, zigzag
from afnext.parallel.sight import Sight


def drawn(draw: random.Random) -> tuple[list[tuple[int, ...]], int]:
    """Some trees, with and without prefix, branches and empty branches; and a padded length."""
    trees, start = [], 0
    for _ in range(draw.randint(1, 4)):
        borders = [start, start + draw.randint(0, 6)]
        for _ in range(draw.randint(0, 4)):
            borders.append(borders[-1] + draw.randint(0, 5))
        trees.append(tuple(borders))
        start = borders[-1]
    return trees, start + draw.randint(0, 5)


def definition(trees: list[tuple[int, ...]], length: int) -> list[list[bool]]:
    """[query][key]: a token sees what is before it in its tree, of the prefix or of its own branch."""
    home: list[tuple[int, int]] = []
    for number, (start, behind, *ends) in enumerate(trees):
        home += [(number, 0)] * (behind - start)
        for branch, (first, last) in enumerate(zip([behind, *ends], ends, strict=False), 1):
            home += [(number, branch)] * (last - first)
    home += [(len(trees), 0)] * (length - len(home))
    return [
        [j <= i and home[i][0] == home[j][0] and home[j][1] in (0, home[i][1]) for j in range(length)]
        for i in range(length)
    ]


def test_places_tell_the_definition() -> None:
    draw = random.Random(0)
    for _ in range(100):
        trees, length = drawn(draw)
        places = Sight(trees, length).places()
        assert places.sees(places).tolist() == definition(trees, length)


def test_ranges_are_told_apart_without_a_mask() -> None:
    draw = random.Random(1)
    found = {True: 0, False: 0, None: 0}
    for _ in range(200):
        trees, length = drawn(draw)
        truth, sight = definition(trees, length), Sight(trees, length)
        for _ in range(20 if length else 0):
            (a, b), (c, d) = (sorted(draw.sample(range(length + 1), 2)) for _ in range(2))
            part = [seen for row in truth[a:b] for seen in row[c:d]]
            expected = True if all(part) else None if any(part) else False
            assert sight.between((a, b), (c, d)) is expected, (trees, length, (a, b), (c, d))
            found[expected] += 1
    assert min(found.values()) > 50


def test_a_zigzag_holds_everything_once_and_weighs_alike() -> None:
    parts = zigzag(48, 4)
    held = [[token for first, last in part for token in range(first, last)] for part in parts]
    assert sorted(token for part in held for token in part) == list(range(48))
    assert len({sum(part) for part in held}) == 1  # of causal work, too


def test_a_block_goes_no_further_than_somebody_sees_it() -> None:
    causal = Sight([(0, 48)], 48)
    assert [reach(causal, zigzag(48, 4), origin) for origin in range(4)] == [3, 3, 3, 3]
    short = Sight([(start, start + 6) for start in range(0, 48, 6)], 48)
    assert [reach(short, zigzag(48, 4), origin) for origin in range(4)] == [0, 0, 0, 0]
