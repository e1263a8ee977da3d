"""Scenes: the truth holds in the sound, the rules of placing hold in the truth, and a stream is the whole."""

import math
import tracemalloc
from itertools import combinations, pairwise

import numpy as np
import pytest

from afnext.base.errors import SceneError
from afnext.scenes.acoustics import noise
from afnext.scenes.acoustics.places import PLACES, ROOMS, impulse_response, reverberate
from afnext.scenes.forms.mix import Difficulty, compose
from afnext.scenes.render import render, render_all
from afnext.scenes.scene import Scene
from afnext.scenes.sources import isolate

RATE = 16_000
DRY = Difficulty(background=0, reverberation=0)
CALM = Difficulty(background=0, reverberation=0, overlap=0)


def db(ratio):
    return 20 * math.log10(ratio)


def rms(samples):
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def covered(scene, samples):
    """Which samples the truth says hold an event."""
    mask = np.zeros(samples, dtype=bool)
    for event in scene.events:
        mask[round(event.start * RATE) : round(event.end * RATE)] = True
    return mask


def test_sound_is_where_the_truth_says_and_nowhere_else(tones):
    for seed in range(30):
        scene, plan = compose(seed, "train", 11.0, tones, DRY)
        sound = render_all(plan)
        assert sound.dtype == np.float32
        assert sound.shape == (11 * RATE,)
        mask = covered(scene, len(sound))
        assert not sound[~mask].any()
        for event in scene.events:
            first, last = round(event.start * RATE), round(event.end * RATE)
            assert abs(first - event.start * RATE) < 1e-6  # times are whole samples
            assert sound[first : first + 160].any()
            assert sound[last - 160 : last].any()


def test_level_is_the_peak(tones):
    for seed in range(20):
        scene, plan = compose(seed, "train", 10.0, tones, CALM)
        sound = render_all(plan)
        for event in scene.events:
            part = sound[round(event.start * RATE) : round(event.end * RATE)]
            assert db(np.abs(part).max()) == pytest.approx(event.level, abs=0.01)
            assert -20 <= event.level <= -3


def test_background_is_as_loud_as_the_truth_says(tones):
    seen = set()
    for seed in range(40):
        scene, plan = compose(seed, "train", 20.0, tones, Difficulty(background=1, reverberation=0, overlap=0))
        sound = render_all(plan)
        mask = covered(scene, len(sound))
        seen.add(scene.background.kind)
        assert db(rms(sound[~mask])) == pytest.approx(scene.background.level, abs=1.0)
        loudness = [
            rms(sound[round(event.start * RATE) : round(event.end * RATE)]) / 10 ** (scene.background.level / 20)
            for event in scene.events
        ]
        assert db(min(loudness)) == pytest.approx(scene.background.snr, abs=1.0)
        assert 9.9 <= scene.background.snr <= 60
    assert seen == set(noise.SHAPES)


def test_reverberation_is_a_part_of_the_event(tones):
    difficulty = Difficulty(background=0, reverberation=1, overlap=0)
    longer = 0
    for seed in range(20):
        scene, plan = compose(seed, "train", 10.0, tones, difficulty)
        assert scene.place in ROOMS
        sound = render_all(plan)
        assert not sound[~covered(scene, len(sound))].any()
        for event, placement in zip(scene.events, plan.placements, strict=True):
            part = np.abs(sound[round(event.start * RATE) : round(event.end * RATE)])
            assert part[:32].max() > 0.01 * part.max()
            assert part[-480:].max() > 0.008 * part.max()  # 30 ms: the cut at -40 dB is faded over 4 ms
            longer += placement.length > placement.source.length
    assert longer > 20


def test_rules_of_placing(tones):
    overlaps = 0
    for seed in range(75):
        scene, _ = compose(seed, "train", 15.0, tones, Difficulty(events=(4, 10), overlap=0.6, reverberation=0.2))
        assert [event.start for event in scene.events] == sorted(event.start for event in scene.events)
        for a, b in combinations(scene.events, 2):
            gap = max(a.start, b.start) - min(a.end, b.end)
            overlaps += gap < 0
            assert a.label != b.label or gap >= 0.3
            assert gap >= 0 or not a.kind == b.kind == "speech"
        for a, b, c in combinations(scene.events, 3):
            assert max(a.start, b.start, c.start) >= min(a.end, b.end, c.end)
    assert overlaps > 25


def test_calm_scenes_do_not_overlap(tones):
    for seed in range(40):
        events = compose(seed, "train", 10.0, tones, CALM)[0].events
        assert all(a.end <= b.start for a, b in pairwise(events))


def test_nothing_clips(tones):
    loud = Difficulty(events=(8, 12), overlap=1, level=(-3, -3), background=1, snr=(10, 10), reverberation=0)
    assert max(float(np.abs(render_all(compose(seed, "train", 8.0, tones, loud)[1])).max()) for seed in range(20)) <= 1


@pytest.mark.parametrize("seconds", [9.99, 75.0])
def test_a_stream_is_the_whole_bit_for_bit(tones, seconds):
    difficulty = Difficulty(background=1, reverberation=1, overlap=0.5)
    _, plan = compose(7, "train", seconds, tones, difficulty)
    whole = render_all(plan)
    for block in (977, 16_000, 160_000):
        parts = list(render(plan, block))
        assert all(len(part) == block for part in parts[:-1])
        assert np.array_equal(np.concatenate(parts), whole)


def test_same_seed_same_scene(make_tones):
    for seconds in (10.0, 61.0):
        first, plan = compose(11, "train", seconds, make_tones())
        second, again = compose(11, "train", seconds, make_tones())
        assert first == second
        assert np.array_equal(render_all(plan), render_all(again))
        other, _ = compose(12, "train", seconds, make_tones())
        assert other.events != first.events


def test_memory_does_not_grow_with_the_recording(make_tones):
    tones = make_tones()
    compose(0, "train", 10.0, tones)  # what is loaded once is not counted

    def peak(seconds):
        tracemalloc.start()
        _, plan = compose(5, "train", seconds, tones, Difficulty(background=0, reverberation=0))
        samples = sum(len(part) for part in render(plan, 16_000))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert samples == seconds * RATE
        return most

    assert peak(600.0) < peak(61.0) + 2_000_000  # the sound would be 38 MB; the truth is a few hundred kB


def test_half_an_hour(make_tones):
    scene, plan = compose(1, "train", 1800.0, make_tones(), Difficulty(reverberation=0))
    assert len(scene.events) > 200
    assert scene.events[0].start < 60
    assert scene.events[-1].end > 1740
    assert sum(len(part) for part in render(plan)) == 1800 * RATE


@pytest.mark.parametrize("count", [0, 1, 4, 9])
def test_events_as_ordered(tones, count):
    scene, plan = compose(4, "train", 20.0, tones, events=count)
    assert len(scene.events) == count
    assert len(render_all(plan)) == 20 * RATE


def test_silence(tones):
    scene, plan = compose(1, "train", 5.0, tones, DRY, events=0)
    assert scene.background is None
    assert not render_all(plan).any()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seconds": 4.9}, "a scene of 4.9 seconds; expected 5 to 1800 seconds"),
        ({"seconds": 1801}, "a scene of 1801 seconds"),
        ({"seconds": -1}, "a scene of -1 seconds"),
        ({"seconds": float("nan")}, "a scene of nan seconds"),
        ({"world": "test"}, "world 'test' with sources of world 'train'"),
        ({"events": 500}, "500 events in 5 seconds; expected 0 to 5 events"),
        ({"events": -1}, "-1 events"),
        ({"seed": -3}, "seed -3"),
    ],
)
def test_impossible_requests(tones, settings, message):
    asked = {"seed": 1, "world": "train", "seconds": 5} | settings
    with pytest.raises(SceneError, match=message):
        compose(sources=tones, **asked)


def test_events_that_do_not_fit(make_tones):
    with pytest.raises(SceneError, match=r"of 8 events fit into 8 seconds; ask for fewer"):
        compose(1, "train", 8, make_tones(shortest=2.0, longest=2.5), CALM, events=8)


def test_difficulty_refuses_nonsense():
    with pytest.raises(ValueError, match="overlap"):
        Difficulty(overlap=1.5)
    drawn = [Difficulty.draw(np.random.default_rng(seed)) for seed in range(20)]
    assert len({item.overlap for item in drawn}) == 20


def test_isolate_cuts_at_forty_decibels():
    decay = np.concatenate([np.zeros(500), 0.5 * 10 ** (-np.arange(8000) / 2000)]).astype(np.float32)  # -40 dB at 4000
    sound, cut = isolate(decay)
    assert cut == 500
    assert len(sound) == pytest.approx(4001, abs=1)
    assert sound[0] == 1
    assert sound[-1] == 0
    with pytest.raises(SceneError, match="a source of 100 samples is silent"):
        isolate(np.zeros(100, np.float32))


def test_rooms():
    for place in ROOMS:
        response = impulse_response("train", place, 0)
        assert response[0] == 1
        assert len(response) <= RATE // 2
        assert not np.array_equal(response[:200], impulse_response("test", place, 0)[:200])
    small, large = (
        np.mean([len(impulse_response("train", place, n)) for n in range(6)]) for place in (PLACES[1], PLACES[-1])
    )
    assert large > 1.5 * small
    with pytest.raises(SceneError, match="place 'the moon'"):
        impulse_response("train", "the moon", 0)


def test_reverberation_is_convolution():
    rng = np.random.default_rng(0)
    sound, response = rng.standard_normal(300).astype(np.float32), rng.standard_normal(41).astype(np.float32)
    assert np.allclose(reverberate(sound, response), np.convolve(sound, response), atol=1e-4)


def test_noise_reads_the_same_in_parts():
    for kind in noise.SHAPES:
        chosen = noise.Noise(kind, (noise.LOOPS[0] - 5, 17))  # over the seam at once
        whole = noise.read(chosen, "train", 0, 300_000)
        parts = [noise.read(chosen, "train", first, 7_500) for first in range(0, 300_000, 7_500)]
        assert np.array_equal(np.concatenate(parts), whole)
        assert rms(whole) == pytest.approx(1, rel=0.1)
        assert np.abs(np.diff(whole[:20])).max() < 6  # no jump where the loop closes
        assert not np.array_equal(whole[:100], noise.read(chosen, "test", 0, 100))
    with pytest.raises(SceneError, match="background 'birds'"):
        noise.read(noise.Noise("birds", (0, 0)), "train", 0, 10)


def test_pink_falls_three_decibels_an_octave():
    sound = noise.read(noise.Noise("pink noise", (0, 0)), "train", 0, 2**17)
    power = np.abs(np.fft.rfft(sound)) ** 2
    hertz = np.fft.rfftfreq(2**17, 1 / RATE)
    octaves = [power[(hertz >= low) & (hertz < 2 * low)].mean() for low in (125, 250, 500, 1000, 2000)]
    steps = np.diff(10 * np.log10(octaves))
    assert np.allclose(steps, -3.01, atol=0.5)


def test_place_is_written_down(tones):
    places = {compose(seed, "train", 5.0, tones)[0].place for seed in range(40)}
    assert places == set(PLACES)
    assert isinstance(compose(1, "train", 5.0, tones)[0], Scene)
