"""The small parts of training, against hand-computed cases and slow twins."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from afnext.base.config import load_config
from afnext.dialogue.template import NANO
from afnext.dialogue.tokenizer import Tokenizer
from afnext.scenes.scene import Event, Scene, SceneWord
from afnext.scenes.speech.sentences import VOCABULARY
from afnext.training.augment import vary_timbre
from afnext.training.feed import SceneFeed, said
from afnext.training.heads import CHARACTERS, spell, unspell
from afnext.training.loss import clock_loss, tag_loss, transcript_loss
from afnext.training.measures import edit_distance, f1, word_error_rate
from afnext.training.muon import Muon, orthogonal
from afnext.training.recipe import Recipe
from afnext.training.schedule import learning_rate
from afnext.training.truth import (
    ALL_LABELS,
    BEGINS,
    DIGITS,
    ENDS,
    SOUNDS,
    WIDTH,
    WINDOW_DIGITS,
    WORD_BEGINS,
    WORDS,
    digits,
    truth_of,
    veil,
    window_digits,
)

RECIPES = sorted((Path(__file__).parents[2] / "recipes").rglob("*.yaml"))


@pytest.mark.parametrize("file", RECIPES, ids=lambda file: file.stem)
def test_every_recipe_is_read(file):
    recipe = load_config(Recipe, file, ["data=my.jsonl"] if file.parent.name == "finetune" else [])
    assert recipe.name == f"{file.parent.name}-{file.stem}"


def test_the_schedule_rises_then_falls():
    rate = [learning_rate(step, steps=110, warmup=10, highest=1.0, minimum=0.1) for step in range(110)]
    assert rate[0] == pytest.approx(0.1)
    assert rate[9] == rate[10] == 1.0
    assert rate[60] == pytest.approx(0.1 + 0.9 * 0.5)
    assert rate[-1] == pytest.approx(0.1, abs=1e-3)
    assert all(later <= earlier for earlier, later in itertools.pairwise(rate[10:]))


def test_characters_spell_and_read_back():
    assert unspell(spell("Don't, call PETER!"), path=False) == "don't call peter"
    a, b = CHARACTERS.index("a") + 1, CHARACTERS.index("b") + 1
    assert unspell([0, a, a, 0, a, b, b, 0]) == "aab"
    assert unspell([]) == ""


def test_ctc_sums_over_every_path():
    torch.manual_seed(0)
    logs = torch.log_softmax(torch.randn(1, 4, 3), -1)
    total = sum(
        math.exp(sum(logs[0, frame, symbol].item() for frame, symbol in enumerate(path)))
        for path in itertools.product(range(3), repeat=4)
        if [s for before, s in zip((0, *path), path, strict=False) if s != before and s] == [1, 2]
    )
    assert transcript_loss(logs, [4], [[1, 2]]).item() == pytest.approx(-math.log(total), rel=1e-5)


def test_the_tag_loss_sums_labels_and_frames():
    logits = torch.tensor([[0.0, 2.0], [0.0, 0.0]])
    truth = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    wanted = math.log(2) + math.log(1 + math.exp(2)) + 2 * math.log(2)
    assert tag_loss(logits, truth).item() == pytest.approx(wanted, rel=1e-6)


def test_muon_makes_updates_orthogonal():
    torch.manual_seed(0)
    for shape in ((6, 20), (20, 6), (8, 8)):
        values = torch.linalg.svdvals(orthogonal(torch.randn(shape)))
        assert values.min() > 0.3
        assert values.max() < 1.3


def test_muon_finds_a_minimum():
    torch.manual_seed(0)
    wanted, weight = torch.randn(6, 4), torch.nn.Parameter(torch.zeros(6, 4))
    optimizer = Muon([weight], lr=0.1)
    for step in range(300):
        optimizer.param_groups[0]["lr"] = 0.1 * (1 - step / 300)
        optimizer.zero_grad()
        (weight - wanted).square().sum().backward()
        optimizer.step()
    assert (weight - wanted).abs().max() < 0.05


def test_timbre_varies_but_time_and_silence_stay():
    mel = torch.full((128, 50), -1.0)
    mel[40:60, 10:20] = 0.5
    varied = vary_timbre(mel, np.random.default_rng(1))
    assert varied.shape == mel.shape
    assert not torch.equal(varied, mel)
    assert torch.equal(varied, vary_timbre(mel, np.random.default_rng(1)))
    loud = (varied > 0).any(0)
    assert loud[10:20].all()
    assert not loud[:10].any()
    assert not loud[20:].any()
    assert torch.equal(mel[:, 0], torch.full((128,), -1.0))


def scene(*events):
    return Scene(seed=0, world="train", duration=2.0, place="outdoors", events=events)


def event(kind, label, start, end, text=None, *, words=()):
    return Event(kind=kind, label=label, start=start, end=end, level=-6.0, source="x", text=text, words=words)


def columns(truth, part):
    return {(row, column) for row, column in zip(*np.nonzero(truth[:, part]), strict=True)}


def test_tokens_carry_what_sounds_begins_and_ends():
    siren, piano = ALL_LABELS.index("siren"), ALL_LABELS.index("piano")
    truth = truth_of(scene(event("sound", "siren", 0.41, 1.0), event("music", "piano", 1.9, 2.0)), 50)
    assert truth.shape == (50, WIDTH)
    assert columns(truth, SOUNDS) == {*((row, siren) for row in range(10, 25)), (48, piano), (49, piano)}
    assert columns(truth, BEGINS) == {(10, siren), (11, siren), (48, piano), (49, piano)}
    assert columns(truth, ENDS) == {(24, siren), (25, siren), (49, piano)}
    assert not truth[:, WORDS].any()
    assert not truth[:, WORD_BEGINS].any()


def test_tokens_carry_the_word_that_is_said():
    words = (SceneWord(0.4, 0.8, "call"), SceneWord(0.8, 1.2, "peter"), SceneWord(1.2, 1.6, "zebra"))
    truth = truth_of(scene(event("speech", "a man speaking", 0.4, 1.6, "call peter zebra", words=words)), 50)
    call, peter = VOCABULARY.index("call"), VOCABULARY.index("peter")
    said_there = {*((row, call) for row in range(10, 20)), *((row, peter) for row in range(20, 30))}
    assert columns(truth, WORDS) == said_there  # the zebra is outside the vocabulary
    assert np.flatnonzero(truth[:, WORD_BEGINS]).tolist() == [10, 20, 30]


def test_a_veil_hides_little_and_invents_less():
    truth = np.random.default_rng(0).random((400, WIDTH)) < 0.05
    veiled = veil(truth, np.random.default_rng(1))
    assert 0.05 < (truth & ~veiled).sum() / truth.sum() < 0.15
    assert 0 < (veiled & ~truth).sum() / truth.size < 0.002
    assert np.array_equal(veiled, veil(truth, np.random.default_rng(1)))


def test_a_clock_has_the_digits_of_the_written_time():
    seconds = torch.arange(0, 1800, 0.04, dtype=torch.float64)
    for second, found, inside in zip(
        seconds.tolist(), digits(seconds).tolist(), window_digits(seconds).tolist(), strict=True
    ):
        tenths = math.floor(second * 10 + 0.5)
        assert "".join(f"{digit}" for digit in found).zfill(5) == f"{tenths:05d}"
        assert all(digit < size for digit, size in zip(found, DIGITS, strict=True))
        rest = min(math.floor(second % 30 * 10 + 0.5), 299)
        assert inside == [rest // 100, rest // 10 % 10, rest % 10]
        assert all(digit < size for digit, size in zip(inside, WINDOW_DIGITS, strict=True))


def test_the_clock_loss_sums_its_digits():
    logits = torch.tensor([[0.0, 1.0, 2.0, 0.0, 0.0]])
    wanted = (math.log(1 + math.e) - 1) + (math.log(2 + math.exp(2)) - 2)
    assert clock_loss(logits, torch.tensor([[1, 0]]), (2, 3)).item() == pytest.approx(wanted, rel=1e-6)


def test_what_is_said_stands_in_order_of_onset():
    both = scene(
        event("speech", "a man speaking", 0.1, 0.5, "call peter"),
        event("speech", "a woman speaking", 1.0, 1.5, "two boxes"),
    )
    assert unspell(said(both), path=False) == "call peter two boxes"


def test_scores():
    assert f1(2, 4, 3) == pytest.approx(4 / 7)
    assert f1(0, 0, 0) == 0
    assert edit_distance(["a", "b", "c", "d"], ["a", "x", "c"]) == 2
    assert word_error_rate([("a b", "a"), ("c d", "c d e")]) == pytest.approx(0.5)


def test_a_batch_is_its_number_alone(recipe):
    settings = load_config(Recipe, recipe[0])
    tokenizer = Tokenizer.load(settings.model.tokenizer)
    one, other = (SceneFeed(settings.feed, tokenizer, NANO, 3, "train") for _ in range(2))
    first, later, again = one[0], one[7], other[7]
    assert torch.equal(later.sound[0].mel, again.sound[0].mel)
    assert torch.equal(later.talk.ids, again.talk.ids)
    assert torch.equal(later.truth.labels, again.truth.labels)
    assert first.sound[0].mel.shape != later.sound[0].mel.shape or not torch.equal(
        first.sound[0].mel, later.sound[0].mel
    )


def test_in_several_rounds_a_skill_asks_about_several_things(recipe):
    """How often each of several things is heard; in one round, one of them."""
    settings = load_config(Recipe, recipe[0], ["feed.seconds=[20, 20]", "feed.skills={count: 1}", "feed.questions=9"])
    tokenizer = Tokenizer.load(settings.model.tokenizer)
    asked = {}
    for rounds in (1, 12):
        feed = SceneFeed(settings.feed.model_copy(update={"rounds": rounds}), tokenizer, NANO, 3, "train")
        (borders,) = feed[2].talk.trees
        asked[rounds] = len(borders) - 2
    assert asked[1] == 1
    assert 1 < asked[12] <= 9
