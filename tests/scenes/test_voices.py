"""Voices: speakers belong to one world, say what they are asked at the asked speed, and sound like their sex."""

import io
import subprocess
from itertools import combinations, pairwise
from typing import get_args

import numpy as np
import pytest
import soundfile

from afnext.base.errors import MissingToolError, SceneError
from afnext.scenes.scene import Emotion
from afnext.scenes.speech.delivery import delivery
from afnext.scenes.speech.effort import predictor, strain, whisper
from afnext.scenes.speech.voices import (
    ACCENTS,
    SPEAKERS,
    Voice,
    _espeak,
    _filled,
    _flite_sounds,
    pick_voice,
    speak,
    speakers,
    voices,
)
from afnext.scenes.talks import cast
from afnext.scenes.worlds import WORLDS

RATE = 16_000
TEXT = "peter opened the yellow window near the river"


def autocorrelations(sound):
    """Frames of 50 ms, each with its autocorrelation up to a lag of 300 samples, corrected for the window."""
    window = np.hanning(800)
    taper = np.fft.irfft(np.abs(np.fft.rfft(window, 2048)) ** 2)[:300]
    for start in range(0, len(sound) - 800, 400):
        frame = sound[start : start + 800] * window
        yield frame, np.fft.irfft(np.abs(np.fft.rfft(frame, 2048)) ** 2)[:300] / taper


def pitch(sound):
    """The median pitch in Hz by autocorrelation."""
    found = []
    for frame, match in autocorrelations(sound):
        lags = np.arange(46, 270)
        best = match[lags].max()
        higher = match[lags] >= np.maximum(match[lags - 1], match[lags + 1])
        peaks = lags[(match[lags] > 0.85 * best) & higher]
        if len(peaks) and best > 0.5 * match[0] and np.abs(frame).max() > 0.1:
            found.append(RATE / peaks[0])
    return float(np.median(found))


def test_the_worlds_share_no_speaker():
    for one, other in combinations(WORLDS, 2):
        assert not set(speakers(one)) & set(speakers(other))
    assert "flite:rms" in speakers("test")


def test_every_world_has_men_and_women_and_many_voices():
    for world in WORLDS:
        assert {voice.sex for voice in voices(world)} == {"man", "woman"}
        assert len(voices(world)) > 200
        assert len(set(voices(world))) == len(voices(world))


def test_every_speaker_is_picked():
    rng = np.random.default_rng(0)
    assert {pick_voice("train", rng).identity for _ in range(400)} == set(speakers("train"))
    assert pick_voice("test", np.random.default_rng(3)) == pick_voice("test", np.random.default_rng(3))


def test_a_missing_program_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    for world, engine in (("train", "espeak-ng"), ("test", "flite")):
        voice = next(voice for voice in voices(world) if voice.engine == engine)
        with pytest.raises(MissingToolError, match=f"{engine} is not installed; apt install {engine}"):
            speak(TEXT, voice)


@pytest.mark.parametrize("text", ["", "  ", "?!"])
def test_nothing_to_say_is_an_error(text):
    with pytest.raises(SceneError, match="at least one word"):
        speak(text, voices("train")[0])


@pytest.mark.scenes_tools
@pytest.mark.parametrize("world", WORLDS)
def test_speakers_sound_like_their_sex_and_are_reproducible(world):
    for mine in speakers(world).values():
        voice = mine[len(mine) // 2]
        sound = speak(TEXT, voice).samples
        assert np.array_equal(sound, speak(TEXT, voice).samples)
        assert sound.dtype == np.float32
        assert np.abs(sound).max() == pytest.approx(1, abs=1e-6)
        assert np.abs(sound[:160]).max() > 0.009
        assert (60 < pitch(sound) < 148) if voice.sex == "man" else (138 < pitch(sound) < 300)
        assert 1.5 < len(sound) / RATE < 3.5


@pytest.mark.scenes_tools
@pytest.mark.parametrize("world", WORLDS)
def test_a_faster_voice_takes_less_time_and_a_longer_sentence_more(world):
    for engine in {voice.engine for voice in voices(world)}:
        mine = [voice for voice in voices(world) if voice.engine == engine and voice.size == 1.0]
        slow = min(mine, key=lambda voice: voice.rate)
        fast = next(v for v in mine if (v.name, v.pitch) == (slow.name, slow.pitch) and v.rate == 175)
        ratio = len(speak(TEXT, slow).samples) / len(speak(TEXT, fast).samples)
        assert ratio == pytest.approx(175 / 130, rel=0.12)
        assert len(speak(TEXT + " today", slow).samples) > len(speak(TEXT, slow).samples) + 0.15 * RATE


@pytest.mark.scenes_tools
def test_every_speaker_and_accent_is_installed():
    # espeak-ng speaks with its default voice where it does not know the one asked for, and says nothing.
    def installed(kind):
        listing = subprocess.run(["espeak-ng", f"--voices={kind}"], capture_output=True, text=True, check=True).stdout
        return {word for line in listing.splitlines() for word in line.replace("!v/", " ").split()}

    assert {name for world in WORLDS for names in SPEAKERS[world].values() for name in names} <= installed("variant")
    assert set(ACCENTS) <= installed("en")


@pytest.mark.scenes_tools
def test_what_looks_like_an_option_or_a_command_is_only_said():
    for engine, name in (("espeak-ng", "en-us+m1"), ("flite", "slt")):
        assert len(speak("-o /dev/null $(exit 1) hello", Voice(engine, name, 160, 50, "man")).samples) > 0.5 * RATE


@pytest.mark.scenes_tools
@pytest.mark.parametrize("engine", ["espeak-ng", "flite"])
def test_words_begin_where_the_pauses_before_them_end(engine):
    text = "carry, potato, hammer, basket"
    echoing = ("m2", "f4")  # their pauses are not quiet
    each = {voice.identity: voice for voice in voices("train") if voice.engine == engine}
    for voice in (voice for name, voice in each.items() if not name.endswith(echoing)):
        said = speak(text, voice)
        assert [word.text for word in said.words] == text.split()
        assert said.words[0].start == 0
        assert said.words[-1].end == pytest.approx(len(said.samples) / RATE)
        for word, following in pairwise(said.words):
            assert word.end == following.start
            assert pause_end(said.samples, following.start) == pytest.approx(following.start, abs=0.13)


@pytest.mark.scenes_tools
def test_speech_sounds_are_counted_together_as_alone():
    """Against one start of flite a word; a quotation mark by itself is told as two utterances."""

    def alone(word):
        told = subprocess.run(
            ["flite", "-voice", "kal16", "-t", word, "-ps", "-o", "none"], capture_output=True, check=True
        )
        return sum(sound != "pau" for sound in told.stdout.decode().split())

    words = ["the", "cat's", "3.5", "dr.", "town,", "--", "(a)", "2024", "the"]
    wanted = [alone(word) for word in words]
    assert wanted[5] == 0 < min(wanted[:5])
    assert _flite_sounds(words) == wanted
    assert _flite_sounds(["cat's", '"', "thirteen", "dogs?"]) == [wanted[1], 0, alone("thirteen"), alone("dogs?")]
    assert _flite_sounds([]) == []


def pause_end(sound, near):
    """Where the pause of at least 60 ms ends whose end is nearest to ``near``, in seconds."""
    frames = np.abs(sound[: len(sound) // 160 * 160]).reshape(-1, 160).max(1) < 0.03
    edges = np.flatnonzero(np.diff(np.concatenate(([0], frames.astype(int), [0]))))
    return min((end / 100 for start, end in edges.reshape(-1, 2) if end - start >= 6), key=lambda end: abs(end - near))


def test_words_said_as_one_share_their_time_by_letters():
    starts = _filled("put in the box", {0: 0.0, 4: 0.4, 11: 1.0}, 2.0)
    assert starts == pytest.approx([0.0, 0.4, 0.4 + 0.6 * 3 / 7, 1.0])
    assert _filled("alone", {}, 2.0) == [0.0]
    assert _filled("in the", {0: 0.1}, 0.7) == pytest.approx([0.1, 0.4])


@pytest.mark.scenes_tools
def test_the_library_says_what_the_command_says():
    for name in ("en-us+m3", "en+f2"):
        command = ["espeak-ng", "-v", name, "-s", "160", "-p", "50", "--stdin", "--stdout"]
        wave = subprocess.run(command, input=TEXT.encode(), capture_output=True, check=True).stdout
        wanted, _ = soundfile.read(io.BytesIO(wave), dtype="float32")
        voice = Voice("espeak-ng", name, 160, 50, "man")
        samples, _, starts = _espeak(TEXT, voice, voice.size, delivery("plain", "neutral"))
        assert np.array_equal(samples, wanted)
        assert len(starts) == len(TEXT.split())


@pytest.mark.scenes_tools
def test_every_word_lasts_a_while():
    """espeak-ng gives wrong places behind short words ("it is" at 0 and 1), and ends with a pause."""
    for name in ("en+f3", "en-us+m5", "en-gb-x-rp+m5"):
        for text in ("and saturday it is", "okay let us say friday it is", "in the end it was on the table"):
            words = speak(text, Voice("espeak-ng", name, 160, 50, "man")).words
            assert [word.text for word in words] == text.split()
            assert min(word.end - word.start for word in words) > 0.04


def test_a_voice_that_is_not_there_is_named():
    with pytest.raises(SceneError, match="espeak-ng has no voice 'xx-nowhere'"):
        speak(TEXT, Voice("espeak-ng", "xx-nowhere", 160, 50, "man"))


def periodicity(sound):
    """The median over 50 ms frames that are loud of the highest autocorrelation at a lag of a pitch (60 to 400 Hz)."""
    found = []
    for frame, match in autocorrelations(sound):
        lags = [lag for lag in range(40, 268) if match[lag] >= max(match[lag - 1], match[lag + 1])]
        if np.sqrt(np.mean(frame**2)) > 0.03:
            found.append(max((match[lag] / match[0] for lag in lags), default=0.0))
    return float(np.median(found))


def bands(sound):
    """The loudness in dB of every 25 ms in 16 bands, each band less its mean: what is said, whatever the voice."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(sound, (0, 400)), 400)[::160] * np.hanning(400)
    power = np.abs(np.fft.rfft(frames, 512)) ** 2
    edges = np.geomspace(8, 250, 17).astype(int)
    loudness = 10 * np.log10(np.stack([power[:, a:b].sum(1) for a, b in pairwise(edges)], 1) + 1e-5)
    return loudness - loudness.mean(0)


def high_share(sound):
    """The part of the power above 700 Hz."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    return power[hertz > 700].sum() / power.sum()


def one_of_each_engine():
    return [
        Voice("espeak-ng", "en-us+m3", 160, 50, "man"),
        Voice("espeak-ng", "en+f2", 145, 50, "woman"),
        Voice("flite", "slt", 160, 180, "woman"),
        Voice("flite", "rms", 160, 100, "man"),
    ]


@pytest.mark.scenes_tools
@pytest.mark.parametrize("voice", one_of_each_engine(), ids=lambda voice: voice.name)
def test_a_whisper_has_no_pitch_and_says_the_same(voice):
    plain, whispered = speak(TEXT, voice), speak(TEXT, voice, "whispered")
    assert periodicity(plain.samples) > 0.75
    assert periodicity(whispered.samples) < 0.5
    assert np.array_equal(whispered.samples, speak(TEXT, voice, "whispered").samples)
    assert [word.text for word in whispered.words] == TEXT.split()
    # The same speech of the same length, plainly: what the whisper was made of.
    slow = whisper(plain.samples, 1)
    assert len(slow) == len(plain.samples)
    alike = np.corrcoef(bands(slow).ravel(), bands(plain.samples).ravel())[0, 1]
    shifted = np.corrcoef(np.roll(bands(slow), 20, 0).ravel(), bands(plain.samples).ravel())[0, 1]
    assert alike > 0.6 > shifted + 0.2


@pytest.mark.scenes_tools
@pytest.mark.parametrize("voice", one_of_each_engine(), ids=lambda voice: voice.name)
def test_a_shout_is_louder_higher_and_brighter(voice):
    plain, shouted = speak(TEXT, voice), speak(TEXT, voice, "shouted")
    assert delivery("shouted", "neutral").level > delivery("plain", "neutral").level + 6
    assert delivery("whispered", "neutral").level < delivery("plain", "neutral").level - 6
    assert high_share(shouted.samples) > 2 * high_share(plain.samples)
    assert 1.1 < pitch(shouted.samples) / pitch(plain.samples) < 1.45
    assert np.abs(shouted.samples).max() == pytest.approx(1, abs=1e-6)


@pytest.mark.scenes_tools
@pytest.mark.parametrize("voice", one_of_each_engine(), ids=lambda voice: voice.name)
def test_emotions_change_rate_and_pitch(voice):
    said = {emotion: speak(TEXT, voice, "plain", emotion).samples for emotion in get_args(Emotion)}
    assert np.array_equal(said["neutral"], speak(TEXT, voice).samples)
    seconds = {emotion: len(sound) for emotion, sound in said.items()}
    assert seconds["afraid"] < seconds["happy"] < seconds["neutral"] < seconds["sad"]
    height = {emotion: pitch(sound) for emotion, sound in said.items()}
    assert height["sad"] < height["neutral"] < height["happy"]
    assert max(height.values()) < 1.35 * height["neutral"]
    assert min(height.values()) > 0.8 * height["neutral"]
    levels = {emotion: delivery("plain", emotion).level for emotion in said}
    assert levels["sad"] < levels["neutral"] < levels["angry"]


@pytest.mark.scenes_tools
@pytest.mark.parametrize("voice", one_of_each_engine(), ids=lambda voice: voice.name)
def test_word_times_hold_in_every_manner(voice):
    # Between the sentences the sound falls, whatever the manner, and rises with the first word of the second.
    text = "peter opened the window. two bottles"
    for manner, emotion in (("plain", "neutral"), ("whispered", "neutral"), ("shouted", "angry"), ("plain", "sad")):
        said = speak(text, voice, manner, emotion)
        assert [word.text for word in said.words] == text.split()
        assert said.words[-1].end == pytest.approx(len(said.samples) / RATE)
        assert all(before.end == after.start for before, after in pairwise(said.words))
        after = said.words[4].start
        envelope = np.array([np.abs(said.samples[at : at + 160]).max() for at in range(0, len(said.samples), 160)])
        onset = round(after * 100)
        quiet = envelope[onset - 5 : onset + 2].min()
        assert quiet < 0.1, (manner, quiet)
        assert envelope[onset : onset + 25].max() > 4 * quiet, manner
        assert envelope[onset - 30 : onset - 10].max() > 2 * quiet, manner


def test_strain_and_whisper_keep_the_length():
    rng = np.random.default_rng(0)
    for length in (1, 37, 512, 16_001):
        noise = rng.standard_normal(length).astype(np.float32)
        assert len(strain(noise, 1.0)) == len(whisper(noise, 0)) == length
        assert np.isfinite(strain(noise, -0.4)).all()
        assert np.isfinite(whisper(noise, 0)).all()
    assert not np.array_equal(whisper(noise, 0), whisper(noise, 1))
    assert not whisper(np.zeros(4000, np.float32), 0).any()


def test_linear_prediction_finds_the_poles_of_a_known_filter():
    rng = np.random.default_rng(1)
    truth = np.array([1.0, -1.2, 0.8, -0.1])
    signal = np.zeros(20_000)
    for n in range(len(signal)):
        past = signal[max(n - 3, 0) : n][::-1]
        signal[n] = rng.standard_normal() - truth[1 : 1 + len(past)] @ past
    correlation = np.array([[signal[: len(signal) - lag] @ signal[lag:] for lag in range(19)]])
    poles, left = predictor(correlation)
    assert np.allclose(poles[0, :4], truth, atol=0.03)
    assert np.abs(poles[0, 4:]).max() < 0.05
    assert left[0] / len(signal) == pytest.approx(1, rel=0.05)


@pytest.mark.scenes_tools
def test_accents_keep_the_speaker():
    # After "en-gb" espeak-ng forgets the speaker, so that all of them are one; "en" is as British.
    for accent in {*ACCENTS, *cast.ACCENTS}:
        said = [speak("hello", Voice("espeak-ng", f"{accent}+{name}", 160, 50, "man")).samples for name in ("m1", "f2")]
        assert len(said[0]) != len(said[1]) or not np.array_equal(*said)


@pytest.mark.scenes_tools
@pytest.mark.parametrize("world", WORLDS)
def test_the_speakers_of_talks_are_installed_and_as_high_as_noted(world):
    for sex, names in cast.SPEAKERS[world].items():
        for name, hertz in names.items():
            voice = Voice("espeak-ng", f"en-us+{name}", 150, 50, sex)
            assert pitch(speak(TEXT, voice).samples) == pytest.approx(hertz, rel=0.08), name
