"""Pieces as written: chords hold the notes, choruses come back, tempos change, and nobody plays out of range."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from afnext.base.errors import SceneError
from afnext.scenes.music.form import Wishes
from afnext.scenes.music.instruments import INSTRUMENTS
from afnext.scenes.music.lyrics import CLASSES, FORMS
from afnext.scenes.music.piece import write_piece
from afnext.scenes.worlds import WORLDS

# The tests' own spelling.
ROOTS = dict(zip(["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"], range(12), strict=True))
SHAPES = {"major": {0, 4, 7}, "minor": {0, 3, 7}, "diminished": {0, 3, 6}, "dominant seventh": {0, 4, 7, 10}}
SCALES = {"major": {0, 2, 4, 5, 7, 9, 11}, "minor": {0, 2, 3, 5, 7, 8, 10, 11}}
SECONDS = (10, 14, 25, 60, 110, 240)


def spelt(name):
    root, _, quality = name.partition(" ")
    return {(ROOTS[root] + step) % 12 for step in SHAPES[quality]}


def at(stretches, time):
    """The name of the stretch around ``time``; None where there is none."""
    return next((name for start, end, name in stretches if start <= time < end), None)


@pytest.fixture(scope="module")
def scores():
    """Many pieces of all worlds and lengths."""
    return [write_piece(seed, WORLDS[seed % 3], SECONDS[seed % 6 if seed % 5 else 3]) for seed in range(60)]


def test_a_piece_fills_its_time(scores):
    for seed, score in enumerate(scores):
        asked = SECONDS[seed % 6 if seed % 5 else 3]
        assert asked * 0.5 <= score.form.seconds <= asked


@pytest.mark.parametrize("world", WORLDS)
def test_the_shortest_time_is_enough_in_every_world_and_metre(world):
    for seed in range(16):
        score = write_piece(seed, world, 7, Wishes(metre=(3, 4, 5, 6)[seed % 4]))
        assert score.form.seconds <= 7
        assert len(score.sections) >= 2


def test_a_piece_is_reproducible():
    for seed in range(6):
        assert write_piece(seed, "test", 40) == write_piece(seed, "test", 40)
    assert write_piece(0, "test", 40) != write_piece(1, "test", 40)


def test_chords_hold_the_notes_that_sound(scores):
    heard = 0
    for score in scores:
        for part in score.parts:
            for note in part.notes:
                if part.role in {"chords", "pad", "bass"}:
                    for time in (note.start + 0.06, note.end - 0.01):
                        name = at(score.chords, max(note.start, min(time, note.end - 0.004)))
                        if name is not None:
                            assert note.pitch % 12 in spelt(name), (score.seed, part.role, note, name)
                            heard += 1
                elif part.role == "counter" and (name := at(score.chords, note.start + 0.01)):
                    assert note.pitch % 12 in spelt(name)
    assert heard > 10_000


def test_where_a_chord_is_told_somebody_plays_all_of_it(scores):
    """Over the whole of a chord, the tones of the parts that play chords are the chord's, all of them."""
    whole = total = 0
    for score in scores:
        notes = [note for part in score.parts if part.role in {"chords", "pad"} for note in part.notes]
        for start, end, name in score.chords:
            sounding = {note.pitch % 12 for note in notes if start - 0.01 <= note.start < end - 0.01}
            whole += sounding == spelt(name)
            total += 1
    assert whole >= 0.98 * total  # quick broken chords may not come round


def test_tunes_stand_on_the_chord_where_the_bar_begins_and_in_the_key_elsewhere(scores):
    for score in scores:
        bars = [beat.time for beat in score.beats if beat.number == 1]
        melody = next(part for part in score.parts if part.role == "melody")
        for note in melody.notes:
            key = at(score.keys, note.start + 0.01)
            tonic, _, mode = key.partition(" ")
            assert (note.pitch - ROOTS[tonic]) % 12 in SCALES[mode]
            name = at(score.chords, note.start + 0.01)
            if name and min(abs(note.start - bar) for bar in bars) < 0.005:
                assert note.pitch % 12 in spelt(name)


def in_beats(score, notes, start, end):
    """Beat within the section, length in beats, and pitch of the notes that begin in it."""
    times = [beat.time for beat in score.beats] + [score.form.seconds]
    first = np.interp(start, times, range(len(times)))
    rows = []
    for note in notes:
        if start - 0.005 <= note.start < end - 0.02:
            begin, until = np.interp([note.start, note.end], times, range(len(times)))
            rows.append((begin - first, until - begin, note.pitch))
    return np.array(rows)


def test_a_chorus_comes_back_note_for_note(scores):
    compared = 0
    for score in scores:
        choruses = [stretch for stretch in score.sections if stretch.name == "chorus"]
        for part in score.parts:
            rows = [in_beats(score, part.notes, start, end) for start, end, _ in choruses]
            keys = [ROOTS[at(score.keys, start + 0.01).split()[0]] for start, _, _ in choruses]
            for (one, key), (other, moved) in combinations(zip(rows, keys, strict=True), 2):
                if not len(one) or not len(other):
                    assert part.role == "melody"  # of a song without any place for its instrument
                    continue
                lift = 0 if part.drums else (moved - key) % 12
                assert len(one) == len(other), (score.seed, part.role)
                assert np.array_equal(one[:, 2] + lift, other[:, 2])
                assert np.abs(one[:, :2] - other[:, :2]).max() < 0.05  # strummed strings do not slow with the beat
                compared += len(one)
    assert compared > 5000


def test_a_chorus_has_the_same_words_and_verses_have_others():
    score = write_piece(3, "train", 150, Wishes(lines="sung", metre=4))
    texts = {name: [] for name in ("verse", "chorus")}
    for start, end, name in score.sections:
        mine = [line.text for line in score.lines if start - 0.01 <= line.notes[0].start < end - 0.01]
        if name in texts:
            texts[name].append(mine)
        else:
            assert not mine
    assert len(texts["chorus"]) > 1
    assert all(lines == texts["chorus"][0] for lines in texts["chorus"])
    assert all(one != other for one, other in combinations(texts["verse"], 2))


def test_lines_have_a_note_for_each_syllable():
    known = {}
    for phrase in " ".join([*(p for ps in CLASSES.values() for p in ps), *FORMS]).split():
        known[phrase.replace("-", "").lower()] = 1 + phrase.count("-")
    for seed in range(12):
        score = write_piece(seed, "validation", 60, Wishes(lines="spoken" if seed % 2 else "sung"))
        assert score.lines
        for line in score.lines:
            assert len(line.notes) == sum(known[word] for word in line.text.split())
            assert all(one.end == other.start for one, other in pairwise(line.notes))
            assert all(note.end - note.start >= 0.15 for note in line.notes)
            assert (line.notes[0].pitch > 0) == score.sung == (seed % 2 == 0)
        for one, other in pairwise(score.lines):
            assert other.notes[0].start - one.notes[-1].end > 0.25  # to breathe


def test_sung_notes_lie_where_the_voice_does():
    for seed in range(10):
        score = write_piece(seed, "train", 60, Wishes(lines="sung"))
        low, high = {"man": (43, 60), "woman": (52, 69)}[score.singer.sex]
        assert all(low <= note.pitch <= high for line in score.lines for note in line.notes)


def test_beats_go_by_the_tempo(scores):
    for score in scores:
        times = np.array([beat.time for beat in score.beats])
        assert [beat.number for beat in score.beats] == [1 + n % score.form.metre for n in range(len(times))]
        starts = np.array([tempo.time for tempo in score.tempos])
        bpm = np.array([tempo.bpm for tempo in score.tempos])
        here = bpm[np.searchsorted(starts, times[:-1] + 0.005) - 1]
        assert np.abs(np.diff(times) - 60 / here).max() < 0.0021


def test_a_ritardando_slows_and_a_step_does_not_come_back_in_the_same_section():
    for seed in range(8):
        slowing = write_piece(seed, "train", 40, Wishes(tempo="ritardando"))
        gaps = np.diff([beat.time for beat in slowing.beats])
        assert gaps[-1] > 1.25 * gaps[0]
        assert np.all(np.diff(gaps) > -0.005)
        stepping = write_piece(seed, "train", 40, Wishes(tempo="step"))
        tempos = stepping.tempos
        assert len(tempos) > 1
        borders = [start for start, _, _ in stepping.sections]
        for one, other in pairwise(tempos):
            assert abs(np.log(other.bpm / one.bpm)) > 0.11
            assert min(abs(other.time - border) for border in borders) < 0.003
        assert len(write_piece(seed, "train", 40, Wishes(tempo="steady")).tempos) == 1


def test_sections_follow_each_other_and_dynamics_are_heard_in_velocities(scores):
    loud = {"soft": [], "medium": [], "loud": []}
    for score in scores:
        assert score.sections[0].start == 0
        assert score.sections[-1].end == pytest.approx(score.form.seconds)
        assert all(one.end == other.start for one, other in pairwise(score.sections))
        for part in score.parts:
            for note in part.notes:
                name = at(score.dynamics, note.start + 0.005)
                if part.role == "melody" and name in loud:
                    loud[name].append(note.velocity)
        for start, end, name in score.dynamics:
            if name == "crescendo" and end - start > 5:
                third = (end - start) / 3
                for part in score.parts:
                    early = [n.velocity for n in part.notes if start <= n.start < start + third]
                    late = [n.velocity for n in part.notes if end - third <= n.start < end]
                    assert not early or not late or np.mean(late) > np.mean(early) + 15
    assert max(loud["soft"]) < min(loud["medium"])
    assert max(loud["medium"]) < min(loud["loud"])


def test_parts_keep_to_their_range_world_and_keys(scores):
    for score in scores:
        assert len({part.instrument for part in score.parts}) == len(score.parts) >= 2
        for part in score.parts:
            family = INSTRUMENTS[part.instrument]
            assert part.patch in family.patches[score.world]
            assert all(family.low - 24 <= note.pitch <= family.high or part.drums for note in part.notes)
            assert all(20 <= note.velocity <= 127 and note.end > note.start >= 0 for note in part.notes)
            assert [note.start for note in part.notes] == sorted(note.start for note in part.notes)
            for pitch in {note.pitch for note in part.notes}:
                mine = [note for note in part.notes if note.pitch == pitch]
                assert all(one.end <= other.start for one, other in pairwise(mine))


def test_worlds_share_no_patch_no_singer_and_no_tempo():
    made = {world: [write_piece(seed, world, 20, Wishes(tempo="steady")) for seed in range(60)] for world in WORLDS}
    heard = {
        world: (
            {part.identity for score in scores for part in score.parts}
            | {score.singer.identity for score in scores if score.singer}
            | {score.tempos[0].bpm for score in scores}
        )
        for world, scores in made.items()
    }
    for one, other in combinations(WORLDS, 2):
        assert not heard[one] & heard[other]
    assert len({score.key.name for scores in made.values() for score in scores}) == 24


@pytest.mark.parametrize("metre", [3, 4, 5, 6])
def test_wishes_are_met(metre):
    for seed, parts in enumerate((2, 3, 4, 5, 6)):
        wishes = Wishes(metre=metre, mode="minor", parts=parts, modulates=bool(seed % 2), lines="none")
        score = write_piece(seed, "train", 45, wishes)
        assert score.form.metre == metre
        assert score.key.mode == "minor"
        assert len(score.parts) == parts
        assert (len(score.keys) > 1) == bool(seed % 2)
        assert not score.lines


def test_everything_happens(scores):
    """Nothing is so rare that a set of scenes would lack it."""
    assert {score.form.metre for score in scores} == {3, 4, 5, 6}
    assert {len(score.parts) for score in scores} == {2, 3, 4, 5, 6}
    assert {name for score in scores for _, _, name in score.sections} == {
        "intro",
        "verse",
        "chorus",
        "bridge",
        "outro",
    }
    assert {name for score in scores for _, _, name in score.dynamics} == {"soft", "medium", "loud", "crescendo"}
    kinds = {name.split(" ", 1)[1] for score in scores for _, _, name in score.chords}
    assert kinds == set(SHAPES)
    assert sum(len(score.keys) > 1 for score in scores) > 10
    assert sum(len(score.tempos) > 1 for score in scores) > 20
    assert sum(bool(score.lines) for score in scores) > 15


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seconds": 6}, "a piece of 6 seconds; expected 7 to 240 seconds"),
        ({"seconds": float("nan")}, "a piece of nan seconds"),
        ({"seed": -1}, "seed -1"),
        ({"world": "moon"}, "world 'moon'; expected one of train, validation, test"),
        (
            {"wishes": Wishes(metre=6, modulates=True)},
            r"a piece of 9 seconds \(metre 6, modulates True\); expected more",
        ),
    ],
)
def test_impossible_pieces(settings, message):
    asked = {"seed": 1, "world": "train", "seconds": 9} | settings
    with pytest.raises(SceneError, match=message):
        write_piece(**asked)


def test_wishes_refuse_nonsense():
    for nonsense in ({"parts": 1}, {"parts": 7}, {"metre": 7}, {"lines": "hummed"}, {"swing": True}):
        with pytest.raises(ValueError, match=next(iter(nonsense))):
            Wishes(**nonsense)
