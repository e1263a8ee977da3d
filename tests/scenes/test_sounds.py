"""Procedural sounds: reproducible, cut to what is heard, named by their looks."""

import re
from itertools import permutations

import numpy as np
import pytest

from afnext.base.errors import SceneError
from afnext.scenes.sounds import FAMILIES, KINDS, RECIPES, make
from afnext.scenes.sources import LABELS
from afnext.scenes.trim import heard, trim
from afnext.scenes.worlds import WORLDS

RATE = 16_000

FIRST = {
    "dog_bark": (26549, 0.31284),
    "cat_meow": (18080, 0.39035),
    "cow_moo": (33280, 0.31205),
    "bird_chirp": (15127, 0.43332),
    "crickets": (42080, 0.22612),
    "telephone_ring": (51360, 0.23882),
    "alarm_beep": (30747, 0.46587),
    "siren": (52276, 0.36440),
    "car_horn": (11456, 0.51979),
    "bell": (40000, 0.10276),
    "whistling": (25276, 0.61993),
    "footsteps": (31040, 0.08462),
    "knocking": (9760, 0.13829),
    "clapping": (26880, 0.06298),
    "typing": (38080, 0.04767),
    "clock_tick": (44960, 0.04579),
    "glass_break": (21120, 0.12536),
    "rain": (90516, 0.18150),
    "wind": (91360, 0.18436),
    "thunder": (69120, 0.11412),
    "water_drip": (36640, 0.11590),
    "engine": (76160, 0.23387),
    "helicopter": (76000, 0.11727),
    "gunshot": (8960, 0.07515),
}
"""Samples and root mean square of the kinds that the first nano was trained on, as they were then."""


def spectrum_peak(sound):
    return np.abs(np.fft.rfft(sound)).argmax() * RATE / len(sound)


def share_between(sound, low, high):
    power = np.abs(np.fft.rfft(sound)) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    return power[(hertz >= low) & (hertz < high)].sum() / power.sum()


def beats_a_second(sound, low, high):
    """The strongest rhythm of the loudness between ``low`` and ``high`` Hz."""
    loud = np.abs(sound[: len(sound) // 80 * 80]).reshape(-1, 80).mean(1)
    strength = np.abs(np.fft.rfft((loud - loud.mean()) * np.hanning(len(loud)), 8192))
    hertz = np.fft.rfftfreq(8192, 80 / RATE)
    strength[(hertz < low) | (hertz > high)] = 0
    return hertz[strength.argmax()]


def voice_pitch(sound, low, high):
    """The pitch in the middle of a sound, from its autocorrelation over a fifth of a second."""
    middle = sound[len(sound) // 2 - 1600 : len(sound) // 2 + 1600]
    alike = np.correlate(middle, middle, "full")[len(middle) - 1 :]
    shortest = int(RATE / high)
    return RATE / (shortest + alike[shortest : int(RATE / low)].argmax())


def test_eight_families_hold_at_least_sixty_kinds_under_different_names():
    assert len(KINDS) >= 60
    assert len(set(KINDS.values())) == len(KINDS)
    assert len(FAMILIES) == 8
    assert all(len(labels) >= 5 for labels in FAMILIES.values())
    assert sorted(label for labels in FAMILIES.values() for label in labels) == sorted(KINDS.values())
    for recipe in RECIPES.values():
        assert recipe.make.__module__ == f"afnext.scenes.kinds.{recipe.family}"
        assert recipe.make.__doc__


def test_no_label_stands_within_another():
    every = [label for labels in LABELS.values() for label in labels]
    assert not [pair for pair in permutations(every, 2) if re.search(rf"\b{re.escape(pair[0])}\b", pair[1])]


def test_the_first_kinds_keep_their_places_and_their_samples():
    assert list(KINDS)[: len(FIRST)] == list(FIRST)
    for kind, (samples, level) in FIRST.items():
        sound = make(kind, "validation", np.random.default_rng(7))
        assert len(sound) == samples
        assert np.sqrt(np.mean(np.square(sound, dtype=np.float64))) == pytest.approx(level, abs=1e-5)


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
    assert quiet.max(initial=1) * 0.01 < 0.5


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        ("bird_chirp", 1900, 7300),
        ("crickets", 3700, 5600),
        ("whistling", 800, 2500),
        ("alarm_beep", 1800, 2600),
        ("cow_moo", 70, 900),
        ("water_drip", 500, 3200),
        ("owl_hoot", 260, 620),
        ("kettle", 1200, 5100),
        ("smoke_alarm", 2800, 7000),
        ("microwave_beep", 1400, 1900),
        ("referee_whistle", 2000, 3800),
        ("truck_reverse", 900, 1450),
        ("bicycle_bell", 900, 7500),
        ("doorbell", 400, 3000),
        ("heartbeat", 35, 200),
        ("scream", 700, 6500),
    ],
)
def test_a_sound_lies_where_a_listener_expects_it(kind, low, high):
    for world in WORLDS:
        sound = make(kind, world, np.random.default_rng(5))
        assert low < spectrum_peak(sound) < high
        assert share_between(sound, low, high) > 0.7


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        ("laugh", 4, 5.4),
        ("fire_bell", 11, 17),
        ("jackhammer", 15, 26),
        ("helicopter", 9, 15),
        ("sheep_bleat", 7, 12.5),
        ("snore", 22, 50),
    ],
)
def test_a_rhythm_is_as_quick_as_the_real_one(kind, low, high):
    for world in WORLDS:
        for seed in range(3):
            found = beats_a_second(make(kind, world, np.random.default_rng(seed)), 0.5 * low, 1.6 * high)
            assert low - 0.3 < found < high + 0.3


@pytest.mark.parametrize(("kind", "low", "high"), [("bee_buzz", 150, 330), ("foghorn", 70, 135), ("scream", 560, 1600)])
def test_a_voice_is_as_high_as_the_real_one(kind, low, high):
    for world in WORLDS:
        for seed in range(3):
            assert low < voice_pitch(make(kind, world, np.random.default_rng(seed)), 0.6 * low, 1.6 * high) < high


def test_a_baby_cries_in_arches():
    """Each wail's pitch is higher in its middle than at its ends."""
    for world in WORLDS:
        sound = make("baby_cry", world, np.random.default_rng(2))
        wail = sound[: np.flatnonzero(np.abs(sound) > 0.2)[0] + int(0.6 * RATE)]  # the first one lasts longer than this
        start, middle = wail[int(0.06 * RATE) :][:1200], wail[len(wail) // 2 :][:1200]
        ends, peak = (voice_pitch(np.pad(part, (1000, 1000)), 250, 700) for part in (start, middle))
        assert 250 < ends < 0.95 * peak < 650


def test_a_ball_bounces_sooner_and_sooner():
    sound = make("ball_bounce", "test", np.random.default_rng(4))
    loud = np.abs(sound[: len(sound) // 160 * 160]).reshape(-1, 160).max(1)
    strokes = np.flatnonzero((loud[1:] > 3 * loud[:-1]) & (loud[1:] > 0.05)) + 1
    gaps = np.diff(strokes)
    assert len(gaps) >= 4
    assert (np.diff(gaps) < 1).all()
    assert gaps[-1] < 0.75 * gaps[0]


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
