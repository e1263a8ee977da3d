"""Short phrases played by General MIDI instruments: instrument, tempo, key and every note known."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import SceneError
from afnext.base.packages import package
from afnext.scenes.music.instruments import CYMBALS, INSTRUMENTS, KICK, SNARE, Instrument
from afnext.scenes.music.soundfont import need_patches
from afnext.scenes.tools import run, sound_font
from afnext.scenes.trim import heard, peak_one
from afnext.scenes.worlds import Dice, World

__all__ = ["INSTRUMENTS", "Note", "Phrase", "phrase", "play", "play_many"]

TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
TEMPOS = (71.5, 151.5)  # beats a minute, so cut into worlds that rounding keeps them apart
SHORTEST = 0.1  # seconds: no note begins so close to the end of a phrase
RELEASE = 1.5  # seconds that a last note may ring on
GAP = 0.5  # seconds of silence between two phrases of one rendering
FADE = 0.05  # seconds over which a note that still rings is let go
RENDER_RATE = 2 * SAMPLE_RATE  # fluidsynth lets what it pitches up fold back: into the half that is thrown away
PATCHES_A_RUN = 15  # melodic MIDI channels of one file


@dataclass(frozen=True)
class Note:
    """``start`` and ``end`` in seconds from the phrase's beginning, MIDI ``pitch`` and ``velocity``."""

    start: float
    end: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Phrase:
    """Some seconds of one instrument.

    Attributes:
        instrument: a name of ``INSTRUMENTS``.
        patch: General MIDI program, or drum kit.
        tempo: beats a minute.
        key: such as ``"F# minor"``; empty for drums.
        notes: by start; the first begins at 0.
    """

    instrument: str
    patch: int
    tempo: int
    key: str
    notes: tuple[Note, ...]

    @property
    def seconds(self) -> float:
        """When the last note is released; the sound may ring on for up to ``RELEASE`` seconds."""
        return max(note.end for note in self.notes)

    @property
    def identity(self) -> str:
        """What must not be shared between worlds."""
        return f"{self.instrument}:{self.patch}"


def phrase(instrument: str, world: World, rng: np.random.Generator, seconds: float) -> Phrase:
    """A phrase of about ``seconds`` seconds, on a patch of ``world``.

    Raises:
        SceneError: the instrument is not one of ``INSTRUMENTS``, or the time is not between 0.3 and 60 s.
    """
    if instrument not in INSTRUMENTS:
        raise SceneError(f"instrument {instrument!r}", expected=f"one of {', '.join(INSTRUMENTS)}")
    if not 0.3 <= seconds <= 60:
        raise SceneError(f"a phrase of {seconds} s", expected="0.3 to 60 s")
    dice = Dice(world, rng)
    family = INSTRUMENTS[instrument]
    patch = int(rng.choice(family.patches[world]))
    tempo = round(dice.between(*TEMPOS))
    if instrument == "drums":
        return Phrase(instrument, patch, tempo, "", _groove(dice, tempo, seconds))
    tonic, mode = int(rng.integers(12)), str(rng.choice(list(SCALES)))
    notes = _melody(dice, family, (tonic, mode), 60 / tempo, seconds)
    return Phrase(instrument, patch, tempo, f"{TONICS[tonic]} {mode}", notes)


def _melody(dice: Dice, family: Instrument, key: tuple[int, str], beat: float, seconds: float) -> tuple[Note, ...]:
    """Steps and small leaps in ``key`` from the tonic on, with the chords and the left hand of ``family``."""
    tonic, mode = key
    scale = [pitch for pitch in range(family.low, family.high + 1) if (pitch - tonic) % 12 in SCALES[mode]]
    below = [pitch for pitch in range(family.low - 24, family.low) if (pitch - tonic) % 12 in SCALES[mode]]
    place = int(dice.rng.choice([index for index, pitch in enumerate(scale) if pitch % 12 == tonic]))
    notes: list[Note] = []
    at = 0.0
    while at < seconds - SHORTEST:
        end = min(at + beat * float(dice.rng.choice(family.beats)), seconds)
        pitches = [scale[place]]
        if dice.any(0, 1) < family.share:
            pitches += [(below + scale)[len(below) + place - step] for step in family.chord]
        loud = dice.count(80, 112)
        until = min(at + family.held * (end - at), seconds)
        for order, pitch in enumerate(sorted(pitches)):
            notes.append(Note(round(at + order * family.strum, 4), round(until + order * family.strum, 4), pitch, loud))
        at = end
        place = int(np.clip(place + dice.rng.choice((-3, -2, -1, -1, 1, 1, 2, 3)), 0, len(scale) - 1))
    if family.left_hand:
        notes += _left_hand(dice, (tonic, mode), family.low, beat, seconds)
    return tuple(sorted(notes, key=lambda note: note.start))


def _left_hand(dice: Dice, key: tuple[int, str], top: int, beat: float, seconds: float) -> list[Note]:
    """Every two beats the root of one of the three main chords, one or two octaves below the melody."""
    notes: list[Note] = []
    for at in np.arange(0, seconds - SHORTEST, 2 * beat).tolist():
        root = key[0] + (0 if not notes else int(dice.rng.choice((0, 5, 7))))
        pitch = top - 1 - (top - 1 - root) % 12 - 12
        notes.append(Note(round(at, 4), round(min(at + 1.9 * beat, seconds), 4), pitch, 85))
    return notes


def _groove(dice: Dice, tempo: int, seconds: float) -> tuple[Note, ...]:
    """A cymbal on every half beat, bass drum and snare in turn on the beats, with a few strokes between."""
    half = 30 / tempo
    closed, opened = CYMBALS[dice.world]
    notes: list[Note] = []
    for step in range(max(1, int(np.ceil((seconds - SHORTEST) / half)))):
        at = round(step * half, 4)
        strokes = [opened if step % 8 == 7 else closed]
        if step % 2 == 0:
            strokes.append(SNARE if step % 4 == 2 else KICK)
        elif dice.any(0, 1) < 0.25:
            strokes.append(KICK)
        notes += [Note(at, round(at + 0.1, 4), stroke, dice.count(85, 115)) for stroke in strokes]
    return tuple(notes)


def play(one: Phrase) -> NDArray[np.float32]:
    """``one`` as sound [n]; see ``play_many``."""
    return play_many([one])[0]


def play_many(phrases: Sequence[Phrase]) -> list[NDArray[np.float32]]:
    """Each phrase as sound [n], 16 kHz mono, peak 1: from the start of its first note to where it falls below -40 dB.

    Phrases share runs of fluidsynth, one after the other with silence between: starting it costs as much as several.

    Raises:
        MissingToolError: fluidsynth, its sound font or pretty_midi is not installed.
        SceneError: the sound font lacks a patch or is damaged.
    """
    sounds: dict[int, NDArray[np.float32]] = {}
    for batch in _batches(phrases):
        sounds |= zip(batch, _render([phrases[index] for index in batch]), strict=True)
    return [sounds[index] for index in range(len(phrases))]


def _batches(phrases: Sequence[Phrase]) -> list[list[int]]:
    """The indices of ``phrases``, in order, parted where one MIDI file cannot hold them: a channel has one program."""
    batches: list[list[int]] = []
    melodic: set[int] = set()
    kits: set[int] = set()
    for index, one in enumerate(phrases):
        mine = kits if one.instrument == "drums" else melodic
        mine.add(one.patch)
        if not batches or len(melodic) > PATCHES_A_RUN or len(kits) > 1:
            batches.append([])
            melodic, kits = (set(), {one.patch}) if one.instrument == "drums" else ({one.patch}, set())
        batches[-1].append(index)
    return batches


def _render(phrases: Sequence[Phrase]) -> list[NDArray[np.float32]]:
    # Whole half seconds: MIDI ticks and fluidsynth's blocks fall alike in every phrase, whatever stands before it.
    starts = np.cumsum([0.0] + [np.ceil(2 * (one.seconds + RELEASE + GAP)) / 2 for one in phrases])
    font = sound_font()
    need_patches(font, [(one.instrument == "drums", one.patch) for one in phrases])
    with tempfile.TemporaryDirectory(prefix="afnext-music-") as folder:
        score, sound = Path(folder) / "score.mid", Path(folder) / "sound.wav"
        _write_midi(phrases, starts, score)
        settings = [
            "-ni",
            "-q",
            "-R",
            "0",
            "-C",
            "0",
            "-g",
            "0.4",
            "-r",
            str(RENDER_RATE),
            "-o",
            "synth.dynamic-sample-loading=1",
        ]
        run("fluidsynth", [*settings, "-T", "wav", "-F", str(sound), str(font), str(score)])
        stereo, _ = soundfile.read(sound, dtype="float32", always_2d=True)
    mono = soxr.resample(stereo.mean(1), RENDER_RATE, SAMPLE_RATE)
    return [_cut(mono[round(at * SAMPLE_RATE) :], one) for at, one in zip(starts[:-1], phrases, strict=True)]


def _write_midi(phrases: Sequence[Phrase], starts: NDArray[np.float64], path: Path) -> None:
    midi = package("pretty_midi", "scenes")
    score = midi.PrettyMIDI(resolution=960)
    tracks = {}
    for at, one in zip(starts[:-1], phrases, strict=True):
        key = (one.instrument == "drums", one.patch)
        if key not in tracks:
            tracks[key] = midi.Instrument(one.patch, is_drum=key[0])
            score.instruments.append(tracks[key])
        tracks[key].notes += [
            midi.Note(note.velocity, note.pitch, at + note.start, at + note.end) for note in one.notes
        ]
    score.write(str(path))


def _cut(sound: NDArray[np.float32], one: Phrase) -> NDArray[np.float32]:
    """The part of ``sound`` that belongs to a phrase at its beginning, let go gently where it still rings."""
    piece = sound[: round((one.seconds + RELEASE) * SAMPLE_RATE)].copy()
    piece = piece[: heard(piece)[1]]
    last = min(len(piece), round(FADE * SAMPLE_RATE))
    piece[len(piece) - last :] *= np.linspace(1, 0, last, dtype=np.float32)
    return peak_one(piece)
