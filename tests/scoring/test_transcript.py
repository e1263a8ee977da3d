"""Word error rates against jiwer and by hand, and edit distance against the table."""

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afnext.scoring.distance import edit_distance
from afnext.scoring.transcript import (
    RECIPES,
    Edits,
    audiobench_words,
    characters,
    count,
    mark,
    qwen_words,
    whisper_words,
)

WORDS = st.lists(st.sampled_from("abcdefg"), max_size=90)


def table(one, other):
    """Edit distance the slow way."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, row = row, [i]
        for j, b in enumerate(other, 1):
            row.append(min(last[j] + 1, row[-1] + 1, last[j - 1] + (a != b)))
    return row[-1]


@given(WORDS, WORDS)
def test_the_distance_is_the_table_s(one, other):
    assert edit_distance(one, other) == table(one, other)


@given(st.lists(st.tuples(st.lists(st.sampled_from(["red", "dog", "ran"]), min_size=1), WORDS), min_size=1, max_size=8))
def test_a_corpus_is_jiwer_s(pairs):
    ours = [Edits(edit_distance(right, heard), len(right)) for right, heard in pairs]
    theirs = jiwer.wer([" ".join(right) for right, _ in pairs], [" ".join(heard) for _, heard in pairs])
    assert sum(e.edits for e in ours) / sum(e.length for e in ours) == pytest.approx(theirs)


@pytest.mark.parametrize(
    ("recipe", "edits", "length"),
    [
        ("wer-whisper", 0, 6),  # it is doctor smith is $3.50
        ("wer-qwen", 0, 7),  # the basic normaliser takes sign and point: it is doctor smith is 3 50
        ("wer-audiobench", 0, 6),  # no punctuation: 350, the sign stays
        ("wer-open-asr", 0, 6),  # Smith's stays smith s
    ],
)
def test_the_recipes_agree_where_only_the_writing_differs(recipe, edits, length):
    assert count(recipe, "It's Dr. Smith's $3.50!", "it is doctor smith's three dollars and fifty cents") == Edits(
        edits, length
    )


def test_where_the_recipes_differ():
    right, heard = "Er, the white paper.", "the whitepaper"
    assert {name: count(name, right, heard).edits for name in RECIPES if name != "cer"} == {
        "wer-whisper": 3,
        "wer-qwen": 3,
        "wer-audiobench": 2,
        "wer-open-asr": 1,
    }


def test_qwen_takes_tags_away_and_audiobench_an_empty_text_for_a_word():
    assert qwen_words("<|en|>Hello , world - .") == ["hello", "world"]
    assert qwen_words("C'est l'été.", "fr") == ["c", "est", "l", "été"]
    assert audiobench_words("Um.") == ["empty"]
    assert audiobench_words("3 dogs, 42 cats, ten") == ["three", "dogs", "42", "cats", "ten"]
    assert whisper_words("") == []


def test_open_asr_leaves_rows_out():
    assert count("wer-open-asr", "ignore time segment in scoring", "hello") is None
    assert count("wer-open-asr", "Uh.", "hello") is None


def test_characters_have_no_blanks():
    assert characters("你 好，吗") == ["你", "好", "吗"]
    assert count("cer", "你好吗", "你好") == Edits(1, 3)


def test_a_missing_prediction_is_all_deleted_and_thoughts_are_no_transcript():
    assert mark({"reference": "a b c"}, "wer-whisper").verdict == {"edits": 3, "length": 3}
    thought = {"reference": "hello", "prediction": "<think>it says hello</think>\n\nhello"}
    assert mark(thought, "wer-whisper").verdict == {"edits": 0, "length": 1}


def test_much_text_is_counted():
    assert count("wer-whisper", "one two", "word " * 60_000) == Edits(60_000, 1)
