"""scenes_sound: its detectors on sounds made by hand, and its checks on true truths and on broken ones."""

import json
import sys

import numpy as np
import pytest

import scenes_sound
from _detect import RATE, onsets, pitch
from scenes_sound import CHECKS, Case, figure, table

TIME = np.arange(2 * RATE) / RATE


def tone(midi, partials=(1.0,)):
    hertz = 440 * 2 ** ((midi - 69) / 12)
    return sum(share * np.sin(2 * np.pi * hertz * (n + 1) * TIME) for n, share in enumerate(partials)) / 4


def test_onsets_are_where_something_begins():
    starts = [0.1, 0.5, 0.75, 1.3]
    sound = sum(
        np.where(start <= TIME, np.exp(-20 * (TIME - start)) * tone(70 + 3 * n), 0) for n, start in enumerate(starts)
    )
    found = onsets(sound.astype(np.float32), 2.0)
    assert found == pytest.approx(starts, abs=0.008)


def test_a_steady_tone_has_one_onset_and_silence_none():
    assert onsets(np.zeros(RATE, np.float32)).size == 0
    gone = np.minimum(1, (2 - TIME) / 0.1)  # or its end would click
    assert onsets(np.where(TIME > 1, gone * tone(60), 0).astype(np.float32)) == pytest.approx([1.0], abs=0.008)


@pytest.mark.parametrize("midi", [28, 40.3, 57, 69, 83.5, 95])
@pytest.mark.parametrize("partials", [(1.0,), (0.5, 1.0, 0.7)])
def test_pitch_is_that_of_the_fundamental(midi, partials):
    assert pitch(tone(midi, partials).astype(np.float32)[: RATE // 4]) == pytest.approx(midi, abs=0.2)


def test_noise_and_what_is_too_short_have_no_pitch():
    assert pitch(np.random.default_rng(0).standard_normal(RATE).astype(np.float32)) is None
    assert pitch(tone(69).astype(np.float32)[:1000]) is None


def test_a_figure_counts_what_is_not_explained():
    true = [Case(True, "a", "")] * 197 + [Case(False, "b", "", "pause")] * 30 + [Case(False, "b", "")] * 2
    one = figure(true, [Case(False, "a", "")])
    assert (one.agree, one.of, one.explained, one.unexplained) == (197, 229, {"pause": 30}, 2)
    assert one.groups == {"a": (197, 197), "b": (0, 32)}
    assert one.holds
    assert not figure([*true, Case(False, "b", "")], [Case(False, "a", "")]).holds
    assert not figure(true, [Case(True, "a", "")]).holds, "a broken truth passes"
    assert not figure([], []).holds, "nothing was checked"
    assert "pause 30, not 2" in table({"speech": one})
    assert scenes_sound.CAUSES["pause"] in table({"speech": one})


@pytest.fixture(scope="module")
def found():
    return scenes_sound.listen(0, "test", scenes_sound.QUICK)


@pytest.mark.scenes_tools
@pytest.mark.parametrize("name", CHECKS)
def test_a_check_passes_on_the_truth_and_fails_on_a_broken_one(name, found):
    true, broken = found[name]
    assert len(true) >= 5
    assert figure(true, broken).holds, [case for case in true if not case.agrees and not case.cause]
    assert not figure(broken, []).holds


@pytest.mark.scenes_tools
def test_the_same_seed_hears_the_same():
    first, again = (scenes_sound.listen(3, "train", 0.0, ["onsets of events"]) for _ in range(2))
    assert first == again


@pytest.mark.scenes_tools
def test_it_prints_its_figures_and_fails_where_truth_and_sound_disagree(found, monkeypatch, capsys):
    monkeypatch.setattr(scenes_sound, "listen", lambda *_asked: found)
    monkeypatch.setattr(sys, "argv", ["scenes_sound.py", "--quick", "--json"])
    scenes_sound.main()
    told = json.loads(capsys.readouterr().out)
    assert list(told) == list(CHECKS)
    assert {"agree", "of", "rate", "broken", "explained", "groups"} <= set(told["speech"])
    swapped = {name: (broken, true) for name, (true, broken) in found.items()}
    monkeypatch.setattr(scenes_sound, "listen", lambda *_asked: swapped)
    with pytest.raises(SystemExit, match="the truth and the sound disagree"):
        scenes_sound.main()
