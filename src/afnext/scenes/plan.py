"""The plan of a recording: the truth, and for each of its events where its sound comes from."""

from dataclasses import dataclass, field, replace

import numpy as np

from afnext.audio.spec import SAMPLE_RATE
from afnext.scenes.acoustics.distance import Path, move
from afnext.scenes.acoustics.noise import Noise
from afnext.scenes.acoustics.places import Place, reverberate
from afnext.scenes.scene import Channel, Event, Scene, SceneNote, SceneWord, Waypoint
from afnext.scenes.sources import FADE, Samples, Source, Sources, isolate, root_mean_square

Key = tuple[int, int, Path | None]


@dataclass(frozen=True, slots=True)
class Placement:
    """One source in the plan; ``start`` and ``length`` in samples."""

    source: Source
    start: int
    length: int
    rms: float
    """Root mean square at peak 1."""
    gain: float = 1.0
    path: Path | None = None
    """How far away it is; None where that is not told."""
    cut: int = 0
    """Samples of the moved sound before it is first heard."""

    @property
    def key(self) -> "Key":
        """What its sound, before its gain, depends on within one plan."""
        return (*self.source.address, self.path)

    @property
    def end(self) -> int:
        """The sample after the last."""
        return self.start + self.length


@dataclass(frozen=True)
class Plan:
    """A scene and how to make it sound."""

    scene: Scene
    placements: tuple[Placement, ...]
    """In the order of ``scene.events``."""
    sources: Sources
    response: Samples | None
    """How the room answers a click; None outdoors."""
    noise: Noise | None
    samples: int
    """Length of the recording."""
    kept: dict[Key, Samples] = field(default_factory=dict, repr=False)
    """Sounds of a short scene as they are heard, peak 1."""
    where: Place | None = None
    """The place with this response; needed where something has a path."""

    def sound(self, item: Placement) -> Samples:
        """One of the placements as it is heard, from its onset to its end, peak 1."""
        known = self.kept.get(item.key)
        if known is not None:
            return known
        if item.path is None:
            return heard(item.source, self.sources, self.response)
        assert self.where is not None, "a path leads through a place"
        assert self.where.response is self.response
        return heard_from(item.source, self.sources, self.where, item.path)[0]


def heard(source: Source, sources: Sources, response: Samples | None) -> Samples:
    """``source`` as it sounds in a room, from its onset to where it falls below -40 dB; peak 1."""
    dry = sources.load(source)
    return dry if response is None else isolate(reverberate(dry, response))[0]


def heard_from(source: Source, sources: Sources, where: Place, path: Path) -> tuple[Samples, int]:
    """``source`` as it sounds in a place from this path, as :func:`heard`; and how many samples were cut before it."""
    dry = sources.load(source).copy()
    dry[-FADE:] *= np.linspace(1, 0, len(dry[-FADE:]), dtype=np.float32)  # what comes nearer is loudest at its end
    return isolate(move(dry, path, where))


def placed(
    source: Source, start: int, sources: Sources, where: Place, path: Path | None = None
) -> tuple[Placement, Samples]:
    """``source`` with its onset at sample ``start``, and how it sounds."""
    cut = 0
    if path is None:
        sound = heard(source, sources, where.response)
    else:
        sound, cut = heard_from(source, sources, where, path)
    rms = root_mean_square(sound)
    return Placement(source, start, len(sound), rms, path=path, cut=cut), sound


def through(plan: Plan, channel: Channel) -> Plan:
    """The same plan, recorded through ``channel``."""
    return replace(plan, scene=plan.scene.model_copy(update={"channel": channel}))


def event_of(placement: Placement, zero: int | None = None) -> Event:
    """The truth about a placement; ``zero`` is the sample that the source's times count from, its onset by default."""
    source, start = placement.source, placement.start / SAMPLE_RATE
    first = start if zero is None else zero / SAMPLE_RATE
    event = Event(
        kind=source.kind,
        label=source.label,
        start=start,
        end=placement.end / SAMPLE_RATE,
        level=decibels(placement.gain),
        source=source.source,
        text=source.text,
        words=tuple(SceneWord(max(start, word.start + first), word.end + first, word.text) for word in source.words),
        tempo=source.tempo,
        key=source.key,
        notes=tuple(SceneNote(note.start + first, note.end + first, *note[2:]) for note in source.notes),
    )
    return event if placement.path is None else _on_its_path(event, placement, placement.path)


def _on_its_path(event: Event, placement: Placement, path: Path) -> Event:
    """``event`` with its distances, and with what is within it at the times at which it is heard."""
    shift = (placement.start - placement.cut) / SAMPLE_RATE

    def span(part: SceneWord | SceneNote) -> tuple[float, float] | None:
        """None of what is too far away to be heard."""
        sent = part.start - event.start, part.end - event.start
        first, last = (float(time) + shift for time in path.when_heard(sent))
        return (max(first, event.start), min(last, event.end)) if first < event.end and last > event.start else None

    words = tuple(SceneWord(*when, word.text) for word in event.words if (when := span(word)))
    notes = tuple(SceneNote(*when, *note[2:]) for note in event.notes if (when := span(note)))
    times = path.when_heard([point.time for point in path.waypoints]) + shift
    metres = [point.metres for point in path.waypoints]
    within = [event.start, *(float(time) for time in times if event.start < time < event.end), event.end]
    points = tuple(Waypoint(time, float(np.interp(time, times, metres))) for time in within)
    lost = len(words) < len(event.words)
    text = " ".join(word.text for word in words) if lost else event.text
    return event.model_copy(update={"path": points, "words": words, "notes": notes, "text": text})


def decibels(ratio: float) -> float:
    """An amplitude ratio in dB."""
    return 20 * float(np.log10(ratio))


def amplitude(level: float) -> np.float32:
    """The amplitude ratio of ``level`` dB."""
    return np.float32(10 ** (level / 20))
