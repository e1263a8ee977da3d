"""Utterances as sources: said when they are written down, and said again, bit for bit, when they are heard."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from afnext.audio.spec import SAMPLE_RATE
from afnext.scenes.scene import Emotion, Kind, Manner, SceneWord
from afnext.scenes.sources import Samples, Source, Sources, isolate
from afnext.scenes.speech.voices import Voice, speak
from afnext.scenes.talks.grammar import plain
from afnext.scenes.worlds import World

SPOKEN = -1
"""First part of the address of an utterance, which no other source has; the second is its number."""
FULL_SCALE = 32767
KEPT_SECONDS = 900.0
"""Speech that stays in memory, as 16-bit numbers; what is said beyond it is said twice."""
SHORTEST_WORD = 0.01
"""Seconds that are left of a last word too faint to be heard."""
CUT_FADE = 160
"""Samples (10 ms) over which a voice falls silent that is cut short."""


@dataclass(frozen=True, slots=True)
class Saying:
    """What an utterance is made from."""

    text: str
    voice: Voice
    manner: Manner = "plain"
    emotion: Emotion = "neutral"
    cut: int | None = None
    """Samples after which the speaker is cut short."""


@dataclass(frozen=True)
class Spoken:
    """A saying, said.

    Attributes:
        sound: [n], peak 1 (``FULL_SCALE``), without silence around it.
        words: those that are said to their end, without marks; times from the first sample.
    """

    sound: NDArray[np.int16]
    words: tuple[SceneWord, ...]


def say(saying: Saying) -> Spoken:
    """``saying`` as it sounds without a room; always the same."""
    said = speak(saying.text, saying.voice, saying.manner, saying.emotion)
    sound, late = isolate(said.samples)
    earlier, length = late / SAMPLE_RATE, len(sound) / SAMPLE_RATE
    words = tuple(
        SceneWord(
            min(max(0.0, word.start - earlier), length - SHORTEST_WORD),
            min(word.end - earlier, length),
            plain(word.text),
        )
        for word in said.words
    )
    spoken = Spoken(np.round(sound * FULL_SCALE).astype(np.int16), words)
    return spoken if saying.cut is None else cut_short(spoken, saying.cut)


def cut_short(spoken: Spoken, cut: int) -> Spoken:
    """``spoken`` up to sample ``cut``, with the words that are over by then."""
    rest = spoken.sound[:cut].astype(np.float32)
    fade = min(CUT_FADE, cut)
    rest[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    sound, late = isolate(rest)
    assert late == 0, "an utterance begins with its first sound"
    words = tuple(word for word in spoken.words if word.end * SAMPLE_RATE <= cut)
    return Spoken(np.round(sound * FULL_SCALE).astype(np.int16), words)


class Utterances:
    """A :class:`~afnext.scenes.sources.Sources` that says what was given to it, and leaves all else to ``rest``."""

    def __init__(self, world: World, rest: Sources | None = None) -> None:
        self.world: World = world
        self._rest = rest
        self._sayings: list[Saying] = []
        self._kept: dict[int, NDArray[np.int16]] = {}
        self._room = int(KEPT_SECONDS * SAMPLE_RATE)

    def add(self, saying: Saying, spoken: Spoken) -> Source:
        """The source of ``saying``, which was said as ``spoken``."""
        number = len(self._sayings)
        self._sayings.append(saying)
        if self._room >= len(spoken.sound):
            self._kept[number] = spoken.sound
            self._room -= len(spoken.sound)
        return Source(
            "speech",
            f"a {saying.voice.sex} speaking",
            saying.voice.identity,
            len(spoken.sound),
            (SPOKEN, number),
            text=" ".join(word.text for word in spoken.words),
            words=spoken.words,
        )

    def draw(self, rng: np.random.Generator, kind: Kind, label: str | None, longest: int) -> Source | None:
        """See :class:`~afnext.scenes.sources.Sources`: one of the rest."""
        return None if self._rest is None else self._rest.draw(rng, kind, label, longest)

    def load(self, source: Source) -> Samples:
        """See :class:`~afnext.scenes.sources.Sources`."""
        shard, number = source.address
        if shard != SPOKEN:
            assert self._rest is not None, "no source but utterances was drawn"
            return self._rest.load(source)
        sound = self._kept.get(number)
        if sound is None:
            sound = say(self._sayings[number]).sound
        return sound.astype(np.float32) / np.float32(FULL_SCALE)


def shortened(saying: Saying, cut: int) -> Saying:
    """``saying``, cut short."""
    return replace(saying, cut=cut)
