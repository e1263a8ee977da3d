"""Sources that need no program: tones whose samples can be computed by hand."""

import sys
from pathlib import Path

import numpy as np
import pytest

from afnext.scenes.scene import SceneNote
from afnext.scenes.sentences import sentence
from afnext.scenes.sources import LABELS, Source

sys.path.insert(0, str(Path(__file__).resolve().parent))  # where random_scenes and second_reader lie

RATE = 16_000


class Tones:
    """Every source is a tone of constant height that begins and ends at its peak; its pitch tells its label."""

    def __init__(self, world="train", shortest=0.3, longest=2.5):
        self.world = world
        self.range = (shortest, longest)
        self.loads = 0

    def draw(self, rng, kind, label, longest):
        label = label or LABELS[kind][int(rng.integers(len(LABELS[kind])))]
        seed = int(rng.integers(2**40))
        own = np.random.default_rng(seed)
        length = int(own.uniform(*self.range) * RATE)
        if length > longest:
            return None
        text = sentence(own) if kind == "speech" else None
        notes = (SceneNote(0.0, 0.2, 60, 90),) if kind == "music" else ()
        return Source(kind, label, f"{self.world}:{label}:{seed}", length, (seed, 0), text=text, notes=notes)

    def load(self, source):
        self.loads += 1
        every = sorted(label for labels in LABELS.values() for label in labels)
        hertz = 200 + 50 * every.index(source.label)
        return np.cos(2 * np.pi * hertz * np.arange(source.length) / RATE).astype(np.float32)


@pytest.fixture
def tones():
    """A fresh supply of the train world."""
    return Tones()


@pytest.fixture(scope="session")
def make_tones():
    """``Tones`` itself, for other worlds and lengths."""
    return Tones
