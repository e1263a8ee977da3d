"""benchmarks/loading.py: both sides make all of the sound, and its figures are what a hand works out."""

import json

import pytest
import soundfile

import loading
from _clock import Comparison
from afnext.audio.windows import windows
from afnext.data.shards import write_shards
from loading import Ours, OurShards, Theirs, TheirShards, filled, log_uniform, needed, packing, rate, table, write_rows

LENGTHS = [1.0, 31.0, 2.5, 0.5, 4.0]


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return write_rows(tmp_path_factory.mktemp("rows"), LENGTHS, "flac")


def test_padding_is_counted():
    # 4 and 3 padded to 4, 1 and 5 to 5, 2 alone: 15 of 20.
    assert filled([4, 3, 1, 5, 2], rows=2) == 15 / 20
    assert filled([7, 7, 7, 7]) == 1.0


def test_lengths_are_spread_evenly_over_octaves():
    lengths = log_uniform(1, 16, 4000)
    assert (min(lengths), max(lengths)) == (pytest.approx(1, abs=0.01), pytest.approx(16, abs=0.1))
    for octave in (1, 2, 4, 8):
        assert sum(octave <= length < 2 * octave for length in lengths) == pytest.approx(1000, abs=100)
    assert log_uniform(1, 16, 4000) == lengths, "the same every time"


def test_both_make_all_of_the_sound(rows):
    ours, theirs = Ours(rows, workers=0), Theirs(rows, workers=0)
    assert ours.epoch() == theirs.epoch() == sum(LENGTHS)
    assert not ours.feed.left_out


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # webdataset leaves tars open
def test_both_make_all_of_the_sound_from_shards(rows, tmp_path):
    write_shards(rows, tmp_path / "shards")
    ours = OurShards(tmp_path / "shards", len(LENGTHS), workers=0)
    assert ours.epoch() == ours.epoch() == sum(LENGTHS)
    assert TheirShards(tmp_path / "shards", rows, workers=0).epoch() == sum(LENGTHS)


def test_the_peer_hears_what_ours_hears(rows):
    """The log-mel of both, over the frames that hold sound; 31 s are two windows."""
    theirs = Theirs(rows)
    mel, seconds = theirs.collate(theirs.files[:2])
    assert mel.shape == (3, 128, 3000)
    assert seconds == 32.0
    cut = [window for file in theirs.files[:2] for window in windows(soundfile.read(file, dtype="float32")[0])]
    for window, other in zip(cut, mel, strict=True):
        assert float((window.mel[:, : window.frames] - other[:, : window.frames]).abs().max()) < 1e-3


def test_a_rate_is_sound_over_time_and_lost_sound_is_noticed():
    class Ours:
        def epoch(self):
            return 90.0

    times = iter([5.0, 8.0, 9.0, 10.0])
    assert rate(Ours(), 90.0, lambda: next(times)) == 30.0
    with pytest.raises(SystemExit, match=r"an epoch of ours held 90\.00 s; expected 120\.00"):
        rate(Ours(), 120.0, lambda: next(times))


def test_packing_is_of_the_recipe_s_batches(monkeypatch):
    """Four rows of 600 s hold 15,150 tokens each: one a batch of 24,576, and nothing is padded."""
    monkeypatch.setattr(loading, "log_uniform", lambda *_: [600.0] * 4)
    assert packing().ours == pytest.approx(15_150 / 24_576)
    assert packing().peer == 1.0
    assert packing(3).ours == packing().ours
    monkeypatch.undo()
    monkeypatch.setattr(loading, "CORPUS", 2000)
    assert packing().ours > 0.98
    assert packing().peer < 0.6
    assert 0.95 < packing(256).ours <= packing().ours


def test_what_is_needed_is_the_plan_s_share(monkeypatch):
    """All GPUs learn from 12,800 s of sound a second; two share each batch, and each makes it whole."""

    class Made:
        audio_rate = 12_800.0

    def planned(recipe, config, gpus, machine):
        assert recipe.name == "af-next-3-midtrain-skills"
        assert config.decoder.width == 3584
        assert (gpus, machine.memory) == (128, 141e9)
        return Made

    monkeypatch.setattr(loading, "plan", planned)
    assert needed() == (200.0, 2)


def test_what_is_promised_is_printed(monkeypatch, capsys):
    """One worker of each side, as processes."""
    monkeypatch.setattr(
        loading, "log_uniform", lambda _shortest, longest, _count: [1.0, 2.0] if longest < 600 else [9.0]
    )
    monkeypatch.setattr(loading, "needed", lambda: (50.0, 2))
    loading.main(["--quick", "--json", "--rounds", "1", "--cpu-time"])
    printed = json.loads(capsys.readouterr().out)
    assert list(printed) == [
        "audio_per_second",
        "packing_efficiency",
        "shards_per_second",
        "shards_packing",
        "needed",
    ]
    assert all(it.keys() == {"ours", "peer", "ratio", "unit"} and it["ratio"] > 0 for it in printed.values())
    assert printed["needed"]["ratio"] == printed["audio_per_second"]["ours"] / 50
    monkeypatch.setattr(loading, "in_turn", lambda *_: (20.0, 10.0))
    loading.main(["--quick"])
    told = capsys.readouterr().out
    assert "hears 25 s of sound a second; 2 share a batch" in told
    assert "is to deliver 50: the work of 3 of this machine's workers" in told
    assert table({"one": Comparison(6.0, 2.0, "s/s", higher_is_better=True)}).splitlines()[1].split()[-1] == "3.00"
