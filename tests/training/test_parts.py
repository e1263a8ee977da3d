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
from afnext.scenes.scene import Event, Scene
from afnext.training.augment import vary_timbre
from afnext.training.feed import ALL_LABELS, SceneFeed, said, tag_frames
from afnext.training.heads import CHARACTERS, spell, unspell
from afnext.training.loss import tag_loss, transcript_loss
from afnext.training.measures import edit_distance, f1, word_error_rate
from afnext.training.muon import Muon, orthogonal
from afnext.training.recipe import Recipe
from afnext.training.schedule import learning_rate

RECIPES = sorted((Path(__file__).parents[2] / "recipes").rglob("*.yaml"))


@pytest.mark.parametrize("file", RECIPES, ids=lambda file: file.stem)
def test_every_recipe_is_read(file):
    recipe = load_config(Recipe, file)
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
    assert transcript_loss(logs, [4], [[1, 2]]).item() == pytest.approx(-math.log(total) / 2, rel=1e-5)


def test_the_tag_loss_sums_labels_and_averages_frames():
    logits = torch.tensor([[0.0, 2.0], [0.0, 0.0]])
    truth = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    wanted = (math.log(2) + math.log(1 + math.exp(2)) + 2 * math.log(2)) / 2
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


def event(kind, label, start, end, text=None):
    return Event(kind=kind, label=label, start=start, end=end, level=-6.0, source="x", text=text)


def test_frames_are_tagged_where_events_sound():
    tags = tag_frames(scene(event("sound", "siren", 0.41, 1.0), event("music", "piano", 1.9, 2.0)), 50)
    assert tags.shape == (50, len(ALL_LABELS))
    assert tags[:, ALL_LABELS.index("siren")].nonzero()[0].tolist() == list(range(10, 25))
    assert tags[:, ALL_LABELS.index("piano")].nonzero()[0].tolist() == [48, 49]
    assert tags.sum() == 17


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
    assert torch.equal(later.mel, again.mel)
    assert torch.equal(later.ids, again.ids)
    assert torch.equal(later.tags, again.tags)
    assert first.mel.shape != later.mel.shape or not torch.equal(first.mel, later.mel)
