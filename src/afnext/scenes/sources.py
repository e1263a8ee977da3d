"""Where single sounds, sentences and phrases come from: one protocol, and the form that makes each on demand."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import SceneError
from afnext.scenes import sounds
from afnext.scenes.music import phrases
from afnext.scenes.scene import Kind, SceneNote, SceneWord
from afnext.scenes.speech import sentences, voices
from afnext.scenes.worlds import World

Samples = NDArray[np.float32]
"""Mono sound at 16 kHz, [samples]."""

AUDIBLE = 0.01
"""Share of the peak (-40 dB) at which a sound begins and ends."""
FADE = 64
"""Samples (4 ms) over which the cut at -40 dB is smoothed."""

SPEECH_LABELS = ("a man speaking", "a woman speaking")
LABELS: dict[Kind, tuple[str, ...]] = {
    "sound": tuple(sounds.KINDS.values()),
    "speech": SPEECH_LABELS,
    "music": tuple(phrases.INSTRUMENTS),
}
"""Every label that an event can carry."""


@dataclass(frozen=True, slots=True)
class Source:
    """One sound that can be placed in a scene, without its samples. Times count from its first sample."""

    kind: Kind
    label: str
    source: str
    """Identity for the split between worlds."""
    length: int
    """Samples."""
    address: tuple[int, int]
    """Where its maker finds it again: (shard, offset) in a bank, (seed, 0) when made afresh."""
    text: str | None = None
    words: tuple[SceneWord, ...] = ()
    tempo: float | None = None
    key: str | None = None
    notes: tuple[SceneNote, ...] = ()


def root_mean_square(samples: Samples) -> float:
    """Of a sound, as a share of full scale."""
    return float(np.sqrt(np.mean(np.square(samples))))


class Sources(Protocol):
    """A supply of sounds of one world."""

    @property
    def world(self) -> World:
        """The world that every source belongs to."""

    def draw(self, rng: np.random.Generator, kind: Kind, label: str | None, longest: int) -> Source | None:
        """A random source of at most ``longest`` samples; None if there is none so short."""

    def load(self, source: Source) -> Samples:
        """The samples of ``source``, peak 1. The same source gives the same samples always."""


def isolate(samples: Samples) -> tuple[Samples, int]:
    """Cut to where the sound lies above -40 dB of its peak, fade the cut, and scale the peak to 1.

    Returns:
        The sound, and how many samples were cut before it.

    Raises:
        SceneError: it is silent.
    """
    loudness = np.abs(samples)
    peak = float(loudness.max(initial=0))
    if not peak > 0:
        raise SceneError(f"a source of {len(samples)} samples is silent", expected="a sound")
    audible = loudness >= AUDIBLE * peak
    del loudness  # as large as the sound, which may last half an hour
    first, end = int(audible.argmax()), len(audible) - int(audible[::-1].argmax())
    cut = samples[first:end] / np.float32(peak)
    fade = min(FADE, len(cut))
    cut[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return cut, first


class FreshSources:
    """Makes each source when it is drawn, and again (bit for bit) when it is loaded. Slow, endless, needs no folder."""

    def __init__(self, world: World) -> None:
        self.world: World = world
        self._make = lru_cache(maxsize=8)(self._make_anew)

    def __reduce__(self) -> tuple[type["FreshSources"], tuple[World]]:
        """Another process makes its own."""
        return FreshSources, (self.world,)

    def draw(self, rng: np.random.Generator, kind: Kind, label: str | None, longest: int) -> Source | None:
        """See :class:`Sources`. Tries a few seeds for a short one."""
        label = label or str(rng.choice(LABELS[kind]))
        for _ in range(8):
            seed = int(rng.integers(2**62))
            source, _samples = self._make(kind, label, seed)
            if source.length <= longest:
                return source
        return None

    def load(self, source: Source) -> Samples:
        """See :class:`Sources`."""
        return self._make(source.kind, source.label, source.address[0])[1]

    def _make_anew(self, kind: Kind, label: str, seed: int) -> tuple[Source, Samples]:
        rng = np.random.default_rng(seed)
        if kind == "sound":
            return make_sound(self.world, label, rng, (seed, 0))
        if kind == "speech":
            return make_speech(self.world, label, rng, (seed, 0))
        return make_music(self.world, label, rng, (seed, 0))


def make_sound(world: World, label: str, rng: np.random.Generator, address: tuple[int, int]) -> tuple[Source, Samples]:
    """One variant of the sound called ``label``."""
    kind = next(kind for kind, name in sounds.KINDS.items() if name == label)
    variant = int(rng.integers(2**48))
    samples, _ = isolate(sounds.make(kind, world, np.random.default_rng(variant)))
    return Source("sound", label, f"{world}:{kind}:{variant}", len(samples), address), samples


def make_speech(world: World, label: str, rng: np.random.Generator, address: tuple[int, int]) -> tuple[Source, Samples]:
    """One sentence, said by a voice of the sex that ``label`` names."""
    voice = voices.pick_voice(world, rng)
    while f"a {voice.sex} speaking" != label:
        voice = voices.pick_voice(world, rng)
    text = sentences.sentence(rng)
    said = voices.speak(text, voice)
    samples, cut = isolate(said.samples)
    earlier = cut / SAMPLE_RATE
    words = tuple(SceneWord(max(0.0, start - earlier), end - earlier, word) for start, end, word in said.words)
    return Source("speech", label, voice.identity, len(samples), address, text=text, words=words), samples


def draw_phrase(world: World, instrument: str, rng: np.random.Generator) -> phrases.Phrase:
    """A phrase of 2 to 6 seconds."""
    return phrases.phrase(instrument, world, rng, float(rng.uniform(2.0, 6.0)))


def describe_phrase(phrase: phrases.Phrase, sound: Samples, address: tuple[int, int]) -> tuple[Source, Samples]:
    """The source of a phrase that was played as ``sound``."""
    samples, cut = isolate(sound)
    earlier = cut / SAMPLE_RATE
    notes = tuple(
        SceneNote(max(0.0, note.start - earlier), note.end - earlier, note.pitch, note.velocity)
        for note in phrase.notes
    )
    source = Source(
        "music",
        phrase.instrument,
        phrase.identity,
        len(samples),
        address,
        tempo=phrase.tempo,
        key=phrase.key or None,
        notes=notes,
    )
    return source, samples


def make_music(world: World, label: str, rng: np.random.Generator, address: tuple[int, int]) -> tuple[Source, Samples]:
    """One phrase of the instrument called ``label``."""
    phrase = draw_phrase(world, label, rng)
    return describe_phrase(phrase, phrases.play(phrase), address)
