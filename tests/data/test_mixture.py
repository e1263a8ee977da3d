"""Mixtures by weight, counted by hand; packing against all ways to pack."""

from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afnext.base.errors import RecipeError
from afnext.data.mixture import Term, epoch, parse_mixture
from afnext.data.packing import efficiency, fill, pack_rows


def test_mixtures_are_read():
    assert parse_mixture("a.jsonl") == (Term("a.jsonl", 1.0),)
    assert parse_mixture(" my set/a.jsonl * 0.5 + b+c.jsonl*2 ") == (
        Term("my set/a.jsonl", 0.5),
        Term("b+c.jsonl", 2.0),
    )
    for wrong in ("", "a.jsonl*0", "a.jsonl*1.2.3", "a.jsonl +  + b.jsonl"):
        with pytest.raises(RecipeError, match=r"expected sets with weights"):
            parse_mixture(wrong)


@pytest.mark.parametrize(("weight", "epochs"), [(0.5, 2), (0.25, 4), (1.0, 1), (2.0, 1), (1.5, 2)])
def test_in_whole_passes_every_row_comes_equally_often(weight, epochs):
    seen = Counter(tuple(row) for number in range(epochs) for row in epoch([40, 7], [weight, 1.0], number, 3).tolist())
    assert {count for (place, _), count in seen.items() if place == 0} == {round(weight * epochs)}
    assert len([row for row in seen if row[0] == 0]) == 40
    assert {count for (place, _), count in seen.items() if place == 1} == {epochs}


def test_an_epoch_is_its_number_and_seed_alone():
    first, again, later, other = (
        epoch([30, 30], [1.0, 0.5], number, seed) for number, seed in ((0, 1), (0, 1), (1, 1), (0, 2))
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, later)
    assert not np.array_equal(first, other)
    assert len(first) == 45
    half, rest = (set(e[e[:, 0] == 1][:, 1].tolist()) for e in (first, later))
    assert not half & rest, "the second epoch has the half that the first left out"


def fewest(sizes, budget):
    """By trying every way."""
    for count in range(1, len(sizes) + 1):
        for ways in product(range(count), repeat=len(sizes)):
            if all(
                sum(size for size, way in zip(sizes, ways, strict=True) if way == b) <= budget for b in range(count)
            ):
                return count
    return 0


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 10), max_size=6))
def test_bins_hold_everything_once_and_are_few(sizes):
    bins = fill(sizes, 10)
    assert sorted(item for some in bins for item in some) == list(range(len(sizes)))
    assert all(sum(sizes[item] for item in some) <= 10 for some in bins)
    assert len(bins) <= fewest(sizes, 10) * 11 / 9 + 6 / 9  # the bound of best-fit decreasing (Johnson 1973)


def test_mixed_lengths_fill_batches():
    """Talks, songs and clips, log-uniform from one second to ten minutes, as tokens: more than 95 % is filled."""
    sizes = np.exp(np.random.default_rng(0).uniform(np.log(60), np.log(15_000), 3000)).astype(int).tolist()
    batches = pack_rows(sizes, 24_000)
    assert sorted(item for some in batches for item in some) == list(range(3000))
    assert efficiency(sizes, batches, 24_000) > 0.95
