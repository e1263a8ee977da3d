"""The toolbox of waves, against sums and counts written out."""

import numpy as np
import pytest

from afnext.scenes.kinds import wave

RATE = 16_000


def test_a_buzz_is_the_sum_of_its_harmonics():
    frequency = np.linspace(210, 340, 4000)
    phase = 2 * np.pi * np.cumsum(frequency) / RATE
    plain = sum(2 * np.exp(-k * frequency / 800) * np.cos(k * phase) for k in range(1, 200))
    assert np.allclose(wave.buzz(frequency, 800), plain, atol=1e-9)


def test_a_resonance_lets_its_centre_through():
    white = np.random.default_rng(0).standard_normal(4 * RATE)
    heard = wave.through(white, (900, 60, 1.0), (3000, 200, 0.7))
    assert heard.std() == pytest.approx(1)
    power = np.abs(np.fft.rfft(heard)) ** 2
    hertz = np.fft.rfftfreq(len(heard), 1 / RATE)

    def mean(centre, width):
        return power[np.abs(hertz - centre) < width / 2].mean()

    assert mean(900, 20) == pytest.approx(mean(3000, 20) / 0.49, rel=0.3)
    assert mean(900, 20) == pytest.approx(2 * (mean(870, 8) + mean(930, 8)) / 2, rel=0.3)  # -3 dB at half the width
    assert mean(1700, 200) < 0.05 * mean(900, 20)


def test_beats_count_and_fall():
    envelope = wave.beats(np.full(RATE, 10.0), 3)
    starts = np.flatnonzero(np.diff(envelope) > 0.5)
    assert len(starts) in (9, 10)
    assert np.diff(starts) == pytest.approx(RATE / 10, abs=1)
    assert envelope.min() == pytest.approx(np.exp(-3), rel=0.01)


def test_a_struck_body_rings_with_its_modes():
    one, two = wave.ping(0.5, 500, 0.1), wave.ping(0.5, 1350, 0.05)
    assert np.allclose(wave.struck(0.5, 500, 0.1, [(1, 1, 1.0), (2.7, 0.5, 0.4)]), one + 0.4 * two)


def test_a_burst_is_noise_that_falls():
    rng = np.random.default_rng
    plain = wave.noise(rng(1), 0.3, 200, 2000, order=1) * np.exp(-np.arange(4800) / RATE / 0.05)
    assert np.allclose(wave.burst(rng(1), 0.3, 200, 2000, 0.05, order=1), plain)


def test_moments_are_as_many_as_asked_for_and_in_order():
    times = wave.moments(np.random.default_rng(3), 4, 25)
    assert len(times) == 100
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1] < 4


def test_shaken_wanders_about_one():
    factor = wave.shaken(np.random.default_rng(3), 20, 10, 0.1)
    assert 0.9 <= factor.min() < 0.93
    assert 1.07 < factor.max() <= 1.1
    assert factor.mean() == pytest.approx(1, abs=0.02)
