"""Voices moved to notes: the pitch and the time of every syllable, on a voice made by hand and on real ones."""

from itertools import pairwise

import numpy as np
import pytest

from afnext.scenes.forms.performance import say
from afnext.scenes.music.lyrics import CLASSES, FORMS, SYLLABLES, draw_line
from afnext.scenes.music.singing import sing
from afnext.scenes.music.song import pick_singer
from afnext.scenes.scene import SceneWord
from afnext.scenes.speech.pitch import analyse, pulses
from afnext.scenes.speech.voices import pick_voice

RATE = 16_000


def vowel(hertz, seconds):
    """Pulses through two resonances."""
    sound = np.zeros(int(seconds * RATE))
    sound[(np.arange(0, seconds * hertz - 1e-9) * RATE / hertz).astype(int)] = 1
    for centre, width in ((600, 80), (1400, 120)):
        radius, angle = np.exp(-np.pi * width / RATE), 2 * np.pi * centre / RATE
        out = np.zeros(len(sound) + 2)
        for index, value in enumerate(sound):
            out[index] = value + 2 * radius * np.cos(angle) * out[index - 1] - radius**2 * out[index - 2]
        sound = out[:-2]
    return sound / np.abs(sound).max()


def autocorrelation_pitch(sound, near):
    """The pitch in Hz within half an octave of ``near``, from the lag at which the sound best matches itself."""
    sound = sound - sound.mean()
    match = np.fft.irfft(np.abs(np.fft.rfft(sound, 4 * len(sound))) ** 2)
    lags = np.arange(int(RATE / near / 1.4), int(RATE / near * 1.4) + 2)
    lag = lags[match[lags].argmax()]
    before, at, after = match[lag - 1 : lag + 2]
    return RATE / (lag + (before - after) / (2 * (before - 2 * at + after)))


@pytest.fixture(scope="module")
def two_syllables():
    """A hiss and a vowel of 120 Hz, twice: the words "sa" and "fa"."""
    rng = np.random.default_rng(0)
    parts = [0.1 * rng.standard_normal(1600), vowel(120, 0.2), 0.1 * rng.standard_normal(1600), vowel(125, 0.3)]
    words = (SceneWord(0.0, 0.3, "sa"), SceneWord(0.3, 0.7, "fa"))
    return np.concatenate(parts).astype(np.float32), words


def test_pitch_and_voicing_are_found(two_syllables):
    sound, _ = two_syllables
    frames = analyse(sound)
    assert not frames.period[1:8].any()
    assert np.abs(RATE / frames.period[13:28] - 120).max() < 2
    marks = pulses(sound, frames)
    inside = marks[(marks > 0.12 * RATE) & (marks < 0.28 * RATE)]
    assert np.abs(np.diff(inside) - RATE / 120).max() < 3


@pytest.mark.parametrize("pitch", [43, 50, 57, 62])
def test_a_vowel_is_sung_at_its_note(two_syllables, pitch):
    sound, words = two_syllables
    notes = [(1.0, 1.5), (1.5, 2.4)]
    sung = sing(sound, words, (1, 1), notes, (pitch, pitch + 4))
    zero = 1.0 - sung.lead
    for (start, end), high in zip(notes, (pitch, pitch + 4), strict=True):
        hertz = 440 * 2 ** ((high - 69) / 12)
        part = sung.samples[round((start - zero + 0.05) * RATE) : round((end - zero - 0.2) * RATE)]
        assert autocorrelation_pitch(part[: RATE // 4], hertz) == pytest.approx(hertz, rel=0.01)
    # The hiss comes before the beat and the vowel on it.
    assert sung.lead == pytest.approx(0.1, abs=0.04)
    loud = np.convolve(sung.samples**2, np.ones(160) / 160, "same")
    assert loud[round(sung.lead * RATE) + 800] > 4 * loud[round(sung.lead * RATE) - 800]
    assert [word.text for word in sung.words] == ["sa", "fa"]
    assert sung.words[0].start == 0
    assert sung.words[0].end == sung.words[1].start == pytest.approx(1.5 - zero - 0.1, abs=0.05)
    assert sung.words[1].end == pytest.approx(len(sung.samples) / RATE)


def test_the_colour_of_the_vowel_stays(two_syllables):
    """The resonances do not move with the pitch: the spectrum's strongest regions lie where they lay."""
    sound, words = two_syllables
    high = sing(sound, words, (1, 1), [(0.5, 1.0), (1.0, 1.5)], (57, 57)).samples
    part = high[round(0.2 * RATE) : round(0.5 * RATE)]
    power = np.abs(np.fft.rfft(part * np.hanning(len(part)))) ** 2
    hertz = np.fft.rfftfreq(len(part), 1 / RATE)
    bands = {centre: power[np.abs(hertz - centre) < 150].sum() for centre in (600, 1000, 1400, 2200)}
    assert bands[600] > 3 * bands[1000]
    assert bands[1400] > 3 * bands[2200]


def test_speech_in_rhythm_keeps_its_melody(two_syllables):
    sound, words = two_syllables
    spoken = sing(sound, words, (1, 1), [(0.2, 0.8), (0.8, 1.3)], None)
    part = spoken.samples[round((spoken.lead + 0.1) * RATE) : round((spoken.lead + 0.4) * RATE)]
    assert autocorrelation_pitch(part, 120) == pytest.approx(120, rel=0.02)


def test_lines_are_as_long_as_asked():
    rng = np.random.default_rng(0)
    for count in range(SYLLABLES[0], SYLLABLES[1] + 1):
        assert draw_line(rng, count, count).syllables == count
    text = " ".join(draw_line(rng, 4, 11).text for _ in range(300))
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyz ")
    assert all(slot.strip("<>") in CLASSES for form in FORMS for slot in form.split() if slot.startswith("<"))


@pytest.mark.scenes_tools
def test_real_voices_sing_in_tune():
    rng = np.random.default_rng(5)
    right = total = 0
    for world in ("train", "validation", "test"):
        for _ in range(3):
            voice = pick_singer(world, rng)
            lines = [draw_line(rng, 5, 8) for _ in range(3)]
            said = say([line.text for line in lines], voice)
            for line in lines:
                speech = said[line.text]
                assert speech.words[0].start == 0
                assert speech.words[-1].end == pytest.approx(len(speech.samples) / RATE)
                starts = 0.5 + 0.4 * np.arange(line.syllables + 1)
                notes = list(pairwise(starts.tolist()))
                low = 45 if voice.sex == "man" else 55
                pitches = [low + int(step) for step in rng.choice([0, 2, 4, 5, 7, 9], line.syllables)]
                sung = sing(speech.samples, speech.words, [count for _, count in line.words], notes, pitches)
                assert [word.text for word in sung.words] == line.text.split()
                assert all(one.end == other.start for one, other in pairwise(sung.words))
                for (start, _), pitch in zip(notes, pitches, strict=True):
                    first = round((start - 0.5 + sung.lead + 0.06) * RATE)
                    hertz = 440 * 2 ** ((pitch - 69) / 12)
                    found = autocorrelation_pitch(sung.samples[first : first + 2400], hertz)
                    right += abs(12 * np.log2(found / hertz)) < 0.5
                    total += 1
    assert right >= 0.93 * total


@pytest.mark.scenes_tools
def test_lines_said_in_one_breath_are_the_lines():
    """Each is about as long as when it is said alone, and begins and ends with sound."""
    voice = pick_voice("train", np.random.default_rng(3))
    said = say(["give me the red rose tonight", "follow me", "give me the red rose tonight"], voice)
    assert list(said) == ["give me the red rose tonight", "follow me"]
    for text, speech in said.items():
        assert len(speech.words) == len(text.split())
        loud = np.abs(speech.samples) > 0.009 * np.abs(speech.samples).max()
        assert loud[:400].any()
        assert loud[-400:].any()
        assert 0.12 * len(text.split()) < len(speech.samples) / RATE < 0.6 * len(text.split())
