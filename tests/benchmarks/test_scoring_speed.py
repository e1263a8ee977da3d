"""benchmarks/scoring.py: all rows are scored, both sides find the same rate, and what is promised is printed."""

import json

import pytest

import scoring


def test_all_rows_are_scored(tmp_path):
    paths = scoring.write_rows(tmp_path, 600)
    assert [path.stem for path in paths] == list(scoring.MIXED)
    assert scoring.score(paths) == 600


def test_both_sides_find_the_same_rate():
    references, heard = scoring.transcripts(40)
    rate = scoring.our_rate(references, heard)
    assert rate == pytest.approx(scoring.their_rate(references, heard))
    assert 0.02 < rate < 0.2


def test_what_is_promised_is_printed(monkeypatch, capsys):
    monkeypatch.setattr(scoring, "ROWS", 6000)
    monkeypatch.setattr(scoring, "TRANSCRIPTS", 200)
    scoring.main(["--quick", "--json", "--cpu-time"])
    printed = json.loads(capsys.readouterr().out)
    assert list(printed) == ["scoring_seconds_100k", "wer_seconds_10k"]
    assert all(it.keys() == {"ours", "peer", "ratio", "unit"} and it["ratio"] > 0 for it in printed.values())
    assert printed["scoring_seconds_100k"]["ratio"] == pytest.approx(30 / printed["scoring_seconds_100k"]["ours"])


def test_a_wrong_rate_is_noticed(monkeypatch):
    monkeypatch.setattr(scoring, "ROWS", 6000)
    monkeypatch.setattr(scoring, "TRANSCRIPTS", 200)
    monkeypatch.setattr(scoring, "their_rate", lambda *_: 0.5)
    with pytest.raises(SystemExit, match=r"a word error rate of .*; expected 0\.5"):
        scoring.main(["--quick"])
