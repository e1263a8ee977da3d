"""Who speaks: espeak-ng and flite, many voices, each belonging to one world."""

import io
from collections.abc import Sequence
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
    "train": {"man": ("m1", "m2", "m3", "m7", "Andy", "Michael"), "woman": ("f1", "f2", "f4", "Annie", "linda")},
    "validation": {"man": ("m4", "Alex"), "woman": ("f5",)},
    "test": {"man": ("m6", "Lee"), "woman": ("f3", "steph")},
}
RATES = (130, 145, 160, 175, 190)  # words a minute
PITCHES = (40, 50, 60)  # of espeak-ng's 0 to 99, within the speaker's own range

# flite's speakers, with pitch in Hz. One man is kept for the test alone.
FLITE: dict[World, dict[str, tuple[Sex, tuple[int, ...]]]] = {
    "train": {"slt": ("woman", (165, 180, 200)), "awb": ("man", (110, 125, 140)), "kal16": ("man", (90, 105, 120))},
    "validation": {},
    "test": {"rms": ("man", (85, 97, 110))},
}
FLITE_RATES = (140, 160, 180)
FLITE_NATURAL_RATE = 160  # words a minute at a stretch of 1


@dataclass(frozen=True)
class Voice:
    """One speaker at one speed and pitch.

    Attributes:
        engine: the program that speaks.
        name: its name for the speaker, such as ``en-us+m3`` or ``slt``.
        rate: words a minute.
        pitch: espeak-ng 0 to 99; flite Hz.
        sex: what a listener would say.
    """

    engine: Literal["espeak-ng", "flite"]
    name: str
    rate: int
    pitch: int
    sex: Sex

    @property
    def identity(self) -> str:
        """What must not be shared between worlds: the speaker, whatever the accent, speed and pitch."""
        return f"{self.engine}:{self.name.rpartition('+')[2]}"


@lru_cache
def voices(world: World) -> tuple[Voice, ...]:
    """Every voice of ``world``; the worlds share no speaker."""
    espeak = [
        Voice("espeak-ng", f"{accent}+{speaker}", rate, pitch, sex)
        for sex, speakers in SPEAKERS[world].items()
        for speaker, accent, rate, pitch in product(speakers, ACCENTS, RATES, PITCHES)
    ]
    flite = [
        Voice("flite", name, rate, pitch, sex)
        for name, (sex, pitches) in FLITE[world].items()
        for rate, pitch in product(FLITE_RATES, pitches)
    ]
    return (*espeak, *flite)


def pick_voice(world: World, rng: np.random.Generator) -> Voice:
    """A voice of ``world``: each speaker as likely as another, however many speeds and pitches it has."""
    speakers: dict[str, list[Voice]] = {}
    for voice in voices(world):
        speakers.setdefault(voice.identity, []).append(voice)
    names = sorted(speakers)
    mine = speakers[names[int(rng.integers(len(names)))]]
    return mine[int(rng.integers(len(mine)))]


def speak(text: str, voice: Voice) -> NDArray[np.float32]:
    """``text`` said by ``voice``: [n], 16 kHz mono, peak 1, no silence around it; always the same samples.

    Raises:
        MissingToolError: the program of this voice is not installed.
        SceneError: the text has nothing that can be said, or the program failed.
    """
    if not any(letter.isalnum() for letter in text):
        raise SceneError(f"text {text!r}", expected="at least one word to say")
    heard, rate = soundfile.read(
        io.BytesIO(run(voice.engine, _arguments(text, voice), stdin=_stdin(text, voice))), dtype="float32"
    )
    samples = trim(heard if rate == SAMPLE_RATE else soxr.resample(heard, rate, SAMPLE_RATE))
    if not len(samples):
        raise SceneError(f"{voice.engine} said nothing for {text!r}", do="use plain English words")
    return samples


def _arguments(text: str, voice: Voice) -> Sequence[str]:
    if voice.engine == "espeak-ng":
        return ["-v", voice.name, "-s", str(voice.rate), "-p", str(voice.pitch), "--stdin", "--stdout"]
    stretch = FLITE_NATURAL_RATE / voice.rate
    settings = ["--setf", f"duration_stretch={stretch:.3f}", "--setf", f"int_f0_target_mean={voice.pitch}"]
    return ["-voice", voice.name, *settings, "-t", text, "-o", "/dev/stdout"]


def _stdin(text: str, voice: Voice) -> bytes:
    return text.encode() if voice.engine == "espeak-ng" else b""
