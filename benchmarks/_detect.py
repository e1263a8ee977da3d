"""Detectors that hear a recording and know nothing of how it was made: onsets, pitch, speech.

They share no code with what makes scenes, so where they agree with the truth about a scene, the sound says so. All
take 16 kHz mono, float32 [samples].
"""

import warnings
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from silero_vad import load_silero_vad

Sound = NDArray[np.float32]
RATE = 16_000

WINDOW, HOP = 256, 40
"""Samples of a frame of the onset detector, and from one to the next: 16 and 2.5 ms."""
BANDS = 16
LAG = 4
"""Hops over which a rise is measured."""
QUIET = 1e-7
"""Power of a band (-70 dB of full scale) below which it does not count."""
RISE = 1.0
"""Decibels by which the bands rise, on the average, where something begins."""

LONGEST_PERIOD = 512
"""Samples: 31 Hz."""
SPAN = 1024
"""Samples that are held against those one period later."""
STRIDE = 160
DIP = 0.12
"""Share of the mean difference below which two stretches are alike."""
LOUD = 0.01
"""Share of the energy of a note's loudest frame (-20 dB) from which on a frame tells its pitch."""

VAD_FRAME = 512
"""Samples (32 ms) that silero-vad judges as one."""


def onsets(sound: Sound, rise: float = RISE) -> NDArray[np.float64]:
    """Seconds at which something begins: the peaks of the spectral flux of log band energies, from ``rise`` dB on."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(sound, WINDOW), WINDOW)[::HOP]
    edges = np.unique(np.round(np.geomspace(1, WINDOW // 2 + 1, BANDS + 1)).astype(int))
    window = np.hanning(WINDOW).astype(np.float32)
    level = np.empty((len(frames), len(edges) - 1))
    for first in range(0, len(frames), 4096):
        power = np.abs(np.fft.rfft(frames[first : first + 4096] * window) / window.sum()) ** 2
        level[first : first + 4096] = 10 * np.log10(1 + np.add.reduceat(power, edges[:-1], axis=1) / QUIET)
    flux = np.maximum(0, level[LAG:] - level[:-LAG]).mean(1)
    peaks = 1 + np.flatnonzero((flux[1:-1] >= rise) & (flux[1:-1] > flux[:-2]) & (flux[1:-1] >= flux[2:]))
    return ((peaks + LAG / 2) * HOP - WINDOW / 2) / RATE  # halfway between the frames that differ, at their middle


def pitch(sound: Sound) -> float | None:
    """The MIDI pitch, with its fraction, of one note; None where nothing repeats or the note is below 96 ms.

    YIN (de Cheveigne and Kawahara, 2002) without its search around the best frame; the median of the loud frames.
    """
    if len(sound) < SPAN + LONGEST_PERIOD:
        return None
    frames = np.lib.stride_tricks.sliding_window_view(sound.astype(np.float64), SPAN + LONGEST_PERIOD)[::STRIDE]
    loudness = np.sum(frames**2, axis=1)
    frames = frames[loudness >= LOUD * loudness.max()]
    size = 1 << (SPAN + LONGEST_PERIOD).bit_length()
    ahead = np.fft.rfft(frames[:, :SPAN], size).conj() * np.fft.rfft(frames, size)
    alike = np.fft.irfft(ahead, size)[:, :LONGEST_PERIOD]
    until = np.cumsum(np.pad(frames**2, ((0, 0), (1, 0))), axis=1)
    energy = until[:, SPAN : SPAN + LONGEST_PERIOD] - until[:, :LONGEST_PERIOD]
    difference = np.maximum(energy[:, :1] + energy - 2 * alike, 0)[:, 1:]  # by lag, from 1
    mean = np.cumsum(difference, axis=1) / np.arange(1, LONGEST_PERIOD)
    found = [_period(row) for row in difference / np.maximum(mean, 1e-12)]
    periods = [period for period in found if period is not None]
    return 69 + 12 * float(np.log2(RATE / np.median(periods) / 440)) if periods else None


def _period(difference: NDArray[np.float64]) -> float | None:
    """The lag in samples of the first dip in a normalised difference, whose first place is lag 1."""
    left, middle, right = difference[:-2], difference[1:-1], difference[2:]
    dips = np.flatnonzero((middle < DIP) & (middle < left) & (middle <= right))
    if not len(dips):
        return None
    first = dips[0]
    bend = left[first] - 2 * middle[first] + right[first]
    return float(first + 2 + (left[first] - right[first]) / (2 * bend))


def speech_detector() -> Callable[[Sound], NDArray[np.bool_]]:
    """silero-vad: from a recording to whether somebody speaks in each whole frame of ``VAD_FRAME`` samples."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit.load` is deprecated", DeprecationWarning)
        model = load_silero_vad()

    def detect(sound: Sound) -> NDArray[np.bool_]:
        whole = sound[: len(sound) // VAD_FRAME * VAD_FRAME]
        with torch.inference_mode():
            spoken: NDArray[np.bool_] = model.audio_forward(torch.from_numpy(whole)[None], RATE)[0].numpy() >= 0.5
        return spoken

    return detect
