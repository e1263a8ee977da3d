"""Who speaks: espeak-ng and flite, many voices, each belonging to one world."""

import io
import json
import math
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import SceneError
from afnext.scenes.scene import Emotion, Manner, SceneWord
from afnext.scenes.speech import espeak
from afnext.scenes.speech.delivery import PLAIN, Delivery, delivery
from afnext.scenes.speech.effort import strain, whisper
from afnext.scenes.tools import need, run
from afnext.scenes.trim import heard, peak_one
from afnext.scenes.worlds import World

Sex = Literal["man", "woman"]

# British English is "en": after "en-gb" espeak-ng forgets which speaker was asked for.
ACCENTS = ("en-us", "en", "en-gb-scotland", "en-029", "en-gb-x-rp", "en-us-nyc")
# espeak-ng's speakers ("variants") that are well understood, and plainly a man or a woman; no whispers, robots, croaks.
SPEAKERS: dict[World, dict[Sex, tuple[str, ...]]] = {
    "train": {
        "man": ("m1", "m2", "m3", "m7", "m8", "Andy", "Michael", "Denis", "paul", "pablo", "victor"),
        "woman": ("f1", "f2", "f4", "Annie", "linda", "Andrea", "grandma"),
    },
    "validation": {"man": ("m4", "Alex"), "woman": ("aunty",)},
    "test": {"man": ("m5", "m6"), "woman": ("f3", "steph")},
}
PAUSE = "pau"
"""flite's name of a silence among its speech sounds."""
MOST_COUNTS = 4096
"""Words of which it is remembered how many speech sounds flite makes of them."""

RATES = (130, 145, 160, 175)  # words a minute
PITCHES = (40, 50, 60)  # of espeak-ng's 0 to 99, within the speaker's own range
SIZES = (0.95, 1.0, 1.05)
OCTAVE = 50
"""Steps of espeak-ng's pitch that double it."""
RANGE = 50
"""espeak-ng's, 0 to 99, of how far a pitch moves, where nothing else is asked for."""
FIXED_PITCH = ("rms",)
"""flite's speakers whose pitch cannot be set. They are played faster or slower instead, by the square root of what is
asked: their throat then seems to change, and too much of it would make another person."""
FLITE_DEVIATION = 15.0
"""Hz, of a flite speaker's pitch where nothing else is asked for, at ``FLITE_MEAN``."""
FLITE_MEAN = 140.0


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


@dataclass(frozen=True)
class Speech:
    """What a voice said.

    Attributes:
        samples: [n], 16 kHz mono, peak 1, no silence around it.
        words: every word with its seconds, one right behind the other, the last ending with the sound.
    """

    samples: NDArray[np.float32]
    words: tuple[SceneWord, ...]


def speak(text: str, voice: Voice, manner: Manner = "plain", emotion: Emotion = "neutral") -> Speech:
    """``text`` said by ``voice``; always the same samples.

    Raises:
        MissingToolError: the program of this voice is not installed.
        SceneError: the text has nothing that can be said, or the program failed.
    """
    if not any(letter.isalnum() for letter in text):
        raise SceneError(f"text {text[:40]!r}", expected="at least one word to say")
    how = delivery(manner, emotion)
    size = voice.size / math.sqrt(how.pitch) if voice.name in FIXED_PITCH else voice.size
    raw, rate, starts = (_espeak if voice.engine == "espeak-ng" else _flite)(text, voice, size, how)
    # Played slower for a larger throat, and so a little lower and longer.
    played = SAMPLE_RATE * size
    sound = soxr.resample(raw, rate, played) if len(raw) else raw
    first, last = heard(sound)
    if first == last:
        raise SceneError(f"{voice.engine} said nothing for {text[:40]!r}", do="use plain English words")
    length = (last - first) / SAMPLE_RATE
    begins = [min(max(0.0, start * size - first / SAMPLE_RATE), length) for start in starts]
    begins[0] = 0.0
    words = [
        SceneWord(start, end, word)
        for word, (start, end) in zip(text.split(), pairwise([*begins, length]), strict=True)
    ]
    samples = peak_one(sound[first:last])
    if manner == "whispered":
        samples = whisper(samples, zlib.crc32(f"{voice.identity}/{text}".encode()))
    elif how.effort:
        samples = strain(samples, how.effort)
    return Speech(samples, tuple(words))


Raw = tuple[NDArray[np.float32], int, list[float]]
"""Samples, their rate, and the second at which each word of the text begins."""


def _espeak(text: str, voice: Voice, size: float, how: Delivery) -> Raw:
    need("espeak-ng")
    pitch = min(max(voice.pitch + round(OCTAVE * math.log2(how.pitch)), 0), 99)
    settings = [voice.name, str(round(voice.rate * size * how.rate)), str(pitch)]
    if how.range != PLAIN.range:
        settings.append(str(min(round(RANGE * how.range), 99)))
    said = run(sys.executable, ["-I", "-S", str(Path(espeak.__file__)), *settings], stdin=text.encode())
    heading, _, sound = said.partition(b"\n")
    told = json.loads(heading)
    rate = int(told["rate"])
    samples = np.frombuffer(sound, np.int16).astype(np.float32) / np.float32(2**15)
    starts = [sample / rate for _, _, sample in told["words"]]
    if len(starts) == len(text.split()):  # the places are wrong behind short words: "it is" at 0 and 1
        return samples, rate, starts
    known = {place: start for (place, _, _), start in zip(told["words"], starts, strict=True)}
    return samples, rate, _filled(text, known, heard(samples)[1] / rate)


def _filled(text: str, known: dict[int, float], end: float) -> list[float]:
    """The start of every word of ``text``, of which ``known`` gives some by the place of their first character.

    What is said as one ("in the") has one start; the rest of the time up to the next, or to ``end`` where the voice
    falls silent, is shared out by letters.
    """
    places, at = list[int](), 0
    for word in text.split():
        at = text.index(word, at)
        places.append(at)
        at += len(word)
    starts = [known.get(place) for place in places]
    starts[0] = starts[0] or 0.0
    firsts = [index for index, start in enumerate(starts) if start is not None]
    filled = list[float]()
    for first, after in pairwise([*firsts, len(starts)]):
        begin = starts[first] or 0.0
        until = starts[after] if after < len(starts) else end
        letters = places[after] - places[first] if after < len(places) else len(text) - places[first]
        share = ((until or end) - begin) / letters
        filled += [begin + share * (place - places[first]) for place in places[first:after]]
    return filled


def _flite(text: str, voice: Voice, size: float, how: Delivery) -> Raw:
    natural = next(people[voice.name].natural for people in FLITE.values() if voice.name in people)
    pitch = voice.pitch if how.pitch == PLAIN.pitch else round(voice.pitch * how.pitch)
    settings = [f"duration_stretch={natural / (voice.rate * how.rate * size):.3f}", f"int_f0_target_mean={pitch}"]
    if how.range != PLAIN.range:
        settings.append(f"int_f0_target_stddev={FLITE_DEVIATION * how.range * pitch / FLITE_MEAN:.1f}")
    asked = ["-voice", voice.name, *(part for setting in settings for part in ("--setf", setting))]
    said = run("flite", [*asked, "-t", text, "-psdur", "-o", "/dev/stdout"])
    riff = 8 + int.from_bytes(said[4:8], "little")  # bytes of the sound file; behind it stand the speech sounds
    samples, rate = soundfile.read(io.BytesIO(said[:riff]), dtype="float32")
    begin, segments = 0.0, list[float]()
    for segment in said[riff:].decode().split():  # "iy:0.332": a sound and its end
        name, _, ends = segment.rpartition(":")
        if name != PAUSE:
            segments.append(begin)
        begin = float(ends)
    starts, done = list[float](), 0
    for count in _flite_sounds(text.split()):
        starts.append(segments[min(done, len(segments) - 1)] if segments else 0.0)
        done += count
    return samples, rate, starts


_counts: dict[str, int] = {}
"""What ``_flite_sounds`` found of late, by word."""


def _flite_sounds(words: Sequence[str]) -> list[int]:
    """How many speech sounds flite makes of each of ``words``, which are said alone.

    All its speakers share a lexicon, and this one is quick; to start it takes much longer than a word.
    """
    unknown = [word for word in dict.fromkeys(words) if word not in _counts]
    if len(_counts) + len(unknown) > MOST_COUNTS:
        _counts.clear()
        unknown = list(dict.fromkeys(words))
    found = _count_sounds(unknown) if unknown else []
    counts = _counts | dict(zip(unknown, found, strict=True))
    _counts.update(counts)
    return [counts[word] for word in words]


def _count_sounds(words: Sequence[str]) -> list[int]:
    alone = "".join(f"{word}\n\n" for word in words)  # flite begins anew behind an empty line
    lines = run("flite", ["-voice", "kal16", "-f", "/dev/stdin", "-ps", "-o", "none"], stdin=alone.encode())
    counts = [sum(sound != PAUSE for sound in line.split()) for line in lines.decode().splitlines()]
    if len(words) == 1:
        return [sum(counts)]
    if len(counts) != len(words):  # a quotation mark by itself counts as two
        return [count for word in words for count in _count_sounds([word])]
    return counts
