"""The benchmark of seams: what it counts, and what it prints."""

import json

import pytest

import stitch


def test_a_word_is_whole_where_no_seam_lies_within_it():
    words = [(0.0, 1.0, "one"), (1.0, 2.0, "two"), (2.5, 3.0, "three")]
    assert stitch.whole(words, [0.0, 2.2]) == 1.0
    assert stitch.whole(words, [0.0, 1.5, 2.7]) == pytest.approx(1 / 3)
    assert stitch.whole(words, [0.0, 1.01]) == 1.0, "at its very edge a word is silent"


@pytest.mark.scenes_tools
def test_what_is_promised_is_printed(capsys):
    stitch.main(["--minutes", "1.5", "--json"])
    (figure,) = json.loads(capsys.readouterr().out).values()
    assert figure["unit"] == "share of words"
    assert 0.9 < figure["peer"] <= 1.0
    assert figure["ours"] == 1.0
