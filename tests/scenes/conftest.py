"""Sources that need no program: tones whose samples can be computed by hand, and whatever a test gives."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from afnext.scenes.acoustics.noise import Noise
from afnext.scenes.acoustics.places import Place
from afnext.scenes.plan import Plan, event_of, placed
from afnext.scenes.scene import Background, Channel, Scene, SceneNote
from afnext.scenes.sources import LABELS, Source
from afnext.scenes.speech.sentences import sentence

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


class Given:
    """A supply of chosen sounds, each addressed by its number."""

    world = "train"

    def __init__(self, sounds):
        self.sounds = [np.asarray(sound, np.float32) for sound in sounds]

    def source(self, number, kind="sound", **fields):
        return Source(kind, f"sound {number}", f"given:{number}", len(self.sounds[number]), (number, 0), **fields)

    def draw(self, rng, kind, label, longest):
        raise AssertionError("nothing is drawn of what is given")

    def load(self, source):
        return self.sounds[source.address[0]]


@pytest.fixture(scope="session")
def given():
    """``Given`` itself."""
    return Given


@pytest.fixture(scope="session")
def plan_of():
    """A plan from sounds: (sound, start in samples, peak, path), in order."""

    def make(parts, seconds, where=None, *, background=None, channel=None, fields=None):
        where = where or Place("outdoors")
        sources = Given([part[0] for part in parts])
        placements = []
        for number, (_, start, gain, path) in enumerate(parts):
            source = sources.source(number, **((fields or {}).get(number, {})))
            placements.append(replace(placed(source, start, sources, where, path)[0], gain=gain))
        kind, level = background or (None, None)
        scene = Scene(
            seed=5, world="train", duration=seconds, place=where.name,
            background=None if kind is None else Background(kind=kind, level=level, snr=0.0),
            events=tuple(event_of(item) for item in placements), channel=channel or Channel(),
        )  # fmt: skip
        read = None if kind is None else Noise(kind, (11, 22))
        return Plan(scene, tuple(placements), sources, where.response, read, round(seconds * RATE), where=where)

    return make
