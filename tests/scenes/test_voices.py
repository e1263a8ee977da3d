"""Voices: speakers belong to one world, say what they are asked at the asked speed, and sound like their sex."""

import io
import subprocess
from itertools import combinations, pairwise

import numpy as np
import pytest
import soundfile

from afnext.base.errors import MissingToolError, SceneError
from afnext.scenes.voices import ACCENTS, SPEAKERS, Voice, _espeak, _filled, pick_voice, speak, speakers, voices
from afnext.scenes.worlds import WORLDS

RATE = 16_000
TEXT = "peter opened the yellow window near the river"


def pitch(sound):
    """The median pitch in Hz by autocorrelation of 50 ms frames, corrected for the window."""
    window = np.hanning(800)
    taper = np.fft.irfft(np.abs(np.fft.rfft(window, 2048)) ** 2)[:300]
    found = []
    for start in range(0, len(sound) - 800, 400):
        frame = sound[start : start + 800] * window
        match = np.fft.irfft(np.abs(np.fft.rfft(frame, 2048)) ** 2)[:300] / taper
        lags = np.arange(46, 270)
        best = match[lags].max()
        peaks = [lag for lag in lags if match[lag] > 0.85 * best and match[lag] >= max(match[lag - 1], match[lag + 1])]
        if peaks and best > 0.5 * match[0] and np.abs(frame).max() > 0.1:
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
    for name in ("en-us+m3", "en-gb+f2"):
        command = ["espeak-ng", "-v", name, "-s", "160", "-p", "50", "--stdin", "--stdout"]
        wave = subprocess.run(command, input=TEXT.encode(), capture_output=True, check=True).stdout
        wanted, _ = soundfile.read(io.BytesIO(wave), dtype="float32")
        samples, _, starts = _espeak(TEXT, Voice("espeak-ng", name, 160, 50, "man"))
        assert np.array_equal(samples, wanted[: len(samples)])
        assert not wanted[len(samples) :].any()
        assert len(starts) == len(TEXT.split())


def test_a_voice_that_is_not_there_is_named():
    with pytest.raises(SceneError, match="espeak-ng has no voice 'xx-nowhere'"):
        speak(TEXT, Voice("espeak-ng", "xx-nowhere", 160, 50, "man"))
