"""Chords are spelt as a musician would count them, and progressions end where they should."""

import itertools

import numpy as np
import pytest

from afnext.scenes.music.changes import draw_ground
from afnext.scenes.music.harmony import DEGREES, FOLLOWS, HOME, OPEN, Chord, Key, progression

LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def pitch_class(name):
    """C, F#, Eb."""
    return (LETTERS[name[0]] + name.count("#") - name.count("b")) % 12


@pytest.mark.parametrize(
    ("tonic", "mode", "degree", "name", "tones"),
    [
        ("C", "major", "V7", "G dominant seventh", "G B D F"),
        ("A", "minor", "V", "E major", "E G# B"),
        ("D", "major", "iii", "F# minor", "F# A C#"),
        ("Eb", "major", "vi", "C minor", "C Eb G"),
        ("C", "minor", "ii", "D diminished", "D F Ab"),
        ("G", "minor", "VII", "F major", "F A C"),
    ],
)
def test_chords_by_hand(tonic, mode, degree, name, tones):
    chord = Key(pitch_class(tonic), mode).chord(degree)
    assert chord.name == name
    assert chord.tones == tuple(pitch_class(tone) for tone in tones.split())
    assert chord.moved(12) == chord


def test_the_scale_gives_way_to_a_raised_tone():
    key = Key(pitch_class("A"), "minor")
    with_dominant = key.scale_with(key.chord("V"))
    assert with_dominant == {pitch_class(name) for name in ["A", "B", "C", "D", "E", "F", "G#"]}
    assert key.scale_with(key.chord("i")) == set(key.tones)


@pytest.mark.parametrize("mode", ["major", "minor"])
def test_progressions_keep_to_the_grammar_and_arrive(mode):
    assert set(FOLLOWS[mode]) == set(DEGREES[mode])
    rng = np.random.default_rng(0)
    home = HOME[mode][0]
    seen = set()
    for _ in range(1500):
        count = int(rng.integers(3, 9))
        degrees = progression(rng, mode, count, first=home, last=OPEN[mode])
        seen.update(degrees)
        assert len(degrees) == count
        assert degrees[0] == home
        assert degrees[-1] in OPEN[mode]
        for before, after in itertools.pairwise(degrees):
            assert after in FOLLOWS[mode][before]
            if before == "V7":  # the one rule that every harmony book has
                assert after in {home, "vi", "VI"}
    assert seen == set(DEGREES[mode])


def test_a_drawn_chord_is_as_likely_as_its_weight_among_the_ways_that_arrive():
    # From I in three chords to I: by way of IV 2 of 4*2, of V 3*5, of vi 0, of ii 0, of iii 0.
    rng = np.random.default_rng(1)
    middles = [progression(rng, "major", 3, first="I", last=("I",))[1] for _ in range(3000)]
    expected = {"IV": 4 * 2, "V": 3 * 5}
    assert set(middles) == set(expected)
    assert middles.count("V") / 3000 == pytest.approx(15 / 23, abs=0.03)


def test_where_no_way_leads_the_end_is_put():
    assert progression(np.random.default_rng(0), "major", 2, first="I", last=("I",)) == ["I", "I"]


@pytest.mark.parametrize("bars", [1, 2, 3, 4, 8, 16])
@pytest.mark.parametrize("metre", [3, 4, 5, 6])
def test_chords_fill_the_section(bars, metre):
    for seed in range(20):
        ground = draw_ground(np.random.default_rng(seed), Key(2, "minor"), metre, bars, closes=True)
        assert ground.changes[0].first == 0
        assert ground.beats == bars * metre
        assert all(one.last == other.first for one, other in zip(ground.changes, ground.changes[1:], strict=False))
        assert ground.changes[-1].chord == Chord(2, "minor")
        assert len({change.chord for change in ground.changes}) > 1
        if bars == 8:  # the answer begins like the question
            half = [change for change in ground.changes if change.last <= 2 * metre]
            again = [change for change in ground.changes if 4 * metre <= change.first and change.last <= 6 * metre]
            assert [(c.first + 4 * metre, c.chord) for c in half][:2] == [(c.first, c.chord) for c in again][:2]
