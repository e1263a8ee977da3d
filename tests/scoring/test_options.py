"""The option parser reads what is said plainly, and nothing else."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afnext.scoring.options import letters, parse_option

ANIMALS = ["A dog barking", "A cat meowing", "Rain", "Heavy rain"]


@pytest.mark.parametrize(
    ("said", "index"),
    [
        ("Rain", 2),
        ("rain.", 2),
        ("B", 1),
        ("(b)", 1),
        ("B.", 1),
        ("**C**", 2),
        ("Option D", 3),
        ("(D) Heavy rain", 3),
        ("B: a cat meowing", 1),
        ("The answer is (A).", 0),
        ("The correct answer is B", 1),
        ("Answer: C", 2),
        ("I think [[A]] at first, but [[B]]", 1),
        (r"\boxed{C}", 2),
        ("I hear a dog barking in a yard", 0),
        ("It is heavy rain", 3),  # "Rain" stands within it
        ("<think>A? B? It is D.</think>\n\nC", 2),
        ("Not A. The answer is D", 3),
        ("", None),
        ("E", None),
        ("I cannot hear it", None),
        ("a dog barking, or rain", None),
        ("A dog", None),
        ("the answer is a secret", None),
        ("(A) A cat meowing", None),  # letter and text contradict each other
        ("<think>It is B", None),
        (None, None),
    ],
)
def test_what_is_read(said, index):
    assert parse_option(said, ANIMALS) == index


def test_signs_that_make_the_difference_are_kept():
    assert parse_option("C# minor", ["C minor", "C# minor"]) == 1
    assert parse_option("From near to far", ["From far to near", "From near to far"]) == 1


@given(st.text(max_size=200), st.lists(st.text(max_size=8), max_size=6))
def test_it_never_raises_and_never_guesses(said, options):
    found = parse_option(said, options)
    assert found is None or 0 <= found < len(options)
    assert parse_option(said, options) == found


def test_the_order_of_options_does_not_matter():
    """A text answer names the same option however the options are shuffled."""
    dice = random.Random(0)
    for said in ("Heavy rain", "It is heavy rain", "I hear a dog barking", "nothing"):
        index = parse_option(said, ANIMALS)
        text = None if index is None else ANIMALS[index]
        for _ in range(10):
            shuffled = dice.sample(ANIMALS, len(ANIMALS))
            found = parse_option(said, shuffled)
            assert (None if found is None else shuffled[found]) == text


@pytest.mark.parametrize(
    "form", ["{letter}", "({letter})", "{letter}.", "({letter}) {text}", "The answer is {letter}", "{text}"]
)
def test_right_answers_in_every_form_are_right(form):
    for index, text in enumerate(ANIMALS):
        assert parse_option(form.format(letter=letters(4)[index], text=text), ANIMALS) == index
