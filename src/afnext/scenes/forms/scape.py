"""Soundscapes: near and far in a place, with sources that come nearer, move away or pass by."""

from dataclasses import replace

import numpy as np

from afnext.audio.spec import SAMPLE_RATE
from afnext.scenes.acoustics.distance import Path, passing, still
from afnext.scenes.acoustics.places import BEDS, ROOMS_EACH, place
from afnext.scenes.forms.mix import (
    HEADROOM,
    KEPT_SECONDS,
    PATIENCE,
    Difficulty,
    check_call,
    draw_background,
    draw_source,
    find_start,
)
from afnext.scenes.plan import Key, Placement, Plan, event_of, placed
from afnext.scenes.scene import Scene, Waypoint
from afnext.scenes.sources import Samples, Source, Sources
from afnext.scenes.worlds import World

DISTANCES = {
    "a car": (0.4, 1.2),
    "a bathroom": (0.5, 2.0),
    "a small room": (0.5, 2.5),
    "a living room": (0.6, 5.0),
    "a stairwell": (1.0, 9.0),
    "a large hall": (1.0, 14.0),
    "a cave": (1.0, 20.0),
    "a street": (2.0, 60.0),
    "a forest": (2.0, 60.0),
    "outdoors": (2.0, 80.0),
}
"""Metres between which sources stand in each place."""
MOVING = 0.35
"""Share of the sources that move, among those long enough in places large enough."""
MOVING_SECONDS = 1.5
ROOM_TO_MOVE = 6.0
"""How many times farther the farthest must be than the nearest for something to move there."""
SPEEDS = (3.0, 22.0)
"""Metres a second of what passes by."""
SOFTEST = -30.0
"""Decibels of full scale: what is far away is not made softer than that."""
CROWD = Difficulty(events=(1.0, 4.0), kinds=(0.65, 0.25, 0.1), repeat=0.45, background=0.9, snr=(14.0, 36.0))
"""How crowded a soundscape is unless told otherwise."""


def compose_scape(
    seed: int, world: World, seconds: float, sources: Sources, difficulty: Difficulty | None = None
) -> tuple[Scene, Plan]:
    """A soundscape of ``seconds`` and the plan to render it, the same for the same arguments.

    Args:
        seed: of everything random.
        world: of the place and of the sources.
        seconds: length, 5 to 1800.
        sources: a bank, or sources made afresh.
        difficulty: how crowded and noisy; its reverberation is the place's own.

    Raises:
        SceneError: a number is out of range, or the world is another.
        MissingToolError: pyroomacoustics is not installed.
    """
    difficulty = difficulty or CROWD
    check_call(seed, world, seconds, sources)
    rng = np.random.default_rng((seed, 3))
    name = list(DISTANCES)[int(rng.integers(len(DISTANCES)))]
    where = place(world, name, int(rng.integers(ROOMS_EACH)))
    samples = round(seconds * SAMPLE_RATE)
    wanted = max(1, round(rng.uniform(*difficulty.events) * seconds / 10))
    chosen, kept, failures = list[Placement](), dict[Key, Samples](), 0
    while len(chosen) < wanted and failures < PATIENCE:
        source = draw_source(rng, sources, difficulty, chosen, samples // 2)
        if source is None:
            break
        path = _path(rng, source, *DISTANCES[name])
        item, sound = placed(source, 0, sources, where, path)
        may_overlap = bool(rng.random() < difficulty.overlap)
        start = find_start(rng, chosen, samples, source, item.length, may_overlap=may_overlap)
        if start is None:
            failures += 1
            continue
        failures = 0
        item = replace(item, start=start, gain=_gain(rng, path, DISTANCES[name][0], difficulty))
        if seconds <= KEPT_SECONDS:
            kept[item.key] = sound
        chosen.append(item)
    placements = tuple(_apart(sorted(chosen, key=lambda item: item.start)))
    background, noise = draw_background(rng, placements, difficulty, BEDS[name])
    scene = Scene(
        seed=seed,
        world=world,
        duration=samples / SAMPLE_RATE,
        place=name,
        background=background,
        events=tuple(event_of(item) for item in placements),
    )
    return scene, Plan(scene, placements, sources, where.response, noise, samples, kept, where)


def _path(rng: np.random.Generator, source: Source, near: float, far: float) -> Path:
    """Somewhere between ``near`` and ``far`` metres, or a way between them."""
    length = source.length / SAMPLE_RATE
    if length < MOVING_SECONDS or far < ROOM_TO_MOVE * near or rng.random() >= MOVING:
        return still(round(float(np.exp(rng.uniform(np.log(near), np.log(far)))), 1))
    if source.kind == "sound" and far > 30 and rng.random() < 0.4:
        return passing(length, near * float(rng.uniform(1, 2)), float(rng.uniform(*SPEEDS)))
    one = near * float(rng.uniform(1, 1.5))
    ends = [one, min(far, one * float(rng.uniform(4, 10)))]
    first, last = ends if rng.random() < 0.5 else ends[::-1]
    return Path((Waypoint(0.0, first), Waypoint(length, last)))


def _gain(rng: np.random.Generator, path: Path, near: float, difficulty: Difficulty) -> float:
    """The peak of a source: as loud as any where the place is nearest, and softer by the distance."""
    closest = min(point.metres for point in path.waypoints)
    level = float(rng.uniform(*difficulty.level)) / 2 - 10 * np.log10(closest / near)
    return float(10 ** (max(level, SOFTEST) / 20))


def _apart(chosen: list[Placement]) -> list[Placement]:
    """All so much softer that no two of them together exceed ``HEADROOM``: their distances stay as they are heard."""
    highest = max(
        (sum(other.gain for other in chosen if other.start < item.end and item.start < other.end) for item in chosen),
        default=0.0,
    )
    return [replace(item, gain=item.gain * min(1.0, HEADROOM / highest)) for item in chosen]
