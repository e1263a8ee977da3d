"""A proposal is carried out: the scenes are made, and the recipe trains."""

import shlex

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from afnext.base.config import load_config
from afnext.cli.app import app
from afnext.evaluation.mixture import LEAST, MOST, WORDS, propose, skills_for, weights_of
from afnext.scenes.asking.questions import ALL_SKILLS, CLIP_SKILLS
from afnext.scenes.asking.skills.taxonomy import FAMILIES
from afnext.training.loop import train
from afnext.training.recipe import Recipe


def test_weights_follow_the_rule():
    scores = {"a": [0.0] * 4, "b": [1.0] * 4, "c": [0.5] * 40}
    whole = 1 - (4 * 1 + 40 * 0.5) / 48
    missed = {"a": (4 + 8 * whole) / 12, "b": 8 * whole / 12, "c": (20 + 8 * whole) / 48}
    average = sum(missed.values()) / 3
    assert weights_of(scores) == {skill: round(missed[skill] / average, 2) for skill in ("a", "c", "b")}


def test_weights_stay_within_their_bounds():
    weights = weights_of({"bad": [0.0] * 500, **{f"good{n}": [1.0] * 500 for n in range(20)}})
    assert weights["bad"] == MOST
    assert set(weights.values()) == {MOST, LEAST}
    assert weights_of({"a": [1.0], "b": [1.0]}) == {"a": 1.0, "b": 1.0}


def test_names_of_benchmarks_stand_for_families():
    assert all(family in FAMILIES for families in WORDS.values() for family in families)
    assert skills_for("Temporal Event Reasoning")[0] == "order_first"
    assert set(skills_for("Counting")) == set(FAMILIES["counting"])
    assert skills_for("Tempo and Rhythm") == FAMILIES["music: time"]
    assert skills_for("Audio Genre") == ()


def test_the_weakest_skills_are_those_that_went_worst(run):
    made = propose([run])
    assert made is not None
    shares = {skill: np.mean([r.scores["all-items"] for r in run.records if r.facts["skill"] == skill])
              for skill in made.weights}  # fmt: skip
    assert list(made.weights.values()) == sorted(made.weights.values(), reverse=True)
    assert max(shares[skill] for skill in made.weakest) < max(shares.values())
    assert min(shares, key=shares.get) in made.weakest
    assert made.command.endswith(",".join(made.weakest))


def test_nothing_is_proposed_where_scenes_have_nothing(write_run, record, tmp_path):
    assert propose([write_run(tmp_path / "run", [record(facts={"skill": "World Knowledge"})])]) is None


@pytest.mark.scenes_tools
@pytest.mark.long
def test_the_command_is_run_as_it_stands(run, tmp_path):
    made = propose([run], out=str(tmp_path / "scenes"), hours=0.003)
    words = shlex.split(made.command)
    assert words[:2] == ["afnext", "scenes"]
    done = CliRunner().invoke(app, words[1:])
    assert done.exit_code == 0, done.stderr
    rows = (tmp_path / "scenes/examples.jsonl").read_text().splitlines()
    assert rows
    assert {yaml.safe_load(row)["skill"] for row in rows} <= set(made.weakest)


@pytest.fixture
def place(bank, tmp_path, monkeypatch):
    """A folder with the bank of these tests where the recipe looks for it."""
    monkeypatch.chdir(tmp_path)
    for world in ("train", "validation"):
        index = bank.index.model_copy(update={"world": world})
        folder = tmp_path / "out/bank" / world
        folder.mkdir(parents=True)
        (folder / "index.json").write_text(index.model_dump_json())
        (folder / "000.npy").symlink_to(bank.folder / "000.npy")
    return tmp_path


LESS = ["steps=2", "feed.clips=1", "feed.seconds=[5,6]", "feed.difficulty.kinds=[1,0,0]", "validate_batches=0"]
"""Two short steps in place of a thousand, on sounds alone, which the bank of these tests holds."""


def test_the_recipe_trains_as_it_stands(run, place):
    made = propose([run])
    (place / "gaps.yaml").write_text(made.recipe)
    skills = load_config(Recipe, place / "gaps.yaml").feed.skills
    assert skills == {**made.weights, "caption": LEAST}
    model = train(place / "gaps.yaml", place / "out/gaps", LESS)
    assert (model / "config.json").is_file()


@pytest.mark.long
def test_a_recipe_for_a_rare_skill_always_has_something_to_ask(write_run, record, place):
    """The bank holds no music, whose pitch could be asked for."""
    run = write_run(place / "run", [record(facts={"skill": "pitch"})])
    (place / "gaps.yaml").write_text(propose([run]).recipe)
    assert (train(place / "gaps.yaml", place / "out/gaps", LESS) / "config.json").is_file()


def test_skills_that_are_asked_of_talks_alone_become_rows(write_run, record, tmp_path):
    records = [record(str(n), facts={"skill": skill}) for n, skill in enumerate(("emotion", "sarcasm"))]
    run = write_run(tmp_path / "run", records, about={"model": "https://api.example.com/v1 gpt"})
    made = propose([run], out="scenes/weak")
    file = tmp_path / "gaps.yaml"
    file.write_text(made.recipe)
    recipe = load_config(Recipe, file)
    assert recipe.data == "scenes/weak/examples.jsonl"
    assert recipe.model.weights == "nvidia/audio-flamingo-next-hf"
    assert "name the weights to train in model.weights" in made.recipe


def test_every_skill_can_be_proposed(write_run, record, tmp_path):
    for skill in (*ALL_SKILLS, *CLIP_SKILLS):
        made = propose([write_run(tmp_path / skill, [record(facts={"skill": skill})])])
        assert made.weakest == (skill,)
        Recipe.model_validate(yaml.safe_load(made.recipe))
