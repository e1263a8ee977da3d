"""Intervals and tests against brute force: a bootstrap over recordings, every assignment of signs, scipy."""

import itertools
import math
import random
import statistics

import pytest
from scipy.stats import binomtest

from afnext.base.errors import ScoreError
from afnext.scoring.baselines import baselines
from afnext.scoring.compare import mcnemar, permutation
from afnext.scoring.interval import mean, ratio
from afnext.scoring.mark import Mark
from afnext.scoring.summary import BROKEN, summarise


def sample(seed, recordings=120, each=6):
    """Scores that depend on their recording, as questions about one clip do."""
    dice = random.Random(seed)
    scores, clusters = [], []
    for recording in range(recordings):
        ease = dice.random()
        for _ in range(dice.randint(1, each)):
            scores.append(float(dice.random() < ease))
            clusters.append(recording)
    return scores, clusters


def resampled(scores, clusters, seed, draws=3000):
    """Means over recordings drawn with replacement."""
    dice = random.Random(seed)
    groups = {}
    for score, cluster in zip(scores, clusters, strict=True):
        groups.setdefault(cluster, []).append(score)
    parts = [(sum(group), len(group)) for group in groups.values()]
    for _ in range(draws):
        drawn = dice.choices(parts, k=len(parts))
        yield sum(total for total, _ in drawn) / sum(count for _, count in drawn)


def test_the_clustered_error_is_the_bootstrap_s():
    scores, clusters = sample(1)
    found = mean(scores, clusters)
    means = sorted(resampled(scores, clusters, 2))
    assert found.error == pytest.approx(statistics.stdev(means), rel=0.06)
    assert (found.low, found.high) == pytest.approx((means[75], means[-75]), abs=0.015)
    assert found.error > 1.2 * mean(scores).error, "questions that share a clip tell less"


def test_the_error_of_a_ratio_is_the_bootstrap_s():
    dice = random.Random(3)
    pairs = [(dice.randint(0, 4), dice.randint(5, 30)) for _ in range(200)]
    found = ratio([edits for edits, _ in pairs], [words for _, words in pairs])
    drawn = [dice.choices(pairs, k=len(pairs)) for _ in range(2000)]
    rates = sorted(sum(e for e, _ in some) / sum(w for _, w in some) for some in drawn)
    assert (found.low, found.high) == pytest.approx((rates[50], rates[-50]), abs=0.006)
    assert ratio([2], [0]).value == 2.0


def test_an_interval_is_never_empty_nor_beyond_its_ends():
    found = mean([1.0] * 10)
    assert found.high == 1.0
    assert found.low == pytest.approx(10 / (10 + 1.959964**2))  # Wilson's for ten of ten
    assert math.isnan(mean([]).value)


def test_mcnemar_is_the_binomial_test():
    dice = random.Random(0)
    for _ in range(50):
        runs = [[dice.random() < 0.6 for _ in range(30)] for _ in range(2)]
        first = sum(a and not b for a, b in zip(*runs, strict=True))
        n = sum(a != b for a, b in zip(*runs, strict=True))
        expected = binomtest(first, n).pvalue if n else 1.0
        assert mcnemar(*runs) == pytest.approx(expected)
    assert mcnemar([True] * 3000, [False] * 3000) == 0.0


def test_the_permutation_test_tries_every_assignment():
    dice = random.Random(5)
    first, second = ([dice.random() for _ in range(9)] for _ in range(2))
    clusters = [0, 0, 1, 1, 2, 3, 4, 4, 4]
    steps = [sum(second[i] - first[i] for i in range(9) if clusters[i] == c) for c in range(5)]
    signs = list(itertools.product((1, -1), repeat=5))
    reached = sum(abs(sum(s * d for s, d in zip(sign, steps, strict=True))) >= abs(sum(steps)) - 1e-9 for sign in signs)
    found = permutation(first, second, clusters)
    assert found.exact
    assert found.p == reached / 32
    assert found.value == pytest.approx(sum(steps) / 9)


def test_drawn_assignments_are_near_the_exact_value_and_the_same_every_time():
    dice = random.Random(6)
    first = [dice.random() for _ in range(200)]
    second = [score + dice.gauss(0.02, 0.1) for score in first]
    found = permutation(first, second, seed=4)
    assert not found.exact
    assert found == permutation(first, second, seed=4)
    steps = [b - a for a, b in zip(first, second, strict=True)]
    z = sum(steps) / math.sqrt(sum(step * step for step in steps))
    assert found.p == pytest.approx(math.erfc(abs(z) / math.sqrt(2)), abs=0.02)
    assert permutation(first, first).p == 1.0
    with pytest.raises(ScoreError, match="runs of 1 and 2 items; expected the same items in both"):
        permutation([1.0], [1.0, 0.0])


def test_trivial_choices_are_scored_by_text():
    items = [(["a", "bbb", "a"], 2), (["a", "bbb"], 1), (["cc", "d"], 1)]
    assert baselines(items) == {
        "chance": pytest.approx((1 / 3 + 1 / 2 + 1 / 2) / 3),
        "first option": pytest.approx(1 / 3),
        "longest option": pytest.approx(1 / 3),
        "most frequent answer": pytest.approx(1 / 3),
    }
    assert baselines([]) == {}


def test_protocols_differ_in_what_they_count():
    rows = [{"audio": "x", "task": "t"}, {"audio": "x"}, {"audio": "y"}, None, {"audio": "z"}]
    marks = [
        Mark(True, 1.0, 1.0, options=("a", "b"), right=0),
        Mark(None, None, 1.0, unparsed=True),
        Mark(None, None, 0.0, missing=True),
        BROKEN,
        Mark("?", known=False, note="odd"),
    ]
    found = summarise(rows, marks, by=["task"])
    assert {name: (one.value, one.items, one.clusters) for name, one in found.protocols.items()} == {
        "official": (1.0, 1, 1),
        "parsed": (0.5, 4, 3),
        "all-items": (0.25, 4, 3),
    }
    assert (found.rows, found.unparsed, found.skipped, found.missing, found.broken) == (5, 1, 2, 1, 1)
    assert found.notes == {"odd": 1}
    assert found.parts["task"]["t"]["official"].items == 1
    assert summarise(rows[:3], marks[:3], cluster="task").protocols["parsed"].clusters == 3
