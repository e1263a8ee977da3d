"""Choosing tokens: against transformers' processors, and against exact probabilities."""

import pytest
import torch
from transformers.generation.logits_process import (
    LogitsProcessorList,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopPLogitsWarper,
)

from afnext.base.errors import RequestError
from afnext.inference.request import Request, Sampling, request_of
from afnext.inference.sampling import Chooser, choose, draw, penalise


def test_the_penalty_is_that_of_transformers():
    torch.manual_seed(0)
    scores = torch.randn(3, 20) * 4
    ids = torch.randint(0, 20, (3, 9))
    seen = torch.zeros(3, 20, dtype=torch.bool).scatter_(1, ids, True)
    theirs = RepetitionPenaltyLogitsProcessor(1.3)(ids, scores.clone())
    assert torch.equal(penalise(scores, seen, torch.full((3, 1), 1.3)), theirs)


@pytest.mark.parametrize(("temperature", "top_p"), [(1.0, 1.0), (0.7, 0.9), (1.5, 0.5), (1.0, 0.05)])
def test_draws_follow_the_distribution_of_transformers(temperature, top_p):
    torch.manual_seed(1)
    scores = torch.randn(1, 12) * 2
    theirs = LogitsProcessorList([TemperatureLogitsWarper(temperature), TopPLogitsWarper(top_p)])
    expected = theirs(torch.zeros(1, 0, dtype=torch.long), scores.clone()).softmax(-1)[0]
    # a comb over [0, 1) gives each id its probability's share of the teeth, to within one tooth
    teeth = 20_000
    uniform = (torch.arange(teeth) + 0.5)[:, None] / teeth
    rows = (scores / temperature).expand(teeth, -1)
    drawn = draw(rows, torch.full((teeth, 1), top_p), uniform)
    shares = torch.bincount(drawn, minlength=12) / teeth
    assert (shares - expected).abs().max() < 2e-4
    assert not (shares > 0)[expected == 0].any()


def test_a_row_draws_the_same_alone_and_in_any_batch():
    torch.manual_seed(2)
    steps = torch.randn(6, 3, 50)
    settings = [Sampling(temperature=1.0, seed=5), Sampling(), Sampling(temperature=2.0, top_p=0.8, seed=9)]
    together = [Chooser(setting, [row + 1]) for row, setting in enumerate(settings)]
    batch = [choose(step, together) for step in steps]
    for row, setting in enumerate(settings):
        alone = [Chooser(setting, [row + 1])]
        assert [choose(step[row : row + 1], alone)[0] for step in steps] == [ids[row] for ids in batch]


def chosen(logits, choosers):
    """The next ids, noted."""
    ids = choose(logits, choosers)
    for chooser, token in zip(choosers, ids, strict=True):
        chooser.note(token)
    return ids


def test_rows_that_stay_keep_their_state():
    torch.manual_seed(3)
    steps = torch.randn(4, 3, 30)
    settings = [Sampling(temperature=1.0, seed=row, repetition_penalty=1.5) for row in range(3)]
    whole, leaving = ([Chooser(setting, [row + 1]) for row, setting in enumerate(settings)] for _ in range(2))
    expected = [chosen(step, whole) for step in steps]
    assert chosen(steps[0], leaving) == expected[0]
    for step, ids in zip(steps[1:], expected[1:], strict=True):
        assert chosen(step[[2, 0]], [leaving[2], leaving[0]]) == [ids[2], ids[0]]


def test_the_penalty_counts_what_was_written():
    choosers = [Chooser(Sampling(repetition_penalty=10.0), [0])]
    logits = torch.tensor([[9.0, 4.0, 3.0, 2.0]])
    assert [chosen(logits, choosers)[0] for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": -1}, "temperature -1; expected a number from 0"),
        ({"temperature": float("nan")}, "temperature nan"),
        ({"top_p": 0}, "top_p 0; expected a number above 0"),
        ({"top_p": 1.5}, "top_p 1.5"),
        ({"repetition_penalty": 0}, "repetition_penalty 0"),
        ({"max_new_tokens": 0}, "max_new_tokens 0; expected a whole number of 1 or more"),
        ({"max_new_tokens": 2.5}, "max_new_tokens 2.5"),
        ({"seed": -3}, "seed -3"),
        ({"stop": ("",)}, "stop"),
        ({"over_limit": "cut"}, "over_limit 'cut'; expected error or truncate or stitch"),
        ({"temprature": 1}, "unknown setting 'temprature'; expected max_new_tokens, temperature"),
    ],
)
def test_settings_out_of_range_are_named(settings, message):
    with pytest.raises(RequestError, match=message.replace("(", r"\(")):
        request_of((), settings)


def test_one_stop_string_may_be_given_as_text():
    assert Request((), Sampling(stop="\n")).sampling.stop == ("\n",)
