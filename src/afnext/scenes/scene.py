"""The truth about a synthetic recording: which events sound, from when to when, over what background."""

from pathlib import Path
from typing import Literal, NamedTuple, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from afnext.base.config import Frozen
from afnext.base.errors import SceneError
from afnext.base.files import write_text
from afnext.scenes.worlds import World as World  # noqa: PLC0414 - a part of the truth, so it is found here too

Kind = Literal["sound", "speech", "music"]
KINDS: tuple[Kind, ...] = ("sound", "speech", "music")

GRACE = 1e-6
"""Seconds by which a time may pass a limit: sample counts divided by the rate are not exact in binary."""


class SceneNote(NamedTuple):
    """One note of a phrase; seconds count from the start of the recording."""

    start: float
    end: float
    pitch: int
    velocity: int


class SceneWord(NamedTuple):
    """One word that is said; seconds count from the start of the recording."""

    start: float
    end: float
    text: str


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


class Scene(Truth):
    """A whole recording. ``events`` are sorted by start."""

    version: Literal[1] = 1
    seed: int
    world: World
    duration: float = Field(gt=0)
    place: str
    background: Background | None = None
    events: tuple[Event, ...] = ()

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
