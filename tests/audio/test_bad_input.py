"""Each mistake gives one line: what was given, what was expected. Damage gives what is left, with a warning."""

import io
import logging
import os
import struct

import numpy as np
import pytest

from afnext.audio.clip import Clip
from afnext.audio.decode import decode, duration
from afnext.base.errors import AudioError


def message(source, **kwargs) -> str:
    with pytest.raises(AudioError) as caught:
        decode(source, **kwargs)
    text = str(caught.value)
    assert "\n" not in text
    return text


def wav(rate: int = 16_000, channels: int = 1, data: bytes = bytes(2000), kind: int = 1, bits: int = 16) -> bytes:
    """A wav file with any header, also an impossible one."""
    frame = channels * bits // 8
    form = struct.pack("<HHIIHH", kind, channels, rate, rate * frame & 0xFFFFFFFF, frame & 0xFFFF, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_the_helper_writes_a_good_wav_when_asked():
    assert len(decode(wav())) == 1000


def test_files_that_are_none(tmp_path):
    missing = tmp_path / "missing.wav"
    assert message(missing) == f"no such file: '{missing}'; expected an audio file; check the path"
    assert message(tmp_path) == f"'{tmp_path}' is a directory; expected an audio file; name a file in it"
    empty = tmp_path / "empty.wav"
    empty.touch()
    assert message(empty) == f"'{empty}' is empty (0 bytes); expected an audio file"
    assert message(b"") == "the audio in memory is empty (0 bytes); expected an audio file"
    assert message("a\0b.wav").endswith("cannot be read (embedded null byte); expected a readable audio file")
    assert "File name too long" in message("a" * 5000)
    assert message(os.devnull) == f"'{os.devnull}' is a device; expected an audio file"


def test_things_that_are_no_source(tmp_path):
    assert message(7).startswith(
        "a value of type int is not a recording; expected a path, bytes, a file opened with 'rb'"
    )
    assert message(None).startswith("a value of type NoneType is not a recording")
    text = tmp_path / "a.wav"
    text.write_text("hello")
    with open(text) as file:
        assert message(file).startswith(f"'{text}' is not a recording; expected a path, bytes, a file opened with 'rb'")


def test_text_named_wav(tmp_path):
    path = tmp_path / "diary.wav"
    path.write_text("Dear diary, today I recorded nothing.\n" * 100)
    assert message(path) == (
        f"'{path}' holds no audio that can be decoded; "
        "expected wav, flac, mp3, ogg, opus, m4a, aac, webm, mp4 or mkv; check the file"
    )
    assert duration(path) is None


@pytest.mark.parametrize(
    "data", [b"x", bytes(5000), bytes(range(256)) * 40, b"ID3", b"\xff\xfb", b"RIFF", b"fLaC", b"OggS"]
)
def test_bytes_that_are_no_recording(data):
    assert "holds no audio that can be decoded" in message(data) or "holds no samples" in message(data)


def test_truncated_mp3_gives_what_it_holds(write, sweep, caplog):
    path = write("a.mp3", sweep(10.0, 44_100, 2), 44_100, "libmp3lame")
    whole, data = decode(path), path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    with caplog.at_level(logging.WARNING, "afnext.audio"):
        part = decode(path)
    assert 5.5 < len(part) / 16_000 < 6.5
    assert np.abs(part[:-2000] - whole[: len(part) - 2000]).max() < 1e-5
    assert "breaks off after 6.0 of 10.0 s; what it holds is used" in caplog.text
    assert message(path, start=8.0).startswith("start 8 s lies beyond the end of")


def test_truncated_mp3_that_holds_nothing(write, sweep):
    data = write("a.mp3", sweep(2.0, 44_100), 44_100, "libmp3lame").read_bytes()
    assert message(data[:300]).startswith("the audio in memory holds no audio that can be decoded")


@pytest.mark.parametrize(
    "case",
    [
        ("a.mp3", "libmp3lame", 44_100, 1.0),
        ("a.flac", "", 44_100, 1.0),
        ("a.aac", "aac", 44_100, 1.0),
        ("a.webm", "libopus", 48_000, 5.5),  # to the next cluster
    ],
    ids=lambda case: case[0],
)
def test_damage_in_the_middle_costs_no_more_than_itself(write, sweep, caplog, case):
    name, codec, rate, lost = case
    data = bytearray(write(name, sweep(12.0, rate), rate, codec).read_bytes())
    whole, half = decode(bytes(data)), len(data) // 2
    data[half : half + 2000] = np.random.default_rng(0).bytes(2000)
    with caplog.at_level(logging.WARNING, "afnext.audio"):
        left = decode(bytes(data))
    assert len(whole) - lost * 16_000 < len(left) <= len(whole)
    assert np.abs(left[:64_000] - whole[:64_000]).max() < 1e-5
    assert "is damaged" in caplog.text or "breaks off" in caplog.text


def test_truncated_m4a_has_lost_its_index(write, sweep):
    data = write("a.m4a", sweep(5.0, 44_100), 44_100, "aac").read_bytes()
    assert "holds no audio that can be decoded" in message(data[: len(data) // 2])


def test_headers_that_cannot_be():
    assert "decoded; expected wav, flac" in message(wav(rate=0))
    assert message(wav(rate=1)) == "the rate of the audio in memory is 1 Hz; expected 1000 to 768000 Hz"
    assert message(wav(rate=4_000_000)).startswith("the rate of the audio in memory is 4e+06 Hz")
    assert "holds no" in message(wav(channels=0))
    assert "holds no" in message(wav(channels=65_535))
    assert "holds no" in message(wav(bits=200))


def test_no_samples():
    assert message(wav(data=b"")) == "the audio in memory holds no samples; expected a recording of some length"
    assert message(np.zeros(0), rate=16_000) == "the audio array holds no samples; expected a recording of some length"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30, 1e300])
@pytest.mark.parametrize("channels", [1, 2])
def test_samples_that_are_no_sound(write, bad, channels):
    samples = np.zeros((48_000, channels))
    samples[24_000, -1] = bad
    expected = "holds NaN, infinity or an absurd value at 1.50 s; expected finite samples"
    assert message(samples, rate=16_000) == f"the audio array {expected}"
    path = write("a.wav", samples, 16_000, subtype="DOUBLE")
    assert message(path) == f"'{path}' {expected}"


def test_arrays_without_a_usable_rate():
    samples = np.zeros(100)
    assert message(samples) == "the audio array comes without its rate; expected samples a second; give rate=..."
    assert message(samples, rate=0) == "the rate of the audio array is 0 Hz; expected 1000 to 768000 Hz"
    assert "is -16000 Hz" in message(samples, rate=-16_000)
    assert "is nan Hz" in message(samples, rate=float("nan"))
    assert message(samples, rate=22_050.5).endswith("is 22050.5; expected a whole number of samples a second")
    assert "a file knows its own" in message(wav(), rate=16_000)


def test_arrays_of_the_wrong_kind():
    for array in (np.zeros((2, 2, 2)), np.array(1.0), np.zeros(10, complex), np.zeros(10, bool), np.array(["a", "b"])):
        assert "expected real numbers of shape [samples] or [samples, channels]" in message(array, rate=16_000)


def test_video_without_sound(write, sweep):
    path = write("silent.mp4", sweep(1.0, 48_000), 48_000, "aac", video=True, sound=False)
    assert message(path).startswith(f"'{path}' holds no sound track that can be decoded; expected a recording (wav,")
    assert duration(path) is None


def test_a_codec_that_nobody_knows(write, sweep):
    data = write("a.mkv", sweep(1.0, 48_000), 48_000, "libopus").read_bytes()
    assert "holds no sound track that can be decoded" in message(data.replace(b"A_OPUS", b"A_OPUX"))


@pytest.mark.parametrize(("name", "codec"), [("a.wav", ""), ("a.mp3", "libmp3lame"), ("a.mp4", "aac")])
def test_a_start_beyond_the_end(write, sweep, name, codec):
    path = write(name, sweep(3.0, 48_000), 48_000, codec)
    for start in (3.5, 100.0, 9e8):
        expected = f"start {start:g} s lies beyond the end of '{path}'; expected a start within the recording"
        assert message(path, start=start) == expected


def test_impossible_parts():
    source = wav()
    behind = "expected an end at least one sample (1/16000 s) behind the start"
    assert message(source, start=5, end=4) == f"end 4 s is not behind start 5 s for the audio in memory; {behind}"
    assert behind in message(source, start=1, end=1)
    assert behind in message(source, start=1, end=1.00001)
    assert behind in message(source, end=0)
    expected = "start -1 s for the audio in memory; expected seconds from the recording's beginning"
    assert message(source, start=-1) == expected
    for time in (float("nan"), float("inf"), 1e300):
        assert message(source, start=time).startswith(f"start {time:g} s for the audio in memory")
        assert message(source, end=time).startswith(f"end {time:g} s for the audio in memory")


def test_a_clip_refuses_an_impossible_part_when_it_is_made():
    with pytest.raises(AudioError, match=r"end 4 s is not behind start 5 s for 'talk\.wav'"):
        Clip("talk.wav", start=5, end=4)
    with pytest.raises(AudioError, match=r"start -1 s for 'talk\.wav'"):
        Clip("talk.wav", start=-1)


def test_a_terminal_is_no_recording(monkeypatch):
    class Terminal(io.BytesIO):
        buffer = io.BytesIO()

        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal())
    expected = "standard input is a terminal; expected audio; pipe a recording into it or name a file"
    assert message("-") == expected
