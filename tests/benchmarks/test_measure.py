"""Marks worked out by hand, and intervals against what statistics books say."""

import jiwer
import numpy as np
import pytest

from _measure import (
    both_ends_fit,
    f1_parts,
    interval,
    onset_fits,
    overlap,
    overlap_parts,
    pair,
    plain,
    ratio,
    word_parts,
    words,
)
from afnext.dialogue.timestamps import Timed
from afnext.training.measures import edit_distance


def timed(*events):
    return [Timed(start, end, label) for start, end, label in events]


TRUTH = timed((1.0, 2.0, "dog barking"), (3.0, 5.0, "piano"), (6.0, 6.5, "dog barking"))


@pytest.mark.parametrize(
    ("named", "by_onset", "by_both"),
    [
        (TRUTH, 3, 3),
        ([], 0, 0),
        (timed((1.5, 2.5, "dog barking"), (2.5, 4.5, "Piano.")), 2, 2),  # the collar itself counts
        (timed((1.51, 2.0, "dog barking")), 0, 0),
        (timed((3.2, 5.6, "a piano")), 1, 0),  # starts in time, ends too late
        (timed((3.0, 5.0, "organ")), 0, 0),
        (timed((1.0, 2.0, "dog barking"), (1.1, 2.1, "dog barking")), 1, 1),  # one event is found once
    ],
)
def test_events_are_found_by_label_and_time(named, by_onset, by_both):
    assert f1_parts(TRUTH, named, onset_fits) == (2 * by_onset, 3 + len(named))
    assert f1_parts(TRUTH, named, both_ends_fit) == (2 * by_both, 3 + len(named))


def test_f1_is_the_harmonic_mean_of_precision_and_recall():
    named = timed((1.0, 2.0, "dog barking"), (3.1, 5.0, "piano"), (8.0, 9.0, "rain"), (9.0, 9.5, "rain"))
    precision, recall = 2 / 4, 2 / 3
    parts = np.array([f1_parts(TRUTH, named, onset_fits)])
    assert ratio(parts) == pytest.approx(2 * precision * recall / (precision + recall))


def test_pairing_finds_all_it_can_and_then_the_best():
    truth = timed((1.0, 2.0, "bell"), (1.6, 2.2, "bell"))
    named = timed((1.4, 2.4, "bell"), (0.6, 1.4, "bell"))
    # Taking the nearest first (1.4 for 1.6) is what finds both; 1.4 for 1.0 would leave 1.6 alone.
    assert {(one.start, other.start) for one, other in pair(truth, named, onset_fits)} == {(1.0, 0.6), (1.6, 1.4)}
    twice = timed((1.3, 2.0, "bell"), (1.0, 2.0, "bell"))
    assert pair(truth[:1], twice, onset_fits) == [(truth[0], twice[1])]


def test_overlap():
    one, other, apart = timed((1.0, 3.0, "a"), (2.0, 4.0, "b"), (5.0, 5.5, "c"))
    assert overlap(one, other) == pytest.approx(1 / 3)
    assert overlap(one, one) == 1.0
    assert overlap(one, apart) == 0.0
    point = Timed(1.0, 1.0, "d")
    assert overlap(point, point) == 1.0
    named = timed((1.0, 1.5, "dog barking"), (3.0, 5.0, "piano"), (9.0, 9.9, "dog barking"))
    assert overlap_parts(TRUTH, named) == (pytest.approx(1.5), 2.0)


@pytest.mark.parametrize(
    ("truth", "said", "errors", "true"),
    [
        ("open the red door", "open the red door", 0, 4),
        ("open the red door", "Open the red door!", 0, 4),
        ("open the red door", "open a red door now", 2, 4),
        ("open the red door", "", 4, 4),
        ("it's ten", "its ten", 1, 2),
    ],
)
def test_words(truth, said, errors, true):
    assert word_parts(truth, said) == (errors, true)
    assert edit_distance(words(truth).split(), words(said).split()) == errors
    assert jiwer.wer(words(truth), words(said)) == errors / true


def test_answers_differ_only_in_what_matters():
    assert plain("The piano.") == plain("piano")
    assert plain("a  dog barking") == plain("A dog barking")
    assert plain("another bell") != plain("bell")
    assert plain("3") != plain("13")


def test_an_interval_holds_the_value_and_shrinks_with_more_scenes():
    rng = np.random.default_rng(0)
    widths = []
    for scenes in (100, 400):
        right = rng.random(scenes) < 0.7
        parts = np.stack([right.astype(float), np.ones(scenes)], axis=1)
        low, high = interval(parts)
        value = ratio(parts)
        assert low < value < high
        # Binomial: 1.96 standard errors each side.
        assert high - low == pytest.approx(2 * 1.96 * (value * (1 - value) / scenes) ** 0.5, rel=0.12)
        widths.append(high - low)
    assert widths[1] < widths[0]
    assert interval(parts) == (low, high), "the same draws every time"


def test_questions_of_a_scene_stand_and_fall_together():
    """Ten questions a scene, answered all alike, tell as much as one: resampling them singly would claim more."""
    right = np.random.default_rng(1).random(200) < 0.5
    single = np.stack([right.astype(float), np.ones(200)], axis=1)
    assert interval(10 * single) == pytest.approx(interval(single))


def test_nothing_measured_is_no_number():
    nothing = np.zeros((3, 2))
    assert ratio(nothing) is None
    assert interval(nothing) == (None, None)
    assert interval(np.zeros((0, 2))) == (None, None)
    assert interval(np.array([[1.0, 1.0], [0.0, 0.0]])) == (1.0, 1.0)
