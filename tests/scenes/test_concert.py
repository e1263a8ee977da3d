"""Scenes of pieces: what the truth says about parts, beats, rests and lines is what sounds."""

import math
import pickle
import tracemalloc
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from afnext.base.errors import MissingToolError, SceneError
from afnext.scenes.acoustics.places import ROOMS, reverberate
from afnext.scenes.forms.concert import compose_piece
from afnext.scenes.forms.mix import Difficulty
from afnext.scenes.music.form import Wishes
from afnext.scenes.render import render, render_all
from afnext.scenes.scene import Scene
from afnext.scenes.spool import Spool

pytestmark = pytest.mark.scenes_tools
RATE = 16_000
DRY = Difficulty(background=0, reverberation=0)


def db(ratio):
    return 20 * math.log10(ratio)


def alone(plan, wanted):
    """The recording as it is with only those events for which ``wanted`` is true."""
    chosen = zip(plan.scene.events, plan.placements, strict=True)
    return render_all(replace(plan, placements=tuple(item for event, item in chosen if wanted(event)), noise=None))


@pytest.fixture(scope="module")
def band():
    """A piece for six, by chance without a singer, in the open."""
    return compose_piece(2, "train", 45, DRY, pieces=1, wishes=Wishes(parts=6, lines="none", tempo="step"))


@pytest.fixture(scope="module")
def song():
    """A song of the test world."""
    return compose_piece(4, "test", 40, DRY, pieces=1, wishes=Wishes(parts=3, lines="sung"))


def test_parts_sound_where_their_events_are_and_rest_elsewhere(band):
    scene, plan = band
    assert len({event.label for event in scene.events}) == 6
    for label in {event.label for event in scene.events}:
        sound = alone(plan, lambda event, label=label: event.label == label)
        mine = np.zeros(len(sound), bool)
        for event in scene.events:
            if event.label == label:
                first, last = round(event.start * RATE), round(event.end * RATE)
                mine[first:last] = True
                part = np.abs(sound[first:last])
                assert db(part.max()) == pytest.approx(event.level, abs=0.1)
                assert part[:160].max() > 0.008 * part.max()
                for note in event.notes:  # every note of it has energy
                    struck = sound[round(note.start * RATE) : round(note.start * RATE) + 1600]
                    assert np.abs(struck).max() > 0.002 * part.max()
        assert not sound[~mine].any()


def test_drums_fall_on_the_beats(band):
    """Onsets by a detector of the test's own: sudden energy above 2 kHz, against beats and half beats of the truth."""
    scene, plan = band
    sound = alone(plan, lambda event: event.label == "drums")
    spectrum = np.fft.rfft(sound)
    spectrum[: round(2000 / RATE * len(sound))] = 0
    power = np.fft.irfft(spectrum, len(sound))[: len(sound) // 80 * 80].reshape(-1, 80) ** 2
    loud = np.sqrt(power.mean(1))  # 5 ms
    rise = loud[1:] - np.array([loud[max(0, index - 8) : index].max() for index in range(1, len(loud))])
    onsets = [
        0.005 * (index + 1)
        for index in np.flatnonzero(rise > 0.1 * np.abs(loud).max())
        if rise[index] == rise[max(0, index - 8) : index + 9].max()
    ]
    piece = scene.pieces[0]
    beats = np.array([beat.time for beat in piece.beats])
    grid = np.sort(np.concatenate([beats, (beats[1:] + beats[:-1]) / 2]))
    assert len(onsets) > 40
    off = np.array([np.abs(grid - onset).min() for onset in onsets])
    assert np.mean(off < 0.03) > 0.99
    drums = [event for event in scene.events if event.label == "drums"]
    played = [beat for beat in beats if any(event.start - 0.01 <= beat < event.notes[-1].start for event in drums)]
    found = [np.abs(np.array(onsets) - beat).min() < 0.03 for beat in played]
    assert np.mean(found) > 0.9  # a soft cymbal right behind a loud one may be missed


def test_a_change_of_tempo_is_heard(band):
    """From note to note go whole halves of a beat of the tempo that is told, and not of the other one."""
    scene, _ = band
    piece = scene.pieces[0]
    notes = [note.start for event in scene.events if event.label != "guitar" for note in event.notes]
    onsets = np.unique(np.round(notes, 3))

    def fit(tempo, until, bpm):
        gaps = np.diff(onsets[(onsets >= tempo.time - 0.01) & (onsets < until - 0.01)])
        halves = gaps[gaps > 0.03] * bpm / 30
        assert len(halves) > 2
        return np.mean(np.abs(halves - np.round(halves)) < 0.04)

    for tempo, after in pairwise([*piece.tempos, None]):
        until = piece.end if after is None else after.time
        assert fit(tempo, until, tempo.bpm) > 0.95
        other = next(each.bpm for each in piece.tempos if each.bpm != tempo.bpm)
        assert fit(tempo, until, other) < 0.5
    assert len(piece.tempos) > 1


def test_the_truth_is_whole(band, song):
    for scene, _ in (band, song):
        assert Scene.from_json(scene.to_json()) == scene
        piece = scene.pieces[0]
        assert piece.events == tuple(range(len(scene.events)))
        assert piece.start == pytest.approx(min(scene.events[0].start, piece.beats[0].time))
        assert all(event.end <= piece.end + 1e-9 for event in scene.events)
        for stretches in (piece.sections, piece.dynamics):
            assert stretches[0].start == pytest.approx(piece.beats[0].time)
            assert all(one.end == other.start for one, other in pairwise(stretches))
        for event in scene.events:
            inside = [tempo.bpm for tempo in piece.tempos if tempo.time < event.notes[-1].end - 0.01]
            if event.kind == "music" and event.tempo is not None:
                assert event.tempo in inside
            if event.kind == "music" and len(piece.tempos) == 1:
                assert event.tempo == piece.tempos[0].bpm
            assert (event.key is None) or event.label != "drums"


def test_sung_lines_are_in_time_and_in_tune(song):
    scene, plan = song
    sound = alone(plan, lambda event: event.kind == "speech")
    lines = [event for event in scene.events if event.kind == "speech"]
    assert len(lines) > 2
    assert {event.speaker for event in lines} == {scene.speakers[0].name} == {"A"}
    assert {event.label for event in lines} == {f"a {scene.speakers[0].sex} singing"}
    beats = np.array([beat.time for beat in scene.pieces[0].beats])
    grid = np.sort(np.concatenate([beats, (beats[1:] + beats[:-1]) / 2]))
    right = total = 0
    for event in lines:
        assert " ".join(word.text for word in event.words) == event.text
        assert event.words[0].start == pytest.approx(event.start)
        assert event.words[-1].end <= event.end + 1e-9
        for note in event.notes:
            assert np.abs(grid - note.start).min() < 0.003
            hertz = 440 * 2 ** ((note.pitch - 69) / 12)
            part = sound[round((note.start + 0.06) * RATE) : round(min(note.end - 0.05, note.start + 0.25) * RATE)]
            match = np.fft.irfft(np.abs(np.fft.rfft(part, 4 * len(part))) ** 2)
            lags = np.arange(int(RATE / hertz / 1.3), int(RATE / hertz * 1.3) + 2)
            right += abs(12 * np.log2(RATE / lags[match[lags].argmax()] / hertz)) < 0.6
            total += 1
    assert right > 0.9 * total


def test_a_stream_is_the_whole_and_a_seed_its_sound(song):
    scene, plan = song
    whole = render_all(plan)
    assert np.abs(whole).max() <= 1
    assert np.array_equal(np.concatenate(list(render(plan, 12_345))), whole)
    again, fresh = compose_piece(4, "test", 40, DRY, pieces=1, wishes=Wishes(parts=3, lines="sung"))
    assert again == scene
    assert np.array_equal(render_all(fresh), whole)
    sent = replace(plan, sources=pickle.loads(pickle.dumps(plan.sources)))
    assert np.array_equal(render_all(sent), whole)


def test_pieces_in_a_row_in_a_room():
    scene, plan = compose_piece(
        5, "validation", 40, Difficulty(background=1, reverberation=1), pieces=3, wishes=Wishes(parts=2, lines="none")
    )
    assert scene.place in ROOMS
    assert scene.background is not None
    assert len(scene.pieces) == 3
    assert sorted(index for piece in scene.pieces for index in piece.events) == list(range(len(scene.events)))
    for one, other in pairwise(scene.pieces):
        assert other.start - one.end > 1.0
    sound = alone(plan, lambda event: True)
    for one, other in pairwise(scene.pieces):
        assert not sound[round(one.end * RATE) : round(other.start * RATE)].any()
        assert np.abs(sound[round(other.start * RATE) :][: RATE // 2]).max() > 0.003


def test_memory_holds_one_piece_at_a_time():
    wishes = Wishes(parts=2, lines="none")
    compose_piece(1, "train", 10, DRY, wishes=wishes)  # what is loaded once is not counted

    def peak(seconds, pieces):
        tracemalloc.start()
        _, plan = compose_piece(8, "train", seconds, DRY, pieces=pieces, wishes=wishes)
        samples = sum(len(part) for part in render(plan, RATE))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert samples == seconds * RATE
        return most

    assert peak(150, 5) < peak(30, 1) + 5_000_000  # the sounds of the four others would be 15 MB


def test_a_long_sound_is_put_into_a_room_in_blocks_without_a_seam():
    rng = np.random.default_rng(0)
    sound = rng.standard_normal(2**18 + 5000).astype(np.float32)
    response = rng.standard_normal(900).astype(np.float32)
    wet = reverberate(sound, response)
    assert len(wet) == len(sound) + 899
    for at in (0, 2**16 - 300, 2**17 + 10, 2**18, len(wet) - 400):
        first = max(0, at - 899)
        direct = np.convolve(sound[first : at + 400].astype(np.float64), response)
        assert np.allclose(wet[at : at + 400], direct[at - first : at - first + 400], atol=1e-3)


def test_a_spool_gives_back_what_it_took():
    rng = np.random.default_rng(0)
    blocks = [rng.standard_normal((count, 3)).astype(np.float32) for count in (100, 1, 57, 200)]
    spool = Spool(3)
    spool.extend(blocks)
    whole = np.concatenate(blocks)
    assert spool.length == 358
    for first, last in ((0, 358), (99, 102), (40, 41), (150, 400), (358, 360)):
        for column in range(3):
            read = spool.read(column, first, last)
            wanted = np.zeros(last - first)
            wanted[: max(0, 358 - first)] = whole[first:last, column]
            assert np.allclose(read, wanted, rtol=1e-3)


@pytest.mark.parametrize(("seconds", "pieces"), [(10, 1), (10, None), (20, 2), (31, 3)])
def test_as_many_as_can_be(seconds, pieces):
    """The tightest requests are met, in the longest reverberation too."""
    for seed in range(2):
        scene, _ = compose_piece(
            seed, "test", seconds, Difficulty(reverberation=1), pieces=pieces, wishes=Wishes(parts=2, lines="none")
        )
        assert len(scene.pieces) == (pieces or 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seconds": 9.9}, "music of 9.9 seconds; expected 10 to 1800 seconds"),
        ({"seconds": 1801}, "music of 1801 seconds"),
        ({"seconds": float("nan")}, "music of nan seconds"),
        ({"seed": -3}, "seed -3; expected 0 or more"),
        ({"pieces": 0}, "0 pieces in 20 seconds; expected 1 to 2"),
        ({"pieces": 3}, "3 pieces in 20 seconds; expected 1 to 2"),
        ({"world": "moon"}, "world 'moon'; expected one of"),
    ],
)
def test_impossible_requests(settings, message):
    asked = {"seed": 1, "world": "train", "seconds": 20, "difficulty": DRY} | settings
    with pytest.raises(SceneError, match=message):
        compose_piece(**asked)


def test_a_missing_program_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingToolError, match="fluidsynth is not installed; apt install fluidsynth"):
        compose_piece(1, "train", 20, DRY)
