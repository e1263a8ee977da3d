"""CIDEr-D against a brute-force twin written from the formula."""

import math
import random
from collections import Counter

import pytest

from afnext.base.errors import ScoreError
from afnext.scoring.caption import cider_d, tokenize

WORDS = ["a", "dog", "barks", "loudly", "while", "rain", "falls", "on", "the", "roof"]


def grams(text, n):
    words = text.split()
    return Counter(" ".join(words[i : i + n]) for i in range(len(words) - n + 1))


def twin(candidates, references):
    """The formula, order by order, nothing kept between items."""
    corpus = len(candidates)
    scores = []
    for candidate, group in zip(candidates, references, strict=True):
        total = 0.0
        for n in (1, 2, 3, 4):

            def weight(gram, n=n):
                seen = sum(any(gram in grams(reference, n) for reference in others) for others in references)
                return math.log(corpus) - math.log(max(1, seen))

            mine = {gram: count * weight(gram) for gram, count in grams(candidate, n).items()}
            for reference in group:
                theirs = {gram: count * weight(gram) for gram, count in grams(reference, n).items()}
                product = sum(min(mine.get(gram, 0.0), value) * value for gram, value in theirs.items())
                norms = math.sqrt(sum(v * v for v in mine.values())) * math.sqrt(sum(v * v for v in theirs.values()))
                delta = grams(candidate, 2).total() - grams(reference, 2).total()
                if norms:
                    total += product / norms * math.exp(-(delta**2) / 72) / len(group)
        scores.append(total / 4 * 10)
    return scores


def test_it_is_the_formula():
    dice = random.Random(0)
    say = lambda: " ".join(dice.choice(WORDS) for _ in range(dice.randint(1, 9)))  # noqa: E731
    for _ in range(20):
        count = dice.randint(2, 6)
        candidates, references = [say() for _ in range(count)], [[say() for _ in range(3)] for _ in range(count)]
        assert cider_d(candidates, references) == pytest.approx(twin(candidates, references))


def test_the_same_caption_scores_ten_where_its_words_are_its_own():
    assert cider_d(["a b c d e", "f g h i j"], [["a b c d e"], ["f g h i j"]]) == pytest.approx([10.0, 10.0])
    assert cider_d(["", "x"], [["a b"], ["c"]]) == [0.0, 0.0]


def test_words_are_those_of_the_treebank_without_punctuation():
    assert tokenize("A dog's bark -- it isn't loud, it's \"faint\" (really).") == [
        *("a", "dog", "'s", "bark", "it", "is", "n't", "loud", "it", "'s", "faint", "really"),
    ]
    assert tokenize("high-pitched") == ["high-pitched"]


def test_it_needs_a_corpus():
    with pytest.raises(ScoreError, match="CIDEr-D of 1 item; expected two or more"):
        cider_d(["a"], [["a"]])
    with pytest.raises(ScoreError, match="an item without reference captions"):
        cider_d(["a", "b"], [["a"], []])
