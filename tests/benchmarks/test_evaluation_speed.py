"""benchmarks/evaluation.py: both sides give the same answers, and what is promised is printed."""

import json

import pytest

import evaluation


def test_what_is_promised_is_printed(capsys):
    evaluation.main(["--quick", "--items", "2", "--rounds", "1", "--json", "--cpu-time"])
    printed = json.loads(capsys.readouterr().out)
    assert list(printed) == ["samples_per_second"]
    found = printed["samples_per_second"]
    assert found["unit"] == "samples/s"
    assert found["ratio"] == pytest.approx(found["ours"] / found["peer"])


def test_other_answers_are_noticed(monkeypatch):
    sides = object.__new__(evaluation.Sides)
    monkeypatch.setattr(sides, "ours", lambda _: {"0": "a", "1": "b"})
    monkeypatch.setattr(sides, "peer", lambda _: {"0": "a", "1": "c"})
    with pytest.raises(SystemExit, match="50% of the answers are the same; expected 90%"):
        sides.check()
