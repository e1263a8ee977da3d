"""Distance: what it does to a sound, measured on the sound; and the truth about it."""

import numpy as np
import pytest
from scipy import signal

from afnext.base.errors import SceneError
from afnext.scenes.acoustics.distance import Path, absorb, absorption, move, passing, still
from afnext.scenes.acoustics.places import Place, place
from afnext.scenes.render import render, render_all
from afnext.scenes.scene import Scene, SceneNote, SceneWord, Waypoint

RATE = 16_000
OPEN = Place("outdoors")
ISO_9613_2 = {63: 0.1, 125: 0.3, 250: 1.1, 500: 2.8, 1000: 5.0, 2000: 9.0, 4000: 22.9, 8000: 76.6}
"""Decibels a kilometre at 20 degrees Celsius and 70 % humidity: table 2 of the standard."""


def noise(seconds, seed=0):
    return np.random.default_rng(seed).standard_normal(round(seconds * RATE)).astype(np.float32)


def low(sound, hertz=500):
    return signal.sosfilt(signal.butter(6, hertz, fs=RATE, output="sos"), sound)


def db(ratio):
    return 20 * np.log10(ratio)


def level(sound, seconds, width=0.1):
    part = sound[round((seconds - width / 2) * RATE) : round((seconds + width / 2) * RATE)]
    return db(np.sqrt(np.mean(np.square(part, dtype=float))))


def clicks(times, seconds):
    dry = np.zeros(round(seconds * RATE), np.float32)
    dry[[round(time * RATE) for time in times]] = 1
    return dry


def test_six_decibels_for_every_doubling_while_it_moves():
    # From 2 m to 64 m in 10 s, a doubling every 2 s; a hum, of which air takes nothing.
    path = Path(tuple(Waypoint(2.0 * step, 2.0 ** (1 + step)) for step in range(6)))
    hum = np.cos(2 * np.pi * 100 * np.arange(10 * RATE) / RATE).astype(np.float32)
    sound = move(hum, path, OPEN)
    levels = [level(sound, 2.0 * step, 0.04) for step in range(1, 5)]
    assert np.diff(levels) == pytest.approx([-6.02] * 3, abs=0.1)
    apart = [level(move(hum[:RATE], still(metres), OPEN), 0.5) for metres in (5, 10, 20, 40)]
    assert np.diff(apart) == pytest.approx([-6.02] * 3, abs=0.05)


def test_air_takes_what_the_standard_says():
    assert absorption(np.array(list(ISO_9613_2))) * 1000 == pytest.approx(list(ISO_9613_2.values()), rel=0.03, abs=0.05)


def test_far_sounds_are_dull():
    dry = noise(4.0)
    near, far = (signal.welch(move(dry, still(metres), OPEN), RATE, nperseg=2048)[1] for metres in (1, 301))
    hertz = np.fft.rfftfreq(2048, 1 / RATE)
    lost = {band: 5 * np.log10(near / far)[np.argmin(np.abs(hertz - band))] * 2 for band in (250, 1000, 2000, 4000)}
    for band, decibels in lost.items():
        assert decibels - db(301) == pytest.approx(0.3 * ISO_9613_2[band], abs=0.4)


def test_nothing_is_lost_nearby():
    dry = noise(1.3)
    assert np.allclose(absorb(dry, np.ones(len(dry))), dry, atol=1e-5)
    assert np.allclose(move(dry, still(1.0), OPEN), dry, atol=1e-5)


def test_the_room_stays_where_the_sound_goes_off():
    where = place("train", "a large hall", 1)
    click = clicks([0.0], 0.5)
    ratios, echoes = [], []
    for metres in (1, 2, 4, 8):
        heard = move(click, still(metres), where).astype(float)
        direct, thrown = np.sum(heard[:16] ** 2), np.sum(heard[16:] ** 2)
        ratios.append(10 * np.log10(direct / thrown))
        echoes.append(10 * np.log10(thrown))
    assert np.diff(ratios) == pytest.approx([-6.0] * 3, abs=0.15)
    assert np.ptp(echoes) < 0.4
    # At the distance at which the room was measured it is that room, but for the air.
    as_measured = np.convolve(low(click), where.response)
    assert np.allclose(low(move(click, still(where.near), where)) * where.near, as_measured, atol=2e-3)


def test_a_street_lets_its_echoes_go():
    where = place("train", "a street", 0)
    click = clicks([0.0], 0.5)
    thrown = [np.sum(low(move(click, still(metres), where))[32:] ** 2) for metres in (10, 40)]
    assert 10 * np.log10(thrown[0] / thrown[1]) == pytest.approx(12.04 * where.openness, abs=0.6)


def pitch(sound, seconds):
    part = sound[round((seconds - 0.2) * RATE) : round((seconds + 0.2) * RATE)]
    return np.abs(np.fft.rfft(part * np.hanning(len(part)), 2**18)).argmax() * RATE / 2**18


def test_doppler():
    horn = np.sin(2 * np.pi * 1000 * np.arange(6 * RATE) / RATE).astype(np.float32)
    nearer = move(horn, Path((Waypoint(0, 200), Waypoint(6, 20)), doppler=True), OPEN)
    assert pitch(nearer, 3.0) == pytest.approx(1000 / (1 - 30 / 343), abs=0.5)
    assert len(nearer) == pytest.approx(6 * RATE - 180 / 343 * RATE, abs=2 + 0.05 * 30 / 343 * RATE)
    path = passing(6.0, 4.0, 20.0)
    by = move(horn, path, OPEN)
    at_first, at_last = 1000 / (1 - 20 / 343), 1000 / (1 + 20 / 343)
    assert pitch(by, 0.5) == pytest.approx(at_first, abs=2)
    assert pitch(by, 5.5) == pytest.approx(at_last, abs=2)
    assert pitch(move(horn, passing(6.0, 4.0, 20.0, doppler=False), OPEN), 0.5) == pytest.approx(1000, abs=0.1)
    loudest = np.argmax([level(by, seconds) for seconds in np.arange(0.5, 5.5, 0.1)]) * 0.1 + 0.5
    assert loudest == pytest.approx(float(path.when_heard([3.0])[0]), abs=0.2)


def test_what_is_sent_at_a_time_is_heard_at_its_time():
    times = [0.0, 0.6, 1.5, 2.2, 3.1, 3.8]
    for path in (passing(4.0, 6.0, 25.0), Path((Waypoint(0.5, 100), Waypoint(3.0, 20)), doppler=True)):
        heard = np.abs(move(clicks(times, 4.0), path, OPEN))
        for when in path.when_heard(times):
            around = slice(max(0, round((when - 0.02) * RATE)), round((when + 0.02) * RATE))
            assert around.start + heard[around].argmax() == pytest.approx(when * RATE, abs=0.002 * RATE)


def burst(seconds, seed=1):
    """Noise that is as loud throughout, so that its own onset and end are its first and last samples."""
    return np.sign(noise(seconds, seed)) * 0.9


def approaching(plan_of, name, metres):
    """Three words and a note by somebody who comes from so far to half a metre; the event, its path and the sound."""
    path = Path((Waypoint(0.0, metres), Waypoint(3.0, 0.5)))
    words = tuple(SceneWord(at, at + 0.5, word) for at, word in ((0.0, "far"), (1.9, "mid"), (2.5, "near")))
    fields = {"text": "far mid near", "words": words, "notes": (SceneNote(2.4, 2.9, 60, 100),)}
    where = place("train", name, 0)
    plan = plan_of([(burst(3.0), 2 * RATE, 0.5, path)], 8.0, where, fields={0: fields})
    assert Scene.from_json(plan.scene.to_json()) == plan.scene
    return plan.scene.events[0], plan.placements[0].cut / RATE, np.abs(render_all(plan))


@pytest.mark.parametrize(("name", "metres"), [("outdoors", 300.0), ("a living room", 5.0)])
def test_truth_of_a_moving_source_is_what_is_heard(plan_of, name, metres):
    event, _, sound = approaching(plan_of, name, metres)
    assert np.abs(sound).max() == pytest.approx(0.5, rel=0.01)
    loud = np.flatnonzero(sound >= 0.005)
    assert loud[0] == pytest.approx(event.start * RATE, abs=1)
    assert 0 <= event.end * RATE - loud[-1] < 480  # 30 ms: the cut at -40 dB is faded over 4 ms
    assert not sound[: round(event.start * RATE)].any()
    assert not sound[round(event.end * RATE) :].any()
    assert (event.path[0].time, event.path[-1].time) == (event.start, event.end)
    assert event.path[-1].metres == pytest.approx(0.5, abs=0.01)


def test_what_is_too_far_away_to_be_heard_is_not_told(plan_of):
    # 300 m away it lies 56 dB below its peak: the first word is lost, and what follows keeps its distances in time.
    event, cut, _ = approaching(plan_of, "outdoors", 300.0)
    assert 1.9 < cut < 2.4  # in the middle of the second
    assert event.text == "mid near"
    assert [word.start for word in event.words] == pytest.approx([event.start + at - cut for at in (cut, 2.5)])
    assert event.notes[0].start == pytest.approx(event.start + 2.4 - cut)
    assert event.path[0].metres == pytest.approx(300 - 299.5 / 3 * cut)
    event, cut, _ = approaching(plan_of, "a living room", 5.0)
    assert cut < 0.02
    assert event.text == "far mid near"


def test_a_path_is_told_in_the_time_of_hearing(plan_of):
    path = passing(4.0, 6.0, 25.0)
    event = plan_of([(burst(4.0), RATE, 0.5, path)], 8.0).scene.events[0]
    nearest = min(event.path, key=lambda point: point.metres)
    assert nearest.metres == pytest.approx(6.0, abs=0.3)
    assert nearest.time - event.start == pytest.approx(float(path.when_heard([2.0])[0]), abs=0.06)
    assert [point.time for point in event.path] == sorted({point.time for point in event.path})


def test_blocks_and_repetitions_give_the_same_samples(plan_of):
    where = place("train", "a stairwell", 2)
    parts = [
        (burst(3.0), RATE, 0.4, passing(3.0, 3.0, 15.0)),
        (burst(2.0, 2), 3 * RATE, 0.3, still(9.0)),
        (burst(1.0, 3), 5 * RATE, 0.3, None),
    ]
    plan = plan_of(parts, 9.0, where)
    whole = render_all(plan)
    for block in (977, 16_000):
        assert np.array_equal(np.concatenate(list(render(plan, block))), whole)
    assert np.array_equal(render_all(plan_of(parts, 9.0, where)), whole)


@pytest.mark.parametrize(
    ("points", "doppler", "message"),
    [
        ((), False, "a path without waypoints"),
        (((0, 0.1),), False, "a source 0.1 m away at 0 s; expected 0.2 to 2000 m"),
        (((0, -5),), False, "a source -5 m away"),
        (((0, float("nan")),), False, "a source nan m away"),
        (((float("inf"), 5),), False, "a source 5 m away at inf s"),
        (((1, 5), (1, 6)), False, "a waypoint at 1 s behind one at 1 s"),
        (((0, 5), (1, 400)), True, r"a source at 395 m/s; expected up to 80 m/s with Doppler"),
    ],
)
def test_impossible_paths(points, doppler, message):
    with pytest.raises(SceneError, match=message):
        Path(tuple(Waypoint(*point) for point in points), doppler)
