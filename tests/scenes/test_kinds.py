"""Kinds of sounds: each is told from all others, and what varies in it is split between the worlds."""

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest

from afnext.scenes.sounds import KINDS, RECIPES
from afnext.scenes.trim import trim
from afnext.scenes.worlds import WORLDS, Dice

RATE = 16_000
HOP = 160
WINDOW = 512
BANDS = 24
TRAIN, TEST = 8, 3
"""Variants of each kind that the classifier learns from, and that it is asked about."""

OWNERS = ("train", "test", "train", "validation", "train", "train", "test", "train", "validation", "train")
"""Which world has which tenth of a range, written down once more."""


class Watched(Dice):
    """Dice that keep every number drawn with ``between``, by its range."""

    def between(self, low, high):
        value = super().between(low, high)
        self.__dict__.setdefault("drawn", []).append((low, high, value))
        return value


@pytest.mark.parametrize("kind", KINDS)
def test_worlds_share_no_parameter(kind):
    for world in WORLDS:
        ranges = defaultdict(list)
        for seed in range(2):
            dice = Watched(world, np.random.default_rng(seed))
            RECIPES[kind].make(dice)
            assert len(dice.drawn) >= 3, "two parameters at least beside the length"
            for low, high, value in dice.drawn:
                ranges[low, high].append(value)
        for (low, high), values in ranges.items():
            tenths = [int(10 * (value - low) / (high - low)) for value in values]
            assert {OWNERS[tenth] for tenth in tenths} == {world}
            assert len(set(values)) == len(values)


def mel_bank():
    """Triangles even on the mel scale, 60 to 7800 Hz: [bands, frequencies]."""
    hertz = np.fft.rfftfreq(WINDOW, 1 / RATE)
    corners = 700 * (np.exp(np.linspace(np.log(1 + 60 / 700), np.log(1 + 7800 / 700), BANDS + 2)) - 1)
    low, centre, high = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    return np.clip(np.minimum((hertz - low) / (centre - low), (high - hertz) / (high - centre)), 0, None)


BANK = mel_bank()
BEATS = (0.5, 1.5, 3, 5, 7, 10, 14, 20, 30, 50)
"""Borders in Hz between which the loudness's own spectrum is summed."""


def portrait(sound):
    """Statistics of a sound over time: log-mel mean, spread and change, rhythm, length."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(sound, (WINDOW // 2, WINDOW)), WINDOW)[::HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW).astype(np.float32))) ** 2 @ BANK.T
    power /= power.sum(1).max()
    mel, loud = np.log10(np.maximum(power, 1e-4)), np.log10(np.maximum(power.sum(1), 1e-4))
    rhythm = np.abs(np.fft.rfft((loud - loud.mean()) * np.hanning(len(loud)), 1024)) ** 2
    hertz = np.fft.rfftfreq(1024, HOP / RATE)
    shares = [rhythm[(hertz >= a) & (hertz < b)].mean() / rhythm.mean() for a, b in pairwise(BEATS)]
    moved = np.abs(np.diff(mel, axis=0)).mean(0)
    return np.concatenate([mel.mean(0), mel.std(0), moved, np.log10(shares), [np.log(len(sound)), loud.mean()]])


def nearest(known, of, asked):
    """The class of each row of ``asked``: the nearest mean of ``known``, measured by the spread within classes."""
    centre, scale = known.mean(0), known.std(0) + 1e-9
    known, asked = (known - centre) / scale, (asked - centre) / scale
    means = np.stack([known[of == index].mean(0) for index in range(of.max() + 1)])
    within = np.cov((known - means[of]).T, bias=True)
    within = 0.9 * within + 0.1 * np.eye(len(within)) * np.trace(within) / len(within)
    whiten = np.linalg.cholesky(np.linalg.inv(within))
    return (((asked @ whiten)[:, None] - means @ whiten) ** 2).sum(2).argmin(1)


@pytest.mark.long
def test_no_kind_is_taken_for_another():
    """Learned in one world, asked in another. What is confused is printed; 1 in 84 would be right by chance."""
    kinds = list(KINDS)
    drawn = {
        world: np.stack(
            [
                portrait(trim(RECIPES[kind].make(Dice(world, np.random.default_rng(s)))))
                for kind in kinds
                for s in range(n)
            ]
        )
        for world, n in (("train", TRAIN), ("test", TEST))
    }
    truth = np.repeat(np.arange(len(kinds)), TEST)
    found = nearest(drawn["train"], np.repeat(np.arange(len(kinds)), TRAIN), drawn["test"])
    confusion = np.zeros((len(kinds), len(kinds)), int)
    np.add.at(confusion, (truth, found), 1)
    for was, taken in np.argwhere(confusion * (1 - np.eye(len(kinds), dtype=int))):
        print(f"{kinds[was]} taken for {kinds[taken]}: {confusion[was, taken]} of {TEST}")
    right = np.trace(confusion) / len(truth)
    print(f"{right:.1%} of {len(truth)} told rightly")
    assert right >= 0.9
    often = confusion > TEST / 2
    np.fill_diagonal(often, False)
    assert not (often & often.T).any()
    assert (np.diag(confusion) > 0).all(), "some kind is never told"
