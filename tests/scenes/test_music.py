"""Music: notes follow the key, sound at the pitch and time they claim, and no recording is in two worlds."""

import struct
from dataclasses import replace
from itertools import combinations

import numpy as np
import pretty_midi
import pytest

from afnext.base.errors import MissingToolError, SceneError
from afnext.scenes.music import phrases
from afnext.scenes.music.instruments import CYMBALS, INSTRUMENTS
from afnext.scenes.music.phrases import SCALES, TONICS, Note, Phrase, phrase, play, play_many
from afnext.scenes.tools import sound_font
from afnext.scenes.worlds import WORLDS

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


@pytest.mark.parametrize("instrument", INSTRUMENTS)
@pytest.mark.parametrize("world", WORLDS)
def test_a_phrase_is_reproducible_and_as_long_as_asked(instrument, world):
    for seed in range(5):
        seconds = 1.0 + seed
        made = phrase(instrument, world, np.random.default_rng(seed), seconds)
        assert made == phrase(instrument, world, np.random.default_rng(seed), seconds)
        assert made.patch in INSTRUMENTS[instrument].patches[world]
        assert made.notes[0].start == 0
        assert [note.start for note in made.notes] == sorted(note.start for note in made.notes)
        assert all(note.end > note.start for note in made.notes)
        assert made.seconds == pytest.approx(seconds, abs=0.4)
        assert 72 <= made.tempo <= 152


@pytest.mark.parametrize("instrument", PITCHED)
def test_every_note_belongs_to_the_key(instrument):
    for seed in range(20):
        made = phrase(instrument, "train", np.random.default_rng(seed), 4.0)
        tonic, mode = made.key.split()
        scale = {(TONICS.index(tonic) + step) % 12 for step in SCALES[mode]}
        assert {note.pitch % 12 for note in made.notes} <= scale


@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_notes_begin_on_the_beat(instrument):
    made = phrase(instrument, "test", np.random.default_rng(1), 5.0)
    strum = INSTRUMENTS[instrument].strum * len(INSTRUMENTS[instrument].chord)
    for note in made.notes:
        quarters = note.start * made.tempo / 60 * 4
        assert quarters % 1 * 15 / made.tempo <= strum + 1e-3 or 1 - quarters % 1 < 0.01


def test_the_worlds_share_no_patch():
    for family in INSTRUMENTS.values():
        for one, other in combinations(WORLDS, 2):
            assert family.patches[one]
            assert not set(family.patches[one]) & set(family.patches[other])


def test_tempos_of_worlds_lie_apart_and_keys_are_all_used():
    made = {w: [phrase("piano", w, np.random.default_rng(s), 1.0) for s in range(300)] for w in WORLDS}
    assert len({one.key for one in made["train"]}) == 24
    assert not {one.tempo for one in made["test"]} & {one.tempo for one in made["train"]}


def test_an_unknown_instrument_and_an_impossible_time_are_errors():
    with pytest.raises(SceneError, match="instrument 'kazoo'; expected one of piano, "):
        phrase("kazoo", "train", np.random.default_rng(0), 2.0)
    for seconds in (0.0, -1.0, 1e9, float("nan")):
        with pytest.raises(SceneError, match=r"expected 0\.3 to 60 s"):
            phrase("piano", "train", np.random.default_rng(0), seconds)


def test_a_missing_program_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingToolError, match="fluidsynth is not installed; apt install fluidsynth"):
        play(phrase("piano", "train", np.random.default_rng(0), 1.0))


def test_the_score_says_what_the_phrase_says(tmp_path):
    made = [phrase(name, "train", np.random.default_rng(2), 2.0) for name in ("guitar", "drums")]
    phrases._write_midi(made, np.array([0.0, 5.0, 9.0]), tmp_path / "score.mid")
    read = pretty_midi.PrettyMIDI(str(tmp_path / "score.mid"))
    for at, one, track in zip((0.0, 5.0), made, read.instruments, strict=True):
        assert (track.program, track.is_drum) == (one.patch, one.instrument == "drums")
        wanted = sorted((note.start + at, note.pitch) for note in one.notes)
        heard = sorted((note.start, note.pitch) for note in track.notes)
        assert np.abs(np.array(wanted) - np.array(heard)).max() < 2e-3


@pytest.mark.scenes_tools
@pytest.mark.parametrize("instrument", PITCHED)
def test_a_played_note_has_its_pitch_and_time(instrument):
    family = INSTRUMENTS[instrument]
    patch = {"organ": 20, "mallets": 11}.get(instrument, family.patches["train"][0])  # not all sound their fundamental
    pitch = (family.low + family.high) // 2
    hertz = 440 * 2 ** ((pitch - 69) / 12)
    one = Phrase(instrument, patch, 100, "C major", (Note(0.0, 1.0, pitch, 100),))
    sound = play(one)
    assert np.abs(sound).max() == pytest.approx(1, abs=1e-6)
    assert np.abs(sound[: RATE // 20]).max() > 0.01
    assert autocorrelation_pitch(sound[1600:8000], hertz) == pytest.approx(hertz, rel=0.015)


@pytest.mark.scenes_tools
def test_notes_sound_when_they_should():
    hits = tuple(Note(at, at + 0.1, 38, 110) for at in (0.0, 0.5, 1.25, 2.0))
    sound = play(Phrase("drums", 0, 100, "", hits))
    loud = np.flatnonzero(np.abs(sound) > 0.3) / RATE
    onsets = loud[np.diff(loud, prepend=-1) > 0.2]
    assert np.abs(onsets - [0.0, 0.5, 1.25, 2.0]).max() < 0.02


@pytest.mark.scenes_tools
def test_playing_many_is_playing_each():
    rng = np.random.default_rng(8)
    made = [phrase(name, world, rng, 1.0) for world in WORLDS for name in ("piano", "drums", "bass", "flute")]
    together = play_many(made)
    assert len(together) == len(made)
    for index in (0, 1, 5, 11):
        alone = play(made[index])
        shorter = min(len(alone), len(together[index]))
        assert abs(len(alone) - len(together[index])) <= 320
        assert np.corrcoef(alone[:shorter], together[index][:shorter])[0, 1] > 0.95
    assert np.array_equal(together[3], play_many(made)[3])


def test_nothing_to_play_is_nothing():
    assert play_many([]) == []


@pytest.mark.scenes_tools
def test_a_patch_is_heard():
    one = phrase("brass", "train", np.random.default_rng(1), 1.0)
    first, second = (play(replace(one, patch=patch)) for patch in (56, 57))
    shorter = min(len(first), len(second))
    assert not np.allclose(first[:shorter], second[:shorter], atol=0.05)


def sound_font_tables(path):
    """The preset tables of a SoundFont 2 file, read by its specification: name -> list of records."""
    layouts = {"phdr": "<20sHHHIII", "pbag": "<HH", "pgen": "<HH", "inst": "<20sH", "ibag": "<HH", "igen": "<HH"}
    tables = {}
    with open(path, "rb") as file:
        file.seek(12)
        while head := file.read(12):
            size, kind = struct.unpack("<I4s", head[4:])
            if kind != b"pdta":
                file.seek(size - 4 + size % 2, 1)
                continue
            end = file.tell() + size - 4
            while file.tell() < end:
                name, length = struct.unpack("<4sI", file.read(8))
                body = file.read(length)
                if name.decode() in layouts:
                    tables[name.decode()] = list(struct.iter_unpack(layouts[name.decode()], body))
    return tables


def recordings(tables, bank, program, pitches):
    """The sample numbers that a preset uses for any of ``pitches``."""

    def zones(bags, generators, first, last):
        for bag in range(first, last):
            yield dict(tables[generators][tables[bags][bag][0] : tables[bags][bag + 1][0]])

    instrument, key_range, sample = 41, 43, 53
    used = set()
    presets, instruments = tables["phdr"], tables["inst"]
    for index, preset in enumerate(presets[:-1]):
        if preset[1:3] != (program, bank):
            continue
        for outer in zones("pbag", "pgen", preset[3], presets[index + 1][3]):
            if instrument not in outer:
                continue
            number = outer[instrument]
            for inner in zones("ibag", "igen", instruments[number][1], instruments[number + 1][1]):
                spans = [zone.get(key_range, 127 << 8) for zone in (outer, inner)]
                low, high = max(span & 255 for span in spans), min(span >> 8 for span in spans)
                if sample in inner and any(low <= pitch <= high for pitch in pitches):
                    used.add(inner[sample])
    return used


@pytest.mark.scenes_tools
@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_the_worlds_share_no_recording_of_the_sound_font(instrument):
    tables = sound_font_tables(sound_font())
    family = INSTRUMENTS[instrument]
    used = {}
    for world in WORLDS:
        pitches = (36, 38, *CYMBALS[world]) if instrument == "drums" else range(family.low - 24, family.high + 1)
        bank = 128 if instrument == "drums" else 0
        used[world] = set().union(*(recordings(tables, bank, patch, pitches) for patch in family.patches[world]))
        assert used[world]
    for one, other in combinations(WORLDS, 2):
        assert not used[one] & used[other]
