"""Recordings made on the spot: a sweep known at every instant, in any container that libsndfile or FFmpeg writes."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
import torch

torch.set_num_threads(1)

LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}


def sweep(seconds: float, rate: int, channels: int = 1) -> np.ndarray:
    """[n, channels] float32: 300 Hz rising by 150 Hz a second, with a beat; channels differ in level around it."""
    t = np.arange(round(seconds * rate)) / rate
    wave = 0.4 * np.sin(2 * np.pi * (300 * t + 75 * t * t)) * (0.7 + 0.3 * np.sin(2 * np.pi * 1.3 * t))
    gains = 1 + 0.05 * (np.arange(channels) - (channels - 1) / 2)
    return (wave[:, None] * gains).astype(np.float32)


def write(
    path: Path, samples: np.ndarray, rate: int, codec: str = "", *, subtype: str | None = None, **kwargs: Any
) -> Path:
    """Write [n, channels] with libsndfile, or with FFmpeg if a ``codec`` is named."""
    if codec:
        return _mux(path, samples, rate, codec, **kwargs)
    with soundfile.SoundFile(path, "w", rate, samples.shape[1], subtype=subtype, **kwargs) as file:
        for start in range(0, len(samples), 4096):  # libsndfile's vorbis encoder overflows the stack on long blocks
            file.write(samples[start : start + 4096])
    return path


def _mux(
    path: Path,
    samples: np.ndarray,
    rate: int,
    codec: str,
    *,
    video: bool = False,
    sound: bool = True,
    options: dict[str, str] | None = None,
) -> Path:
    with av.open(str(path), "w", options=options or {}) as out:
        if video:
            picture = out.add_stream("mpeg4", rate=5)
            picture.width, picture.height, picture.pix_fmt = 32, 32, "yuv420p"
        if sound:
            layout = LAYOUTS[samples.shape[1]]
            track = out.add_stream(codec, rate=rate, layout=layout)
        if video:
            for index in range(int(len(samples) / rate * 5)):
                image = av.VideoFrame.from_ndarray(np.full((32, 32, 3), index % 255, np.uint8), format="rgb24")
                image.pts, image.time_base = index, Fraction(1, 5)
                out.mux(picture.encode(image))
            out.mux(picture.encode(None))
        if sound:
            convert = av.AudioResampler(format=track.codec_context.format.name, layout=layout, rate=rate)
            for start in range(0, len(samples), 4096):
                packed = np.ascontiguousarray(samples[start : start + 4096]).reshape(1, -1)
                frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
                frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
                for ready in convert.resample(frame):
                    out.mux(track.encode(ready))
            for ready in convert.resample(None):
                out.mux(track.encode(ready))
            out.mux(track.encode(None))
    return path


@pytest.fixture(name="sweep")
def _sweep() -> Callable[..., np.ndarray]:
    return sweep


@pytest.fixture(name="write")
def _write(tmp_path: Path) -> Callable[..., Path]:
    """``write("name.ext", samples, rate, codec, ...)`` into the test's own folder."""
    return lambda name, *args, **kwargs: write(tmp_path / name, *args, **kwargs)
