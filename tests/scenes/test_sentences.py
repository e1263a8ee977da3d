"""The grammar stays within its vocabulary and is large."""

import numpy as np

from afnext.scenes.speech.sentences import CLASSES, GRAMMAR, VOCABULARY, count_sentences, sentence

HOMOPHONES = {"to", "too", "for", "won", "ate", "know", "there", "their", "knew", "new", "right", "write", "read"}


def test_sentences_stay_within_the_vocabulary():
    said = [sentence(np.random.default_rng(seed)) for seed in range(3000)]
    words = {word for text in said for word in text.split(" ")}
    assert words == set(VOCABULARY)
    assert all(3 <= len(text.split(" ")) <= 9 for text in said)
    assert all(text == text.lower().strip() and text.replace(" ", "").isalpha() for text in said)
    assert len(set(said)) > 2800


def test_the_vocabulary_is_about_a_hundred_words_none_a_homophone_of_another():
    assert 90 <= len(VOCABULARY) <= 110
    assert not HOMOPHONES & set(VOCABULARY)
    assert list(VOCABULARY) == sorted(set(VOCABULARY))


def test_no_word_but_a_number_is_said_twice():
    numbers = set(CLASSES["number"]) | {"the", "my"}
    for seed in range(500):
        words = [word for word in sentence(np.random.default_rng(seed)).split() if word not in numbers]
        assert len(words) == len(set(words)) or "number" in words


def test_there_are_more_than_a_hundred_thousand_sentences():
    assert count_sentences() > 100_000
    assert all(slot[1:-1] in CLASSES for _, form in GRAMMAR for slot in form.split() if slot.startswith("<"))


def test_a_sentence_follows_from_its_seed():
    assert sentence(np.random.default_rng(4)) == sentence(np.random.default_rng(4))
