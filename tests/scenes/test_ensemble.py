"""Instruments at once, each on its track: in tune, in time, apart from each other, and the same every time."""

import numpy as np
import pytest

from afnext.base.errors import MissingToolError, SceneError
from afnext.scenes import tools
from afnext.scenes.music.ensemble import GRID, Track, on_grid, play_tracks
from afnext.scenes.music.instruments import CYMBALS, INSTRUMENTS
from afnext.scenes.music.phrases import Note
from afnext.scenes.tools import stream

RATE = 16_000
PITCHED = [name for name in INSTRUMENTS if name != "drums"]


def autocorrelation_pitch(sound, near):
    """The pitch in Hz within half an octave of ``near``, from the lag at which the sound best matches itself."""
    sound = sound - sound.mean()
    match = np.fft.irfft(np.abs(np.fft.rfft(sound, 4 * len(sound))) ** 2)
    lags = np.arange(int(RATE / near / 1.4), int(RATE / near * 1.4) + 2)
    lag = lags[match[lags].argmax()]
    before, at, after = match[lag - 1 : lag + 2]
    return RATE / (lag + (before - after) / (2 * (before - 2 * at + after)))


def played(tracks, seconds):
    return np.concatenate(list(play_tracks(tracks, seconds)))


@pytest.mark.scenes_tools
def test_isolated_notes_are_in_tune():
    """Low, middle and high, on every instrument that sounds its fundamental: all tracks in one run."""
    tracks, wanted = [], []
    for name in PITCHED:
        family = INSTRUMENTS[name]
        patch = {"organ": 20, "mallets": 11}.get(name, family.patches["train"][0])
        pitches = (family.low, (family.low + family.high) // 2, family.high - 2)
        tracks.append(Track(patch, False, tuple(Note(2.0 * i, 2.0 * i + 1, p, 100) for i, p in enumerate(pitches))))
        wanted.append([440 * 2 ** ((pitch - 69) / 12) for pitch in pitches])
    sound = played(tracks, 6.0)
    for column, name in enumerate(PITCHED):
        for number, hertz in enumerate(wanted[column]):
            part = sound[int((2.0 * number + 0.1) * RATE) : int((2.0 * number + 0.5) * RATE), column]
            assert autocorrelation_pitch(part, hertz) == pytest.approx(hertz, rel=0.015), (name, number)


@pytest.mark.scenes_tools
@pytest.mark.parametrize("world", ["train", "validation", "test"])
def test_strokes_sound_when_they_are_struck(world):
    times = [on_grid(at) for at in (0.0, 0.357, 0.5, 1.1114, 1.9)]
    kits = INSTRUMENTS["drums"].patches[world]
    tracks = [
        Track(kit, True, tuple(Note(at, at + 0.1, pitch, 100) for at in times))
        for kit in kits
        for pitch in (36, 38, CYMBALS[world][0])
    ]
    sound = np.abs(played(tracks, 2.5))
    for column in range(len(tracks)):
        for at in times:
            first = round(at * RATE)
            before = sound[max(0, first - 800) : first, column].max(initial=0)
            rising = sound[first : first + 1600, column]
            onset = np.flatnonzero(rising > before + 0.3 * rising.max())[0] / RATE
            assert onset < 0.03


@pytest.mark.scenes_tools
def test_nothing_sounds_before_its_time():
    note = Note(on_grid(0.5), 0.9, 60, 110)
    sound = played([Track(0, False, (note,)), Track(0, False, ())], 1.5)
    assert sound.shape == (24_000, 2)
    assert np.abs(sound[: 8000 - 32, 0]).max() < 1e-5  # the filter that halves the rate rings for a moment
    assert np.abs(sound[8000:8160, 0]).max() > 0.001
    assert not sound[:, 1].any()


@pytest.mark.scenes_tools
def test_a_track_is_the_same_alone_and_among_others():
    """No track leaks into another: what differs is that a voice of the synthesiser begins where another one ended."""
    tune = Track(73, False, tuple(Note(0.5 * i, 0.5 * i + 0.4, 74 + i, 90) for i in range(5)))
    beat = Track(8, True, tuple(Note(0.5 * i, 0.5 * i + 0.1, 38, 110) for i in range(5)))
    together, alone = played([tune, beat], 4.0), played([tune], 3.0)
    assert np.array_equal(together, played([tune, beat], 4.0))
    difference = together[: 3 * RATE - 200, 0] - alone[: 3 * RATE - 200, 0]
    assert np.abs(difference).max() < 0.02 * np.abs(alone).max()
    assert np.array_equal(played([tune], 4.0)[: 3 * RATE - 200], alone[: 3 * RATE - 200])


@pytest.mark.scenes_tools
def test_velocity_is_loudness_and_keys_are_let_go():
    soft, loud = (played([Track(19, False, (Note(0.0, 1.0, 60, v),))], 2.5) for v in (46, 106))
    assert 3 * np.abs(soft).max() < np.abs(loud).max()
    assert np.abs(loud[RATE // 2 : RATE]).max() > 20 * np.abs(loud[2 * RATE :]).max()


def test_the_grid():
    assert GRID == 0.002
    assert on_grid(0.3571) == 0.358
    assert on_grid(7.0) == 7.0


def test_impossible_ensembles():
    with pytest.raises(SceneError, match="17 instruments at once; expected 1 to 16"):
        list(play_tracks([Track(0, False, ())] * 17, 1.0))


def test_a_missing_player_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingToolError, match="fluidsynth is not installed; apt install fluidsynth"):
        list(play_tracks([Track(0, False, ())], 1.0))


def test_a_stream_comes_in_parts_and_ends_its_program():
    program = "import sys; text = sys.stdin.buffer.read(); sys.stdout.buffer.write(text * 3)"
    parts = list(stream("python3", ["-c", program], b"abcd" * 1000, 5000))
    assert [len(part) for part in parts] == [5000, 5000, 2000]
    assert b"".join(parts) == b"abcd" * 3000
    endless = stream("python3", ["-c", "import sys\nsys.stdin.read()\nwhile True: print('x' * 99)"], b"", 100)
    assert len(next(endless)) == 100
    endless.close()


def test_a_stream_that_fails_or_hangs_is_told(monkeypatch):
    with pytest.raises(SceneError, match="python3 failed: out of breath; try it by hand"):
        list(stream("python3", ["-c", "raise SystemExit('out of breath')"], b"x" * 10**6, 100))
    monkeypatch.setattr(tools, "PATIENCE", 1.0)
    with pytest.raises(SceneError, match="python3 did not finish within 1 s"):
        list(stream("python3", ["-c", "import time; time.sleep(60)"], b"", 100))
