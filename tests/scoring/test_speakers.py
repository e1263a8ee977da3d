"""cpWER by meeteval against every assignment of speakers, and what it is given."""

import itertools

import pytest

from afnext.base.errors import ScoreError
from afnext.scoring.distance import edit_distance
from afnext.scoring.speakers import Turn, cpwer, mark, read_turns, tcpwer
from afnext.scoring.transcript import Edits

SAID = [Turn("A", "Good morning to you"), Turn("B", "hello there"), Turn("A", "how are you")]
HEARD = [Turn("1", "hello where"), Turn("2", "good morning"), Turn("1", "yes"), Turn("2", "how are you")]


def streams(turns):
    names = sorted({turn.speaker for turn in turns})
    return [" ".join(turn.words.lower() for turn in turns if turn.speaker == name).split() for name in names]


def test_the_cheapest_assignment_counts():
    right, heard = streams(SAID), streams(HEARD)
    best = min(sum(map(edit_distance, right, order)) for order in itertools.permutations(heard))
    assert cpwer(SAID, HEARD) == Edits(best, 9)


def test_words_far_from_their_time_are_not_matched():
    said = [Turn("A", "one dog barks", 0.0, 2.0)]
    assert tcpwer(said, [Turn("x", "one dog barks", 1.0, 3.0)]) == Edits(0, 3)
    assert tcpwer(said, [Turn("x", "one dog barks", 60.0, 62.0)]) == Edits(6, 3)
    with pytest.raises(ScoreError, match=r"turns without times; .* use cpwer"):
        tcpwer(said, HEARD)


def test_turns_are_read_out_of_text():
    turns = read_turns("[Speaker 1] <t>0.0-1.5</t> Hello. [Speaker 2]: Hi there\n[Speaker 1] Bye")
    assert turns == [Turn("Speaker 1", "Hello.", 0.0, 1.5), Turn("Speaker 2", "Hi there"), Turn("Speaker 1", "Bye")]
    assert read_turns("just words") == [Turn("", "just words")]
    assert read_turns("") == []


def test_a_prediction_without_turns_is_all_wrong():
    row = {"reference": [{"speaker": "A", "words": "a b", "start": 0, "end": 1}], "prediction": "a b"}
    assert mark(row, timed=True).verdict == {"edits": 2, "length": 2}
    assert mark(row, timed=False).verdict == {"edits": 0, "length": 2}
    for start, end in ((0, None), (2, 1), (float("nan"), 1), ("x", "y")):
        turn = {"speaker": "x", "words": "a b", "start": start, "end": end}
        assert mark({**row, "prediction": [turn]}, timed=True).verdict["edits"] == 2
    assert mark({**row, "prediction": [3]}, timed=False).verdict == {"edits": 2, "length": 2}
