"""Decoding against the sweep's own formula at 16 kHz: containers, rates, sample types, channels, parts, and memory."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soxr
import torch

from afnext.audio.decode import decode, duration

SECONDS = 3.0

# name, codec ("" for libsndfile), rate, channels, largest error, samples at 16 kHz that the codec may add
CONTAINERS = [
    ("plain.wav", "", 44_100, 2, 1e-3, 0),
    ("plain.flac", "", 48_000, 2, 1e-3, 0),
    ("plain.aiff", "", 32_000, 1, 1e-3, 0),
    ("vorbis.ogg", "", 44_100, 2, 0.05, 0),
    ("voice.opus", "libopus", 48_000, 1, 0.1, 0),
    ("song.mp3", "libmp3lame", 44_100, 2, 0.05, 0),
    ("song.m4a", "aac", 44_100, 2, 0.1, 800),
    ("surround.m4a", "aac", 48_000, 6, 0.1, 800),
    ("cinema.m4a", "aac", 48_000, 8, 0.15, 800),
    ("cinema.mkv", "flac", 48_000, 8, 1e-3, 0),
    ("page.webm", "libopus", 48_000, 2, 0.1, 0),
    ("film.mp4", "aac", 48_000, 2, 0.1, 800),
    ("film.mkv", "libopus", 48_000, 2, 0.1, 0),
    ("film.mov", "pcm_s16le", 22_050, 2, 1e-3, 0),
    ("wide.wav", "pcm_s64le", 16_000, 1, 1e-3, 0),
]


def middle(samples: np.ndarray) -> np.ndarray:
    """Without the first and last half second, where codecs and filters settle."""
    return samples[8000 : round(SECONDS * 16_000) - 8000]


@pytest.mark.parametrize("case", CONTAINERS, ids=lambda case: case[0])
def test_containers(write, sweep, case):
    name, codec, rate, channels, tolerance, extra = case
    options = {"video": True} if name.startswith("film") else {}
    path = write(name, sweep(SECONDS, rate, channels), rate, codec, **options)
    got, want = decode(path), sweep(SECONDS, 16_000)[:, 0]
    assert got.dtype == np.float32
    assert got.flags.writeable
    assert 0 <= len(got) - len(want) <= extra
    assert np.abs(middle(got) - middle(want)).max() < tolerance


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 96_000, 192_000])
def test_rates(write, sweep, rate):
    got = decode(write("a.wav", sweep(SECONDS, rate), rate))
    want = sweep(SECONDS, 16_000)[:, 0]
    assert len(got) == len(want)
    assert np.abs(middle(got) - middle(want)).max() < 1e-3


@pytest.mark.parametrize(
    ("subtype", "tolerance"),
    [
        ("PCM_U8", 1e-2),
        ("PCM_16", 1e-4),
        ("PCM_24", 1e-6),
        ("PCM_32", 1e-6),
        ("FLOAT", 1e-6),
        ("DOUBLE", 1e-6),
        ("ULAW", 2e-2),
    ],
)
@pytest.mark.parametrize("channels", [1, 6])
def test_sample_types(write, sweep, subtype, tolerance, channels):
    got = decode(write("a.wav", sweep(1.0, 16_000, channels), 16_000, subtype=subtype))
    assert np.abs(got - sweep(1.0, 16_000)[:, 0]).max() < tolerance


@pytest.mark.parametrize(("name", "codec"), [("a.wav", ""), ("a.m4a", "alac")])
def test_stereo_is_averaged_not_summed(write, name, codec):
    both = np.stack([np.full(16_000, 0.5), np.full(16_000, 0.1)], axis=1).astype(np.float32)
    got = decode(write(name, both, 16_000, codec))
    assert np.abs(got - 0.3).max() < 1e-4


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float16, np.float32, np.float64, ">i2"])
def test_arrays(sweep, dtype):
    wave = sweep(1.0, 16_000, 2)
    kind = np.dtype(dtype)
    if kind.kind == "f":
        given = wave.astype(kind)
    else:
        half = 2.0 ** (8 * kind.itemsize - 1)
        given = (wave.astype(np.float64) * (half - 1) + (half if kind.kind == "u" else 0)).astype(kind)
    want = sweep(1.0, 16_000)[:, 0]
    for layout in (given, given.T, given[:, :1] if kind.kind == "f" else given):
        tolerance = 2e-2 if kind.itemsize == 1 else 1e-3
        reference = wave[:, 0] if layout.shape == (16_000, 1) else want
        assert np.abs(decode(layout, rate=16_000) - reference).max() < tolerance


def test_an_array_is_not_changed_and_not_shared(sweep):
    wave = sweep(1.0, 16_000)[:, 0]
    before = wave.copy()
    decode(wave, rate=16_000)[:] = 0
    assert np.array_equal(wave, before)
    assert np.array_equal(decode(torch.from_numpy(wave), rate=16_000), wave)


def test_long_sound_is_resampled_as_in_one_go(sweep):
    """Blocks leave no seam: 30 s of stereo at 44.1 kHz are several blocks."""
    wave = sweep(30.0, 44_100, 2)
    want = soxr.resample(wave.mean(axis=1), 44_100, 16_000, "HQ")
    assert np.abs(decode(wave, rate=44_100) - want).max() < 1e-5


PARTS = [
    ("a.wav", "", 44_100, {}),
    ("a.flac", "", 48_000, {}),
    ("a.ogg", "", 44_100, {}),
    ("a.mp3", "libmp3lame", 44_100, {}),
    ("bare.mp3", "libmp3lame", 44_100, {"options": {"write_xing": "0"}}),
    ("a.opus", "libopus", 48_000, {}),
    ("a.m4a", "aac", 44_100, {}),
    ("a.aac", "aac", 44_100, {}),
    ("a.mp4", "aac", 48_000, {"video": True}),
    ("a.ts", "aac", 48_000, {"video": True}),
]


@pytest.mark.parametrize("case", PARTS, ids=lambda case: case[0])
def test_a_part_is_what_it_is_in_the_whole(write, sweep, case):
    name, codec, rate, options = case
    path = write(name, sweep(8.0, rate, 2), rate, codec, **options)
    whole = decode(path)
    for start, end in ((0.731, 2.5), (5.123, 6.2), (7.5, 60.0), (3.0, None)):
        part = decode(path, start=start, end=end)
        want = whole[round(start * 16_000) : None if end is None else round(end * 16_000)]
        assert len(part) == len(want)
        assert np.abs(part - want).max() < 1e-5


def test_a_part_of_an_array(sweep):
    wave = sweep(12.0, 44_100, 2)
    whole = decode(wave, rate=44_100)
    part = decode(wave, rate=44_100, start=7.3, end=8.1)
    assert np.abs(part - whole[round(7.3 * 16_000) : round(8.1 * 16_000)]).max() < 1e-5


def test_a_part_of_matroska_is_within_its_millisecond(write, sweep):
    path = write("a.webm", sweep(12.0, 48_000), 48_000, "libopus")
    whole, part = decode(path), decode(path, start=7.0, end=8.0)
    lags = range(-16, 17)
    errors = [np.abs(part - whole[112_000 + lag : 128_000 + lag]).max() for lag in lags]
    assert len(part) == 16_000
    assert min(errors) < 1e-3


def test_mp3_time_starts_at_the_first_sample(write):
    """The encoder's delay (1105 samples, 25 ms) is neither in the whole nor in the place of a part."""
    clicks = np.zeros((44_100 * 8, 1), np.float32)
    clicks[44_100 * np.arange(1, 8)] = 0.9
    path = write("a.mp3", clicks, 44_100, "libmp3lame")
    assert abs(int(np.abs(decode(path)[:24_000]).argmax()) - 16_000) <= 2
    assert abs(int(np.abs(decode(path, start=4.5, end=5.5)).argmax()) - 8_000) <= 2


def test_flac_of_unknown_length(write, sweep):
    """As written to a pipe: the header's count of samples is 0."""
    data = bytearray(write("a.flac", sweep(SECONDS, 48_000), 48_000).read_bytes())
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    assert len(decode(bytes(data))) == SECONDS * 16_000


def test_duration_by_the_header(write, sweep):
    wave = sweep(3.0, 48_000, 2)
    for name, codec in (("a.wav", ""), ("a.mp3", "libmp3lame"), ("a.mp4", "aac")):
        assert duration(write(name, wave, 48_000, codec)) == pytest.approx(3.0, abs=0.05)
    assert duration(wave, rate=48_000) == pytest.approx(3.0)
    assert duration("-") is None


PEAK = """
import re, sys
from afnext.audio.decode import decode
def status(field):
    return int(re.search(field + r":\\s+(\\d+) kB", open("/proc/self/status").read())[1]) * 1024
decode(sys.argv[1], end=2.0)
resident, virtual = status("VmHWM"), status("VmPeak")
n = len(decode(sys.argv[1]))
print(n, status("VmHWM") - resident, status("VmPeak") - virtual)
"""


def growth(path: Path) -> tuple[int, int, int]:
    """Samples decoded by a fresh process, and how much its peak memory grew: resident, virtual (bytes)."""
    if not sys.platform.startswith("linux"):
        pytest.skip("reads /proc")
    done = subprocess.run([sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True, check=True)
    samples, resident, virtual = map(int, re.findall(r"\d+", done.stdout))
    return samples, resident, virtual


def test_half_an_hour_of_stereo_needs_its_result_and_little_more(tmp_path, write):
    # A file with a hole: 345 MB of silence that take no disk.
    path = write("long.wav", np.zeros((48_000, 2), np.float32), 48_000)
    header = bytearray(path.read_bytes()[:44])
    size = 1800 * 48_000 * 2 * 2
    header[4:8], header[40:44] = (size + 36).to_bytes(4, "little"), size.to_bytes(4, "little")
    path.write_bytes(header)
    with open(path, "r+b") as file:
        file.truncate(44 + size)
    samples, resident, _ = growth(path)
    assert samples == 1800 * 16_000
    assert resident < samples * 4 + 32e6


def test_ffmpeg_streams_too(write):
    path = write("long.mkv", np.zeros((240 * 48_000, 2), np.float32), 48_000, "flac")
    samples, resident, _ = growth(path)
    assert samples == 240 * 16_000
    assert resident < samples * 4 + 32e6


def test_a_header_that_claims_gigabytes_allocates_none(write, sweep):
    wav = bytearray(write("a.wav", sweep(3.0, 16_000), 16_000).read_bytes())
    at = wav.index(b"data") + 4
    wav[at : at + 4] = wav[4:8] = (0xFFFFFFF0).to_bytes(4, "little")
    flac = bytearray(write("a.flac", sweep(3.0, 16_000), 16_000).read_bytes())
    flac[21] |= 0x0F
    flac[22:26] = b"\xff" * 4
    for name, data in (("absurd.wav", wav), ("absurd.flac", flac)):
        path = write(name, np.zeros((1, 1), np.float32), 16_000)
        path.write_bytes(data)
        samples, resident, virtual = growth(path)
        assert samples == 48_000
        assert resident < 32e6
        assert virtual < 400e6  # FFmpeg's threads reserve some, the claim is above 4e9
