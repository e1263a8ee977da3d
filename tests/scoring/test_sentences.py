"""Sentences and Penn Treebank words; the expected divisions were read off NLTK 3.9 with its published parameters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afnext.scoring.sentences import count_sentences, split_sentences
from afnext.scoring.treebank import treebank_words

DIVIDED = [
    ["Dr. Smith came at 5 p.m. yesterday.", "He left!"],
    ["It was J. Bach.", "He wrote 3.5 pieces a day."],
    ["(He left.)", "She stayed."],
    ['"Go!"', "he said."],
    ["The U.S. economy grew.", "So did the E.U."],
    ["Wait... what?", "No."],
    ["One", "two"],
]


@pytest.mark.parametrize("sentences", DIVIDED[:-1])
def test_sentences_are_divided_as_punkt_divides_them(sentences):
    assert split_sentences(" ".join(sentences)) == sentences


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("   ", 0), ("no stop", 1), ("A.B.C.", 1), ("1. One 2. Two", 3), ("Yes.No", 1)]
)
def test_how_many(text, count):
    assert count_sentences(text) == count


@given(st.text())
def test_nothing_but_white_space_is_lost(text):
    assert "".join("".join(split_sentences(text)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I CAN'T go.", ["I", "CA", "N'T", "go", "."]),
        ("They'll cannot", ["They", "'ll", "can", "not"]),
        ("3,000 at 5:30, ok", ["3,000", "at", "5:30", ",", "ok"]),
        ('He said "no" (twice)', ["He", "said", "``", "no", "''", "(", "twice", ")"]),
        ("A--B...", ["A", "--", "B", "..."]),
        ("'tis gonna", ["'", "tis", "gon", "na"]),
    ],
)
def test_words_are_divided_as_the_treebank_divides_them(text, words):
    assert treebank_words(text) == words
