"""The truth about a synthetic recording: which events sound, who speaks and what about, what is played, and where.

``events`` is the one timeline; speakers, talks and pieces refer to it by index. Times are seconds from the start of the
recording.
"""

from pathlib import Path
from typing import Literal, NamedTuple, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from afnext.base.config import Frozen
from afnext.base.errors import SceneError
from afnext.base.files import write_text
from afnext.scenes.worlds import World as World  # noqa: PLC0414 - a part of the truth, so it is found here too

Kind = Literal["sound", "speech", "music"]
Manner = Literal["plain", "whispered", "shouted"]
Emotion = Literal["neutral", "happy", "sad", "angry", "afraid"]
Role = Literal["turn", "back-channel", "interruption"]
FactKind = Literal["name", "number", "time", "place", "plan", "decision", "change of mind", "sarcasm"]
KINDS: tuple[Kind, ...] = ("sound", "speech", "music")

GRACE = 1e-6
"""Seconds by which a time may pass a limit: sample counts divided by the rate are not exact in binary."""


class SceneNote(NamedTuple):
    """One note of a phrase."""

    start: float
    end: float
    pitch: int
    velocity: int


class SceneWord(NamedTuple):
    """One word that is said."""

    start: float
    end: float
    text: str


class Waypoint(NamedTuple):
    """How far away a source is at one moment; between two of them it moves evenly."""

    time: float
    metres: float


class Tempo(NamedTuple):
    """Beats a minute from ``time`` on."""

    time: float
    bpm: float


class Beat(NamedTuple):
    """One beat; ``number`` is its place in the bar, from 1."""

    time: float
    number: int


class Stretch(NamedTuple):
    """Some seconds with a name: a chord ("A minor"), a section ("chorus"), a dynamic ("loud")."""

    start: float
    end: float
    name: str


class Truth(Frozen):
    """A value that is written as JSON: no infinities, no number in quotes."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Event(Truth):
    """Something that a listener would name, exactly placed."""

    kind: Kind
    label: str = Field(min_length=1)
    """What a listener would call it: "dog barking", "a man speaking", "piano"."""
    start: float = Field(ge=0)
    """Seconds at which it first rises above -40 dB of its own peak."""
    end: float
    """Seconds at which it last falls below -40 dB of its own peak, reverberation included."""
    level: float
    """Peak in dB of full scale."""
    source: str
    """What made it: a voice, an instrument's patch, a drawn sound. Worlds share none."""
    text: str | None = None
    """What is said, of speech."""
    words: tuple[SceneWord, ...] = ()
    """The same word by word, one right behind the other."""
    tempo: float | None = None
    """Beats a minute, of music."""
    key: str | None = None
    notes: tuple[SceneNote, ...] = ()
    speaker: str | None = None
    """Who speaks: a name of ``Scene.speakers``."""
    manner: Manner = "plain"
    emotion: Emotion = "neutral"
    role: Role | None = None
    """Of speech in a talk."""
    path: tuple[Waypoint, ...] = ()
    """Of a source whose distance is known, from its start to its end."""
    masked_by: tuple[int, ...] = ()
    """Events so much louder at the same time that this one cannot be heard."""
    clear: float = Field(default=1.0, ge=0, le=1)
    """Share of its time in which it stands out from everything else (see masking.py)."""

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"{self.label!r} ends at {self.end} s, which is not after its start at {self.start} s")
        return self


class Background(Truth):
    """A steady noise under the whole recording."""

    kind: str
    level: float
    """Root mean square in dB of full scale."""
    snr: float
    """Decibels from the noise up to the quietest event, both as root mean square."""


class Speaker(Truth):
    """One person, whatever they say."""

    name: str = Field(min_length=1)
    """"A", "B", ... in the order in which they are first heard."""
    voice: str
    """The identity of the voice; worlds share none."""
    sex: Literal["man", "woman"]
    accent: str | None = None
    called: str | None = None
    """The name by which the others speak to them, if they do."""


class Fact(Truth):
    """Something that a talk establishes beyond doubt."""

    kind: FactKind
    about: str = Field(min_length=1)
    """What the question is: "the day of the meeting"."""
    value: str = Field(min_length=1)
    """How it stands in the end: "tuesday"."""
    before: str | None = None
    """What it was before somebody changed it; of sarcasm, the words that meant the opposite."""
    speaker: str
    """Who settled it."""
    events: tuple[int, ...] = Field(min_length=1)
    """The utterances that prove it."""


class Talk(Truth):
    """A conversation, or one person's speech, about one topic."""

    topic: str = Field(min_length=1)
    events: tuple[int, ...] = Field(min_length=1)
    """Its utterances."""
    facts: tuple[Fact, ...] = ()


class Piece(Truth):
    """Music with a form. Its parts are events of the kind music, its sung or spoken lines events of the kind speech."""

    start: float = Field(ge=0)
    end: float
    key: str
    """"F# minor"."""
    metre: int = Field(ge=2, le=12)
    """Beats in a bar."""
    tempos: tuple[Tempo, ...] = Field(min_length=1)
    beats: tuple[Beat, ...] = ()
    chords: tuple[Stretch, ...] = ()
    sections: tuple[Stretch, ...] = ()
    dynamics: tuple[Stretch, ...] = ()
    keys: tuple[Stretch, ...] = ()
    """Every key and how long it lasts, of a piece that changes it."""
    events: tuple[int, ...] = Field(min_length=1)


class Channel(Truth):
    """What the recording went through. Levels of events and background are those before it."""

    kind: str = "full band"
    """"full band", "telephone", or a codec with its bit rate."""
    clipped: float | None = Field(default=None, gt=0, le=1)
    """The peak, as a share of full scale, at which the sound was cut off."""
    wind: float | None = None
    """Wind on the microphone: its root mean square in dB of full scale."""
    handling: float | None = None
    """Knocks and rubs on the microphone: the peak of the loudest in dB of full scale."""


class Scene(Truth):
    """A whole recording. ``events`` are sorted by start."""

    version: Literal[1, 2] = 2
    """1: as written before speakers, talks, pieces and channels were known; it is read as one without any."""
    seed: int
    world: World
    duration: float = Field(gt=0)
    place: str
    background: Background | None = None
    events: tuple[Event, ...] = ()
    speakers: tuple[Speaker, ...] = ()
    talks: tuple[Talk, ...] = ()
    pieces: tuple[Piece, ...] = ()
    channel: Channel = Channel()

    @model_validator(mode="after")
    def _references_hold(self) -> Self:
        names = [speaker.name for speaker in self.speakers]
        if len(set(names)) < len(names):
            raise ValueError("two speakers share a name")
        told = [fact for talk in self.talks for fact in talk.facts]
        named = [event.speaker for event in self.events if event.speaker] + [fact.speaker for fact in told]
        if unknown := sorted(set(named) - set(names)):
            raise ValueError(f"speaker {unknown[0]!r} is not among the speakers")
        of_parts = [part.events for part in self.talks] + [part.events for part in self.pieces]
        lists = of_parts + [fact.events for fact in told] + [event.masked_by for event in self.events]
        indices = [index for each in lists for index in each]
        if indices and not 0 <= min(indices) <= max(indices) < len(self.events):
            raise ValueError(f"event {max(indices)} is referred to, and there are {len(self.events)}")
        return self

    @model_validator(mode="after")
    def _events_fit(self) -> Self:
        starts = [event.start for event in self.events]
        if starts != sorted(starts):
            raise ValueError("events are not sorted by start")
        late = [event for event in self.events if event.end > self.duration + GRACE]
        if late:
            raise ValueError(
                f"{late[0].label!r} ends at {late[0].end} s, after the end of the scene at {self.duration} s"
            )
        return self

    def to_json(self) -> str:
        """The scene as indented JSON."""
        return self.model_dump_json(indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, name: str = "scene") -> "Scene":
        """Read what :meth:`to_json` wrote; ``name`` is what messages call it.

        Raises:
            SceneError: not JSON, or a field is unknown, missing or wrong; each is named.
        """
        try:
            return cls.model_validate_json(text, strict=True)
        except ValidationError as error:
            problems = [f"{'.'.join(map(str, item['loc'])) or 'scene'}: {item['msg']}" for item in error.errors()]
            raise SceneError(f"{name}: {', '.join(problems[:5])}", expected="the JSON of a scene") from error

    def save(self, path: Path) -> None:
        """Write the JSON to ``path``, whole or not at all."""
        write_text(path, self.to_json())

    @classmethod
    def load(cls, path: Path) -> "Scene":
        """Read the JSON at ``path``.

        Raises:
            SceneError: the file is missing or does not hold a scene.
        """
        try:
            text = path.read_bytes()
        except OSError as error:
            raise SceneError(f"{path}: {error.strerror}", expected="the JSON file of a scene") from error
        return cls.from_json(text, str(path))
