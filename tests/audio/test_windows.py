"""Cutting into windows: starts, valid lengths, tokens, padding kept; against the reference, padded to 30 s."""

import numpy as np
import pytest
import torch
from transformers import WhisperFeatureExtractor

from afnext.audio.spec import MAX_TOKENS, WINDOW_SAMPLES, audio_tokens, encoder_frames, mel_frames
from afnext.audio.windows import KEEP_PADDING, MADE_TOGETHER, count_tokens, kept_frames, stack, windows

REFERENCE = WhisperFeatureExtractor(feature_size=128)


def noise(n: int) -> np.ndarray:
    rng = np.random.default_rng(n)
    return (0.1 * rng.standard_normal(n) * np.linspace(0.01, 1.0, n)).astype(np.float32)


def reference(samples: np.ndarray) -> tuple[list[torch.Tensor], list[int]]:
    """Every window's padded log-mel and valid frames, cut as the published processor cuts."""
    pieces = [samples[i : i + WINDOW_SAMPLES] for i in range(0, len(samples), WINDOW_SAMPLES)]
    out = REFERENCE(pieces, sampling_rate=16_000, return_tensors="pt", return_attention_mask=True)
    return list(out["input_features"]), out["attention_mask"].sum(-1).tolist()


@pytest.mark.parametrize("seconds", [0.4, 5.0, 29.9, 29.99, 30.0, 61.0])
def test_windows_are_those_of_the_reference(seconds):
    samples = noise(round(seconds * 16_000))
    got = list(windows(samples, start=100.0))
    mels, frames = reference(samples)
    assert [window.frames for window in got] == frames
    assert [window.start for window in got] == [100.0 + 30.0 * i for i in range(len(got))]
    for window, mel in zip(got, mels, strict=True):
        kept = window.mel.shape[1]
        assert kept == kept_frames(window.frames) <= 3000
        assert (window.mel - mel[:, :kept]).abs().max() < 1e-6


def test_two_encoder_frames_of_padding_are_kept():
    (window,) = windows(noise(5 * 16_000))
    assert window.frames == 500
    assert encoder_frames(window.mel.shape[1]) == encoder_frames(window.frames) + KEEP_PADDING


def test_what_is_too_short_for_a_token_is_left_out():
    """30.01 s: the last 160 samples are one mel frame, no token."""
    assert [window.tokens for window in windows(noise(WINDOW_SAMPLES + 160))] == [750]
    assert [window.tokens for window in windows(noise(WINDOW_SAMPLES + 321))] == [750, 1]
    assert list(windows(noise(320))) == []
    assert list(windows(noise(0))) == []


@pytest.mark.parametrize("n", [0, 1, 159, 160, 161, 320, 321, 6400, 479_999, 480_000, 480_001, 480_321, 976_000])
def test_tokens_are_counted_as_they_are_made(n):
    assert count_tokens(n) == sum(window.tokens for window in windows(torch.zeros(n)))


def test_tokens_are_those_of_the_published_processor():
    """It applies its formula to the sum of valid frames over all windows."""
    for n in [*range(1, 5000, 37), *range(479_000, 481_500, 53), 9_600_000, 28_800_000]:
        frames = sum(mel_frames(min(WINDOW_SAMPLES, n - i)) for i in range(0, n, WINDOW_SAMPLES))
        assert count_tokens(n) == ((frames - 1) // 2 + 1 - 2) // 2 + 1
    assert count_tokens(1800 * 16_000) == MAX_TOKENS == 60 * audio_tokens(3000)


def test_stacked_windows_continue_as_silence():
    samples = [noise(16_000), noise(5 * 16_000), noise(479_999)]
    some = [next(windows(piece)) for piece in samples]
    mel, frames, starts = stack(some)
    assert mel.shape == (3, 128, 3000)
    assert frames.tolist() == [100, 500, 3000]
    assert starts.tolist() == [0.0, 0.0, 0.0]
    for row, piece in zip(mel, samples, strict=True):
        assert (row - reference(piece)[0][0]).abs().max() < 1e-6


def test_windows_come_a_few_at_a_time():
    """Half an hour of them would be 92 MB; the sound itself is never copied whole."""
    made, sound = [], torch.zeros(1800 * 16_000)
    stream = windows(sound)
    for window in stream:
        made.append(window.start)
        if len(made) == MADE_TOGETHER + 1:
            break
    assert made == [30.0 * number for number in range(MADE_TOGETHER + 1)]
    assert window.mel.untyped_storage().nbytes() == MADE_TOGETHER * 128 * 3000 * 4
