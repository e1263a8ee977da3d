"""Diarisation error rate against a twin that counts hundredths of a second under every assignment."""

from itertools import permutations

import numpy as np
import pytest

from afnext.base.errors import ScoreError
from afnext.scoring.diarisation import best_pairs, errors, mark
from afnext.scoring.rules import RULES
from afnext.scoring.speakers import Turn


def drawn(rng, names):
    starts = np.round(rng.uniform(0, 8, 6), 2)
    return [
        Turn(str(rng.choice(names)), "", float(start), float(round(start + rng.uniform(0.1, 3), 2))) for start in starts
    ]


def twin(reference, hypothesis):
    """Missed, false alarm and confusion, frame by frame, of the assignment with the fewest confused frames."""

    def frames(turns, names):
        talk = np.zeros((len(names), 1200), bool)
        for turn in turns:
            talk[names.index(turn.speaker), round(turn.start * 100) : round(turn.end * 100)] = True
        return talk

    mine, theirs = sorted({t.speaker for t in reference}), sorted({t.speaker for t in hypothesis})
    one, other = frames(reference, mine), frames(hypothesis, theirs)
    size = max(len(mine), len(theirs))
    one, other = (np.pad(side, ((0, size - len(side)), (0, 0))) for side in (one, other))
    right = max(int((one & other[list(order)]).sum()) for order in permutations(range(size)))
    said, heard = one.sum(0), other.sum(0)
    both = np.minimum(said, heard)
    return (said - both).sum() / 100, (heard - both).sum() / 100, (both.sum() - right) / 100, said.sum() / 100


@pytest.mark.parametrize("seed", range(30))
def test_it_is_what_frames_say(seed):
    rng = np.random.default_rng(seed)
    reference, hypothesis = drawn(rng, ["a", "b", "c"]), drawn(rng, ["x", "y", "z", "w"][: 1 + seed % 4])
    found = errors(reference, hypothesis)
    told = (found.missed, found.false_alarm, found.confusion, found.speech)
    assert told == pytest.approx(twin(reference, hypothesis), abs=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_pairs_are_the_best_of_all(seed):
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 9, rng.integers(1, 5, 2)).astype(float).tolist()
    rows, columns = len(weights), len(weights[0])
    pairs = best_pairs(weights)
    assert len(pairs) == min(rows, columns) == len({row for row, _ in pairs}) == len({column for _, column in pairs})
    size = max(rows, columns)
    square = np.zeros((size, size))
    square[:rows, :columns] = weights
    best = max(sum(square[row, column] for row, column in enumerate(order)) for order in permutations(range(size)))
    assert sum(weights[row][column] for row, column in pairs) == best


def test_rows_and_a_file():
    row = {"reference": "[A] <t>0.0-4.0</t> a [B] <t>4.0-6.0</t> b"}
    found = [
        mark({**row, "prediction": said}) for said in ("[1] <t>0.0-5.0</t> a [2] <t>5.0-6.0</t> b", "no times", "")
    ]
    assert found[0].verdict == {"missed": 0.0, "false_alarm": 0.0, "confusion": 1.0, "speech": 6.0}
    assert found[1].verdict["missed"] == found[2].verdict["missed"] == 6.0
    whole = RULES["der"].whole([row] * 3, found)
    assert whole["error_rate"]["value"] == pytest.approx(13 / 18)
    with pytest.raises(ScoreError, match="turns without times"):
        mark({"reference": "[A] hello", "prediction": ""})


def test_many_turns_take_no_time():
    many = [Turn(str(number % 50), "", number / 10, number / 10 + 0.5) for number in range(20_000)]
    assert errors([Turn("a", "", 0.0, 2000.0)], many).speech == 2000.0
