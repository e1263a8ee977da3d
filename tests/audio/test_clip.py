"""A clip is a value: made without reading, read again as often as asked."""

import dataclasses
import io

import numpy as np
import pytest

from afnext.audio.clip import Clip


def test_a_clip_is_its_part_of_the_recording(write, sweep):
    path = write("a.wav", sweep(6.0, 48_000, 2), 48_000)
    whole = Clip(path).samples()
    assert np.abs(Clip(path, 2.5, 4.0).samples() - whole[40_000:64_000]).max() < 1e-5
    assert np.abs(Clip(path, start=5.0).samples() - whole[80_000:]).max() < 1e-5
    assert len(whole) == 96_000


def test_a_clip_of_an_array_carries_its_rate(sweep):
    wave = sweep(2.0, 48_000, 2)
    assert len(Clip(wave, end=1.0, rate=48_000).samples()) == 16_000


def test_nothing_is_read_before_samples():
    assert Clip("not/there.wav", 1, 2).name == "'not/there.wav'"


def test_names(tmp_path):
    assert Clip("-").name == "standard input"
    assert Clip(b"...").name == "the audio in memory"
    assert Clip(np.zeros(3), rate=16_000).name == "the audio array"
    assert Clip(io.BytesIO()).name == "the audio file object"
    assert Clip(tmp_path / "a.wav").name == repr(str(tmp_path / "a.wav"))


def test_clips_are_values():
    assert Clip("a.wav", 1.0, 2.0) == Clip("a.wav", 1.0, 2.0)
    assert Clip("a.wav") != Clip("b.wav")
    with pytest.raises(dataclasses.FrozenInstanceError):
        Clip("a.wav").start = 3.0
