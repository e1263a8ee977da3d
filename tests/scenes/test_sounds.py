"""Procedural sounds: reproducible, cut to what is heard, named by their looks."""

import numpy as np
import pytest

from afnext.base.errors import SceneError
from afnext.scenes.sounds import KINDS, make
from afnext.scenes.trim import heard, trim
from afnext.scenes.worlds import WORLDS

RATE = 16_000


def spectrum_peak(sound):
    return np.abs(np.fft.rfft(sound)).argmax() * RATE / len(sound)


def share_between(sound, low, high):
    power = np.abs(np.fft.rfft(sound)) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    return power[(hertz >= low) & (hertz < high)].sum() / power.sum()


def test_there_are_twenty_kinds_under_different_names():
    assert len(KINDS) >= 20
    assert len(set(KINDS.values())) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_is_reproducible_trimmed_and_at_peak_one(kind):
    for world in WORLDS:
        sound = make(kind, world, np.random.default_rng(11))
        assert np.array_equal(sound, make(kind, world, np.random.default_rng(11)))
        assert sound.dtype == np.float32
        assert np.abs(sound).max() == pytest.approx(1, abs=1e-6)
        assert 0.25 * RATE < len(sound) <= 6 * RATE
        assert np.abs(sound[:160]).max() > 0.009  # -40 dB
        assert np.abs(sound[-160:]).max() > 0.007
        assert abs(sound.mean()) < 1e-3
        assert not np.array_equal(sound[:4000], make(kind, world, np.random.default_rng(12))[:4000])


@pytest.mark.parametrize("kind", KINDS)
def test_pauses_within_a_sound_are_short(kind):
    sound = make(kind, "train", np.random.default_rng(3))
    frames = np.abs(sound[: len(sound) // 160 * 160]).reshape(-1, 160).max(1) > 0.01
    quiet = np.diff(np.flatnonzero(frames))
    assert quiet.max(initial=1) * 0.01 < 0.6


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        ("bird_chirp", 1900, 7300),
        ("crickets", 3700, 5600),
        ("whistling", 800, 2500),
        ("alarm_beep", 1800, 2600),
        ("cow_moo", 70, 900),
        ("water_drip", 500, 3200),
    ],
)
def test_a_sound_lies_where_a_listener_expects_it(kind, low, high):
    for world in WORLDS:
        sound = make(kind, world, np.random.default_rng(5))
        assert low < spectrum_peak(sound) < high
        assert share_between(sound, low, high) > 0.7


def test_rain_is_bright_and_wind_is_dark():
    for world in WORLDS:
        assert share_between(make("rain", world, np.random.default_rng(2)), 2000, 8000) > 0.6
        assert share_between(make("wind", world, np.random.default_rng(2)), 20, 1000) > 0.9


def test_an_unknown_kind_names_the_known_ones():
    with pytest.raises(SceneError, match="sound 'unicorn'; expected one of dog_bark, "):
        make("unicorn", "train", np.random.default_rng(0))


def test_trim_finds_the_sound_in_silence():
    sound = np.zeros(RATE)
    sound[4000:8000] = np.sin(np.arange(4000))
    first, last = heard(sound)
    assert 4000 - 160 < first <= 4000
    assert 8000 <= last < 8000 + 160
    assert np.abs(trim(5 * sound)).max() == pytest.approx(1)


@pytest.mark.parametrize("nothing", [np.zeros(0), np.zeros(500)])
def test_trim_of_silence_is_empty(nothing):
    assert trim(nothing).shape == (0,)
