"""Log-mel against transformers' WhisperFeatureExtractor, whole and in part, alone and in batches."""

import threading
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader
from transformers import WhisperFeatureExtractor

from afnext.audio.mel import log_mel, mel_filters
from afnext.audio.spec import SAMPLE_RATE, WINDOW_FRAMES, WINDOW_SAMPLES, mel_frames

REFERENCE = WhisperFeatureExtractor(feature_size=128)


def reference(*samples: np.ndarray) -> torch.Tensor:
    """[windows, 128, 3000]."""
    features: torch.Tensor = REFERENCE(list(samples), sampling_rate=SAMPLE_RATE, return_tensors="pt")["input_features"]
    return features


@cache
def _speech(seed: int) -> np.ndarray:
    n = WINDOW_SAMPLES
    rng = np.random.default_rng(seed)
    t = np.arange(n) / SAMPLE_RATE
    phase = 2 * np.pi * np.cumsum(120 + 25 * np.sin(2 * np.pi * 0.7 * t)) / SAMPLE_RATE
    voice = sum(
        np.sin(k * phase) * (np.exp(-(((120 * k - 600) / 300) ** 2)) + 0.3 * np.exp(-(((120 * k - 1800) / 500) ** 2)))
        for k in range(1, 20)
    )
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * t), 0, 1)
    return (0.2 * voice * syllables + 0.002 * rng.standard_normal(n)).astype(np.float32)


def speech(n: int, seed: int = 0) -> np.ndarray:
    """Harmonics of a wandering voice, in syllables, through two formants, with breath."""
    return _speech(seed)[:n].copy()


def music(n: int) -> np.ndarray:
    """A chord of decaying notes, twice a second."""
    t = np.arange(n) / SAMPLE_RATE
    chord = sum(np.sin(2 * np.pi * f * t) for f in (110.0, 220.0, 277.18, 329.63, 659.26, 2637.0, 7040.0))
    return (0.1 * chord * np.exp(-4 * (t % 0.5))).astype(np.float32)


def click(n: int) -> np.ndarray:
    samples = np.zeros(n, np.float32)
    samples[n // 3] = 1.0
    return samples


FULL, SHORT = WINDOW_SAMPLES, 159
SOUNDS = {
    "speech": speech(FULL),
    "music": music(FULL),
    "silence": np.zeros(FULL, np.float32),
    "clipping": np.clip(30 * music(FULL), -1, 1),
    "click": click(FULL),
    "faint": 1e-6 * speech(FULL),
    "loud at its very end": np.concatenate([1e-3 * speech(FULL - 30), np.ones(30, np.float32)]),
    "shorter than one hop": speech(SHORT, seed=1),
    "one sample": np.ones(1, np.float32),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_equals_the_reference(name):
    samples = SOUNDS[name]
    got = log_mel(torch.from_numpy(samples))
    assert got.shape == (128, WINDOW_FRAMES)
    assert (got - reference(samples)[0]).abs().max() < 1e-4


def test_filters_equal_the_reference():
    assert np.abs(mel_filters().numpy().T - REFERENCE.mel_filters).max() < 1e-12


# 29.975 s is where the mirror at the window's end begins to see sound, 29.9975 s where frame 2999 does.
LENGTHS = [0.4, 5.0, 29.9, 29.974, 29.975, 29.976, 29.99, 29.9974, 29.9975, 29.9976, 30.0]


@pytest.mark.parametrize("seconds", LENGTHS)
def test_a_part_is_the_leading_frames_of_the_whole(seconds):
    n = round(seconds * SAMPLE_RATE)
    samples = speech(n)
    samples[-20:] += 0.8  # the last frames matter, to the floor and to the mirror
    whole = reference(samples)[0]
    for frames in (1, mel_frames(n) // 2, mel_frames(n), min(WINDOW_FRAMES, mel_frames(n) + 5), 2999, 3000):
        part = log_mel(torch.from_numpy(samples), frames)
        assert part.shape == (128, frames)
        assert (part - whole[:, :frames]).abs().max() < 1e-6


def test_the_floor_is_that_of_the_whole_window():
    """A loud end raises the floor under a quiet beginning, also where only the beginning is wanted."""
    samples = np.concatenate([1e-5 * speech(80_000), music(80_000)])
    part = log_mel(torch.from_numpy(samples), 100)
    assert (part - reference(samples)[0][:, :100]).abs().max() < 1e-6
    assert (part - log_mel(torch.from_numpy(samples[:80_000]), 100)).abs().max() > 0.1


def test_a_silent_window_lies_at_its_floor():
    for n in (0, 1, 400, 80_000, WINDOW_SAMPLES):
        assert torch.equal(log_mel(torch.zeros(n), 50), torch.full((128, 50), -1.5))


def test_the_last_frame_sees_the_mirror():
    """The case that a zero-padded shortcut gets wrong: sound in the last 41 samples, mirrored into frame 2999."""
    samples = np.zeros(WINDOW_SAMPLES, np.float32)
    samples[-40:] = 0.5
    whole = reference(samples)[0]
    got = log_mel(torch.from_numpy(samples))
    assert (got - whole).abs().max() < 1e-6
    unmirrored = (
        torch.stft(
            torch.from_numpy(np.concatenate([samples, np.zeros(400, np.float32)])),
            400,
            160,
            window=torch.hann_window(400),
            return_complex=True,
        )[:, 2999].abs()
        ** 2
    )
    power = mel_filters().float() @ unmirrored
    assert (power.log10() / 4 + 1 - whole[:, 2999]).abs().max() > 0.05


def test_batches_equal_single_windows():
    batch = torch.from_numpy(np.stack([speech(48_000, seed) for seed in range(4)]).reshape(2, 2, 48_000)).clone()
    batch[1, 1] = 0.0
    together = log_mel(batch, 310)
    assert together.shape == (2, 2, 128, 310)
    for i in range(2):
        for j in range(2):
            assert torch.equal(together[i, j], log_mel(batch[i, j], 310))
    assert (together.reshape(4, 128, 310) - reference(*batch.reshape(4, -1).numpy())[..., :310]).abs().max() < 1e-6


class TestThreads:
    """Windows are made side by side, and nobody's threads are others afterwards."""

    @pytest.fixture
    def three(self) -> Iterator[None]:
        """Torch may use three threads in this one."""
        before = torch.get_num_threads()
        torch.set_num_threads(3)
        yield
        torch.set_num_threads(before)

    @staticmethod
    def elsewhere(work: Callable[[], object]) -> object:
        """What ``work`` gives in a thread that begins now."""
        given: list[object] = []
        thread = threading.Thread(target=lambda: given.append(work()))
        thread.start()
        thread.join()
        return given[0]

    @pytest.mark.usefixtures("three")
    def test_the_bits_do_not_depend_on_company_or_threads(self):
        batch = torch.from_numpy(np.stack([speech(FULL, seed) for seed in range(5)]))
        together = log_mel(batch)
        alone = [log_mel(window) for window in batch]
        torch.set_num_threads(1)
        for window, among, by_itself in zip(batch, together, alone, strict=True):
            assert torch.equal(among, by_itself)
            assert torch.equal(among, log_mel(window))

    @pytest.mark.usefixtures("three")
    def test_the_number_of_threads_is_what_it_was(self):
        log_mel(torch.zeros(4, 16_000))
        assert torch.get_num_threads() == 3
        assert self.elsewhere(torch.get_num_threads) == 3

    @pytest.mark.usefixtures("three")
    def test_a_thread_that_cannot_be_started_is_an_error_and_no_wait(self, monkeypatch):
        start, started = threading.Thread.start, []

        def second_fails(thread: threading.Thread) -> None:
            started.append(thread)
            if len(started) == 2:
                raise RuntimeError("can't start new thread")
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", second_fails)
        with pytest.raises(RuntimeError, match="can't start new thread"):
            log_mel(torch.zeros(4, 16_000))
        monkeypatch.undo()
        assert not started[0].is_alive()
        assert self.elsewhere(torch.get_num_threads) == 3

    @pytest.mark.usefixtures("three")
    def test_in_inference_mode(self):
        with torch.inference_mode():
            inside = log_mel(torch.ones(2, 16_000))
        assert torch.equal(inside, log_mel(torch.ones(2, 16_000)))

    @pytest.mark.usefixtures("three")
    def test_in_a_thread_and_in_a_worker_process(self):
        batch = torch.from_numpy(np.stack([speech(16_000, seed) for seed in range(3)]))
        want = log_mel(batch)
        assert torch.equal(self.elsewhere(lambda: log_mel(batch)), want)  # type: ignore[arg-type]
        (made,) = DataLoader([batch], batch_size=None, num_workers=1, collate_fn=log_mel)
        assert torch.equal(made, want)


def test_autocast_does_not_touch_it():
    samples = torch.from_numpy(speech(16_000))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = log_mel(samples, 100)
    assert torch.equal(inside, log_mel(samples, 100))


def test_half_precision_samples_are_computed_in_full():
    samples = torch.from_numpy(speech(16_000)).bfloat16()
    assert torch.equal(log_mel(samples, 100), log_mel(samples.float(), 100))


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_on_a_gpu():
    batch = torch.from_numpy(np.stack([speech(480_000), music(480_000)]))
    assert (log_mel(batch.cuda()).cpu() - log_mel(batch)).abs().max() < 1e-3


def test_our_own_mistakes_are_asserted():
    with pytest.raises(AssertionError, match="cut first, mel after"):
        log_mel(torch.zeros(WINDOW_SAMPLES + 1))
    with pytest.raises(AssertionError, match="3001 frames wanted of 3000"):
        log_mel(torch.zeros(10), 3001)
