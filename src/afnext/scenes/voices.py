"""Who speaks: espeak-ng and flite, many voices, each belonging to one world."""

import io
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Literal

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import SceneError
from afnext.scenes.tools import run
from afnext.scenes.trim import trim
from afnext.scenes.worlds import World

Sex = Literal["man", "woman"]

ACCENTS = ("en-us", "en-gb", "en-gb-scotland", "en-029", "en-gb-x-rp", "en-us-nyc")
# espeak-ng's speakers ("variants") that are well understood, and plainly a man or a woman; no whispers, robots, croaks.
SPEAKERS: dict[World, dict[Sex, tuple[str, ...]]] = {
    "train": {
        "man": ("m1", "m2", "m3", "m7", "m8", "Andy", "Michael", "Denis", "paul", "pablo", "victor"),
        "woman": ("f1", "f2", "f4", "Annie", "linda", "Andrea", "grandma"),
    },
    "validation": {"man": ("m4", "Alex"), "woman": ("aunty",)},
    "test": {"man": ("m5", "m6"), "woman": ("f3", "steph")},
}
RATES = (130, 145, 160, 175)  # words a minute
PITCHES = (40, 50, 60)  # of espeak-ng's 0 to 99, within the speaker's own range
SIZES = (0.95, 1.0, 1.05)


@dataclass(frozen=True)
class Recorded:
    """A flite speaker: ``natural`` words a minute when not stretched, and the ``pitches`` in Hz it is asked for."""

    sex: Sex
    natural: int
    pitches: tuple[int, ...]


# flite's speakers are recorded people. One man is kept for the test alone; his pitch cannot be set.
FLITE: dict[World, dict[str, Recorded]] = {
    "train": {
        "slt": Recorded("woman", 160, (165, 180, 200)),
        "awb": Recorded("man", 160, (105, 117, 130)),
        "kal16": Recorded("man", 200, (90, 105, 120)),
    },
    "validation": {},
    "test": {"rms": Recorded("man", 145, (100,))},
}


@dataclass(frozen=True)
class Voice:
    """One speaker at one speed and pitch.

    Attributes:
        engine: the program that speaks.
        name: its name for the speaker, such as ``en-us+m3`` or ``slt``.
        rate: words a minute.
        pitch: espeak-ng 0 to 99; flite Hz.
        sex: what a listener would say.
        size: of the speaker's throat; above 1 formants and pitch lie lower, below 1 higher.
    """

    engine: Literal["espeak-ng", "flite"]
    name: str
    rate: int
    pitch: int
    sex: Sex
    size: float = 1.0

    @property
    def identity(self) -> str:
        """What must not be shared between worlds: the speaker, whatever the accent, speed and pitch."""
        return f"{self.engine}:{self.name.rpartition('+')[2]}"


@lru_cache
def voices(world: World) -> tuple[Voice, ...]:
    """Every voice of ``world``; the worlds share no speaker."""
    espeak = [
        Voice("espeak-ng", f"{accent}+{speaker}", rate, pitch, sex, size)
        for sex, names in SPEAKERS[world].items()
        for speaker, accent, rate, pitch, size in product(names, ACCENTS, RATES, PITCHES, SIZES)
    ]
    flite = [
        Voice("flite", name, rate, pitch, speaker.sex, size)
        for name, speaker in FLITE[world].items()
        for rate, pitch, size in product(RATES, speaker.pitches, SIZES)
    ]
    return (*espeak, *flite)


@lru_cache
def speakers(world: World) -> dict[str, tuple[Voice, ...]]:
    """The voices of each speaker of ``world``, by identity."""
    names = dict.fromkeys(voice.identity for voice in voices(world))
    return {name: tuple(voice for voice in voices(world) if voice.identity == name) for name in names}


def pick_voice(world: World, rng: np.random.Generator) -> Voice:
    """A voice of ``world``: each speaker as likely as another, however many voices it has."""
    everyone = tuple(speakers(world).values())
    mine = everyone[int(rng.integers(len(everyone)))]
    return mine[int(rng.integers(len(mine)))]


def speak(text: str, voice: Voice) -> NDArray[np.float32]:
    """``text`` said by ``voice``: [n], 16 kHz mono, peak 1, no silence around it; always the same samples.

    Raises:
        MissingToolError: the program of this voice is not installed.
        SceneError: the text has nothing that can be said, or the program failed.
    """
    if not any(letter.isalnum() for letter in text):
        raise SceneError(f"text {text[:40]!r}", expected="at least one word to say")
    spoken = _espeak(text, voice) if voice.engine == "espeak-ng" else _flite(text, voice)
    heard, rate = soundfile.read(io.BytesIO(spoken), dtype="float32")
    # Played slower for a larger throat, and so a little lower and longer.
    samples = trim(soxr.resample(heard, rate, SAMPLE_RATE * voice.size)) if len(heard) else heard
    if not len(samples):
        raise SceneError(f"{voice.engine} said nothing for {text[:40]!r}", do="use plain English words")
    return samples


def _espeak(text: str, voice: Voice) -> bytes:
    settings = ["-v", voice.name, "-s", str(round(voice.rate * voice.size)), "-p", str(voice.pitch)]
    return run("espeak-ng", [*settings, "--stdin", "--stdout"], stdin=text.encode())


def _flite(text: str, voice: Voice) -> bytes:
    natural = next(people[voice.name].natural for people in FLITE.values() if voice.name in people)
    settings = [f"duration_stretch={natural / (voice.rate * voice.size):.3f}", f"int_f0_target_mean={voice.pitch}"]
    asked = [part for setting in settings for part in ("--setf", setting)]
    return run("flite", ["-voice", voice.name, *asked, "-t", text, "-o", "/dev/stdout"])
