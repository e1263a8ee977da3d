"""Which answers count as right, and rows that cannot be answered."""

import json

import numpy as np
import pytest
import soundfile

from afnext.base.config import load_config
from afnext.base.errors import AfnextError
from afnext.data.rows import read_rows
from afnext.training.build import build
from afnext.training.held_out import same, wanted
from afnext.training.recipe import Recipe


@pytest.mark.parametrize(
    ("one", "other", "right"),
    [
        ("A dog barks.", "a dog  barks", True),
        ("Two dogs", "two dog", False),
        ("(B) the siren", "b: The siren!", True),
        ("12.5 s", "125 s", False),
        ("", "yes", False),
        ("\uff21 cat", "a cat", True),
    ],
)
def test_case_punctuation_and_blanks_do_not_matter(one, other, right):
    assert same(one, other) is right


@pytest.fixture
def rows(tmp_path):
    for name in ("a", "b", "c"):
        soundfile.write(tmp_path / f"{name}.wav", np.full(8000, 0.1), 16_000)
    thought = "<think>Well.</think>\n\n"
    lines = [{"audio": f"{name}.wav", "question": "What?", "answer": thought + name} for name in "abc"]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path / "rows.jsonl"


def test_the_answer_counts_without_its_reasoning(rows):
    assert [wanted(row) for row in read_rows(rows)] == ["a", "b", "c"]


def test_a_recording_that_is_gone_is_not_right_and_the_others_are_answered(recipe, rows, caplog):
    """A stage that learns from scenes is asked about rows as well; no model knows the answers."""
    stage = build(load_config(Recipe, recipe[0], [f"held_out={{rows: {rows}, limit: 2, max_new_tokens: 3}}"]))
    held = stage.held_out
    assert [row.name[-6:] for row in held.rows] == ["line 1", "line 2"]
    assert held.right(stage.learner) == 0
    assert stage.model.training
    before = held._answered(stage.learner)
    (rows.parent / "a.wav").unlink()
    assert held._answered(stage.learner) == ["", before[1]]
    assert "not answered" in caplog.text


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["held_out={rows: nowhere.jsonl}"], "nowhere.jsonl: no such file"),
        (["held_out={row: x.jsonl}"], "held_out.rows: Field required"),
        (["held_out={rows: x.jsonl}", "parallel={}", "optimizer.method=adamw"], "leave it out with parallel"),
        (["ema={decay: 1}"], "ema.decay: Input should be less than 1"),
        (["ema={decai: 0.9}"], "ema.decai: Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_done_is_told(recipe, more, told):
    with pytest.raises(AfnextError) as error:
        build(load_config(Recipe, recipe[0], more))
    assert told in str(error.value)
    assert "\n" not in str(error.value)
