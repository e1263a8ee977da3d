"""From a raw source to one that starts when it is first heard, ends when it is last heard, and peaks at 1."""

import numpy as np
from numpy.typing import NDArray

from afnext.audio.spec import HOP

FLOOR_DB = -40.0


def heard(samples: NDArray[np.floating], floor_db: float = FLOOR_DB) -> tuple[int, int]:
    """Where the 10 ms frames begin and end whose peak is within ``floor_db`` of the overall peak; (0, 0) if silent."""
    frames = -(-len(samples) // HOP)
    padded = np.zeros(frames * HOP, np.float32)
    padded[: len(samples)] = np.abs(samples)
    peaks = padded.reshape(frames, HOP).max(1, initial=0.0)
    loud = np.flatnonzero(peaks > peaks.max(initial=0.0) * 10 ** (floor_db / 20))
    if not len(loud):
        return 0, 0
    return int(loud[0]) * HOP, min(int(loud[-1] + 1) * HOP, len(samples))


def trim(samples: NDArray[np.floating], floor_db: float = FLOOR_DB) -> NDArray[np.float32]:
    """``samples`` [n] cut to what is heard and scaled to a peak of 1; empty if silent."""
    first, last = heard(samples, floor_db)
    return peak_one(samples[first:last])


def peak_one(samples: NDArray[np.floating]) -> NDArray[np.float32]:
    """``samples`` [n] less their mean, scaled to a peak of 1."""
    if not len(samples):
        return np.zeros(0, np.float32)
    centred = samples - samples.mean()
    peak = np.abs(centred).max()
    scaled: NDArray[np.float32] = (centred / peak if peak > 0 else centred).astype(np.float32)
    return scaled
