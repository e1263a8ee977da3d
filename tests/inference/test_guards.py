"""Going in circles, thinking without end, and closed answers."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afnext.inference.guards import COPIES, LONGEST_PERIOD, SHORTEST, circle
from afnext.inference.writer import Writer


def brute_force(ids):
    """The tokens behind the first copy, trying every period by comparing slices."""
    for period in range(1, LONGEST_PERIOD + 1):
        same = 0
        while same < len(ids) - period and ids[-1 - same] == ids[-1 - same - period]:
            same += 1
        if same + period >= max(SHORTEST, COPIES * period):
            return same
    return 0


@given(st.integers(0, 10_000))
def test_a_circle_is_found_as_by_comparing_everything(seed):
    rng = random.Random(seed)
    ids = [rng.randint(0, 3) for _ in range(rng.randint(0, 50))]
    piece = [rng.randint(0, 3) for _ in range(rng.randint(1, 60))]
    ids += (piece * 40)[: rng.randint(0, 400)] + [9] * rng.randint(0, 1)
    assert circle(ids) == brute_force(ids)


def test_a_chorus_is_no_circle():
    chorus = list(range(20))
    assert circle([*range(100, 120), *chorus * 4]) == 0, "four times twenty tokens"
    assert circle([*range(100, 120), *chorus * 5]) == 80
    assert circle(list(range(90)) * 3) == 0
    assert circle([5] * 95) == 0
    assert circle([5] * 96) == 95


def writer(tokenizer, limit=1000, **settings):
    return Writer(tokenizer, {tokenizer.turn_end}, (), limit, **settings)


def pushed(writer, ids):
    text = ""
    for token in ids:
        if writer.finish_reason is None:
            text += writer.push(token)
    return text


def test_an_answer_that_goes_in_circles_is_cut_behind_the_first_round(tokenizer):
    ids = tokenizer.encode("First a bell. " + "Then a dog barks and a man speaks. " * 30)
    one = writer(tokenizer)
    streamed = pushed(one, ids)
    assert one.finish_reason == "repetition"
    assert one.text.startswith("First a bell. Then a dog barks and a man speaks")
    assert one.text.count("a dog barks") <= 2
    assert streamed.startswith(one.text), "what was streamed cannot be taken back"
    assert len(one.ids) < len(ids) / 3
    free = writer(tokenizer, stop_loops=False)
    assert pushed(free, ids).count("a dog barks") == 30


def test_what_follows_a_closed_answer_is_not_waited_for(tokenizer):
    one = writer(tokenizer)
    ids = tokenizer.encode("<answer>B</answer> And the man said that")
    assert pushed(one, ids).endswith("</answer>")
    assert one.finish_reason == "stop"
    stray = writer(tokenizer)
    assert pushed(stray, tokenizer.encode("no </answer> here")) == "no </answer> here"


@pytest.mark.parametrize("most", [1, 5, 200])
def test_a_reasoning_is_closed_at_its_bound(engine, monkeypatch, most):
    """A model that wants to think for ever, then answers with whatever comes."""
    from afnext.inference import core

    thought = iter(engine.tokenizer.encode("<think>" + "I hear a dog and a man and " * 100))
    monkeypatch.setattr(core, "choose", lambda logits, choosers: [next(thought)])
    reply = engine.ask("What?", max_new_tokens=300, max_think_tokens=most, stop_loops=False)
    opened = len(engine.tokenizer.encode("<think>"))
    assert reply.raw.count("</think>") == 1
    assert reply.reasoning in "I hear a dog and a man and " * 100
    assert len(engine.tokenizer.encode("<think>" + reply.reasoning)) <= max(most, opened) + 1
    assert reply.notes[0] == f"the reasoning was closed after {max(most, opened)} tokens, its bound"
    assert reply.text
