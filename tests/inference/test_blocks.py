"""Blocks and their order of leaving, against a plain model of both."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afnext.inference.blocks import BLOCK, Blocks, chain
from afnext.inference.sequence import Sequence, Sounds, runs_of


def names(text):
    """Hashes of a conversation with one letter a block."""
    found = [b""]
    for letter in text:
        found.append(chain(found[-1], letter.encode()))
    return found[1:]


def held(blocks, text):
    """Hold a conversation as the scheduler does; the blocks."""
    shared = blocks.find(names(text))
    blocks.hold(shared)
    taken = [*shared, *blocks.take(len(text) - len(shared))]
    for block, name in zip(taken, names(text), strict=True):
        blocks.name(block, name)
    return taken


def test_what_is_alike_is_shared_and_the_rest_is_not():
    blocks = Blocks(10)
    one, two = held(blocks, "abcd"), held(blocks, "abxy")
    assert one[:2] == two[:2]
    assert len({*one, *two}) == 6
    assert blocks.held == 6
    blocks.release(one)
    assert (blocks.held, blocks.kept, blocks.available) == (4, 2, 6)


def test_the_end_goes_before_the_beginning_and_the_oldest_first():
    blocks = Blocks(6)
    blocks.release(held(blocks, "abc"))
    blocks.release(held(blocks, "xy"))
    blocks.take(3)
    assert len(blocks.find(names("abc"))) == 1
    assert len(blocks.find(names("xy"))) == 2


def test_equal_letters_behind_different_beginnings_are_different():
    blocks = Blocks(4)
    held(blocks, "ab")
    assert blocks.find(names("bb")) == []


def test_neighbours_are_given_where_there_are_any():
    blocks = Blocks(12)
    parts = [blocks.take(3) for _ in range(4)]
    for part in (parts[0], parts[2], parts[1]):
        blocks.release(part)
    assert blocks.take(8) == list(range(8))
    assert blocks.take(1) == [8]


@given(st.integers(0, 10_000))
def test_no_block_is_lost_or_given_twice(seed):
    """Random conversations come and go over few blocks."""
    rng = random.Random(seed)
    blocks, here = Blocks(9), []
    for _ in range(60):
        text = "".join(rng.choice("ab") for _ in range(rng.randint(1, 5)))
        shared = blocks.find(names(text))
        if blocks.needed(shared, len(text) - len(shared)) <= blocks.available and rng.random() < 0.6:
            here.append((text, held(blocks, text)))
        elif here:
            blocks.release(here.pop(rng.randrange(len(here)))[1])
        owners = {}
        for text, taken in here:
            for place, block in enumerate(taken):
                assert owners.setdefault(block, text[: place + 1]) == text[: place + 1], "one block, two contents"
        assert blocks.held == len(owners)
        assert blocks.held + blocks.available == blocks.count
    for _, taken in here:
        blocks.release(taken)
    assert (blocks.held, blocks.available) == (0, 9)
    assert blocks.take(9) == list(range(9)), "one gap again"
    assert blocks.kept == 0


def test_more_than_there_are_is_our_mistake():
    with pytest.raises(AssertionError, match="5 blocks, and 4 available"):
        Blocks(4).take(5)


def test_hashes_tell_words_sounds_and_places():
    ids = list(range(4 * BLOCK))
    plain = Sequence(ids, len(ids), 1)
    assert plain.hashes(4)[:2] == Sequence(ids[: 2 * BLOCK], 2 * BLOCK, 9).hashes(2)
    assert plain.hashes(4)[1:] != Sequence([9, *ids[1:]], len(ids), 1).hashes(4)[1:], "what stands before counts"
    sounds = [Sequence([3] * len(ids), len(ids), 1, (Sounds(5, 100, digest),)) for digest in (b"a" * 16, b"b" * 16)]
    assert sounds[0].hashes(4)[0] != sounds[1].hashes(4)[0]
    later = Sequence([3] * len(ids), len(ids), 1, (Sounds(6, 100, b"a" * 16),))
    assert later.hashes(1) != sounds[0].hashes(1)


def test_runs_join_neighbours_and_end_with_the_last_token():
    assert runs_of([4, 5, 9], 2 * BLOCK + 3) == ((4 * BLOCK, 6 * BLOCK), (9 * BLOCK, 9 * BLOCK + 3))
    assert runs_of([4, 5, 9], BLOCK) == ((4 * BLOCK, 5 * BLOCK),)
