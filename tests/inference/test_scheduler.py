"""Whose turn it is, followed with a pencil: no tensors."""

import random

from hypothesis import given
from hypothesis import strategies as st

from afnext.inference.blocks import BLOCK, Blocks
from afnext.inference.scheduler import Scheduler
from afnext.inference.sequence import Sequence


def talk(prompt, limit=4, first=0):
    return Sequence(list(range(first, first + prompt)), prompt, limit)


def made(scheduler):
    """One pass: what it read, by conversation; those with nothing left write a token."""
    parts = scheduler.schedule()
    ends = [part.last for part in parts]
    scheduler.done(parts)
    for part, last in zip(parts, ends, strict=True):
        if last:
            part.sequence.ids.append(7)
            if len(part.sequence.ids) - part.sequence.prompt == part.sequence.limit:
                scheduler.remove(part.sequence)
    return [(part.sequence, part.count) for part in parts]


def test_a_long_prompt_is_read_in_pieces_beside_those_who_write():
    scheduler = Scheduler(Blocks(100), rows=4, tokens=40)
    short, long = talk(10, limit=9), talk(100, limit=2, first=500)
    scheduler.add(short)
    assert made(scheduler) == [(short, 10)]
    scheduler.add(long)
    assert made(scheduler) == [(short, 1), (long, 39)]
    assert made(scheduler) == [(short, 1), (long, 39)]
    assert made(scheduler) == [(short, 1), (long, 22)]
    assert made(scheduler) == [(short, 1), (long, 1)]
    assert made(scheduler) == [(short, 1)]


def test_who_came_first_is_served_first():
    scheduler = Scheduler(Blocks(10), rows=4, tokens=64)
    big, bigger, small = talk(5 * BLOCK, 1), talk(8 * BLOCK, 1, 1000), talk(10, 1, 5000)
    for sequence in (big, bigger, small):
        scheduler.add(sequence)
    assert [sequence for sequence, _ in made(scheduler)] == [big], (
        "small does not overtake bigger, which has no room yet"
    )
    while big in scheduler.running:
        made(scheduler)
    assert made(scheduler)[0] == (bigger, 64)


def test_who_shares_waits_for_the_first_to_read_and_overtaking_is_no_waste():
    scheduler = Scheduler(Blocks(100), rows=8, tokens=64)
    alike = [Sequence([*range(100), 1000 + number], 101, 2) for number in range(3)]
    other = talk(20, first=3000)
    for sequence in (*alike, other):
        scheduler.add(sequence)
    assert made(scheduler) == [(alike[0], 64)]
    assert made(scheduler) == [(alike[0], 37), (other, 20)]
    assert [count for _, count in made(scheduler)] == [1, 1, 5, 5], "three blocks of 32 are there"
    assert alike[1].shared == alike[2].shared == 3 * BLOCK


def test_who_is_given_up_leaves_nothing():
    scheduler = Scheduler(Blocks(20), rows=2, tokens=8)
    running, waiting = talk(100), talk(500, first=900)
    scheduler.add(running)
    scheduler.add(waiting)
    made(scheduler)
    scheduler.remove(waiting)
    scheduler.remove(running)
    assert scheduler.blocks.held == 0
    assert scheduler.schedule() == []


@given(st.integers(0, 10_000))
def test_everybody_ends_and_nothing_is_exceeded(seed):
    rng = random.Random(seed)
    blocks, rows, tokens = Blocks(rng.randint(6, 30)), rng.randint(1, 5), rng.randint(5, 90)
    scheduler = Scheduler(blocks, rows=rows, tokens=tokens)
    prompts = [[rng.choice((0, 0, 1)) for _ in range(rng.randint(1, 150))] for _ in range(12)]
    most = blocks.count * BLOCK
    all_of_them = [Sequence(prompt, len(prompt), rng.randint(1, min(30, most - len(prompt) + 1))) for prompt in prompts]
    waiting = list(all_of_them)
    for _ in range(4000):
        if waiting and rng.random() < 0.3:
            scheduler.add(waiting.pop())
        read = made(scheduler)
        assert sum(count for _, count in read) <= tokens
        assert len(scheduler.running) <= rows
        assert read or not scheduler.running
        if not (waiting or scheduler.running or scheduler.waiting):
            break
    assert all(len(sequence.ids) == sequence.prompt + sequence.limit for sequence in all_of_them)
    assert all(sequence.read == len(sequence.ids) - 1 for sequence in all_of_them)
    assert blocks.held == 0
