"""Choosing what happens in a scene, when, how loud and where."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from pydantic import Field

from afnext.audio.spec import MAX_SECONDS, SAMPLE_RATE
from afnext.base.config import Frozen
from afnext.base.errors import SceneError
from afnext.scenes.acoustics import noise
from afnext.scenes.acoustics.noise import Noise
from afnext.scenes.acoustics.places import OPEN_AIR, ROOMS, ROOMS_EACH, impulse_response
from afnext.scenes.plan import Key, Placement, Plan, decibels, event_of, heard
from afnext.scenes.scene import KINDS, Background, Scene
from afnext.scenes.sources import Samples, Source, Sources, root_mean_square
from afnext.scenes.worlds import World

SHORTEST_SCENE = 5.0
"""Seconds."""
CLEAR = 0.3
"""Seconds between two events of one label, so that each can be counted and placed."""
HEADROOM = 0.89
"""Highest sum of the peaks of events that overlap."""
LOUDEST_NOISE = 0.02
"""Root mean square; its peaks, five times as high, fit over ``HEADROOM``."""
QUIET_NOISE = (-60.0, -45.0)
"""Decibels of full scale of the background of a scene without events."""
TRIES = 24
"""Random times tried for an event before it is given up, and events in a row given up before an order is refused."""
PATIENCE = 3
"""Events in a row given up before a scene of no ordered number is left as it is."""
KEPT_SECONDS = 60.0
"""Longest scene whose sounds stay in memory between composing and rendering."""


class Difficulty(Frozen):
    """How crowded and how noisy scenes are. Ranges are lowest and highest."""

    events: tuple[float, float] = (1.0, 6.0)
    """Events in ten seconds."""
    overlap: float = Field(default=0.25, ge=0, le=1)
    """Share of events that may sound while another does; never more than two at once, and one speaker at a time."""
    repeat: float = Field(default=0.35, ge=0, le=1)
    """Share of events whose label was heard before."""
    kinds: tuple[float, float, float] = (0.45, 0.3, 0.25)
    """Shares of sound, speech and music."""
    level: tuple[float, float] = (-20.0, -3.0)
    """Peak of an event in dB of full scale."""
    background: float = Field(default=0.7, ge=0, le=1)
    """Share of scenes with a steady noise."""
    snr: tuple[float, float] = (10.0, 40.0)
    """Decibels from that noise up to the quietest event."""
    reverberation: float = Field(default=0.5, ge=0, le=1)
    """Share of scenes in a room; the others are outdoors."""

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Difficulty":
        """A random one between sparse and quiet, and as crowded and noisy as the default allows."""
        hard = float(rng.random())
        return cls(
            events=(1.0, 2.0 + 4.0 * hard), overlap=0.4 * hard, snr=(30.0 - 20.0 * hard, 40.0), reverberation=hard
        )


def compose(
    seed: int,
    world: World,
    seconds: float,
    sources: Sources,
    difficulty: Difficulty | None = None,
    *,
    events: int | None = None,
) -> tuple[Scene, Plan]:
    """A scene of ``seconds`` and the plan to render it, the same for the same arguments.

    Args:
        seed: of everything random.
        world: of the sources; asked for so that no test scene is made from a training bank by mistake.
        seconds: length, 5 to 1800.
        sources: a bank, or sources made afresh.
        difficulty: how crowded and noisy.
        events: exactly so many. By default a random number by ``difficulty``, less those that find no room.

    Raises:
        SceneError: ``seconds`` is out of range, the world is another, or ``events`` do not fit.
    """
    difficulty = difficulty or Difficulty()
    check_call(seed, world, seconds, sources)
    if events is not None and not 0 <= events <= seconds:
        raise SceneError(f"{events} events in {seconds:g} seconds", expected=f"0 to {int(seconds)} events")
    rng = np.random.default_rng(seed)
    samples = round(seconds * SAMPLE_RATE)
    place, response = draw_place(rng, world, difficulty)
    tail = 0 if response is None else len(response) - 1

    wanted = max(1, round(rng.uniform(*difficulty.events) * seconds / 10)) if events is None else events
    chosen, kept = list[Placement](), dict[Key, Samples]()
    failures, patience = 0, PATIENCE if events is None else TRIES
    while len(chosen) < wanted and failures <= patience:
        # After some failures shorter sources are drawn: the gaps that are left may be short.
        source = draw_source(rng, sources, difficulty, chosen, (samples * 4 // 5) >> min(failures // 4, 3))
        start = None
        if source is not None:
            may_overlap = bool(rng.random() < difficulty.overlap)
            start = find_start(rng, chosen, samples, source, source.length + tail, may_overlap=may_overlap)
        if source is None or start is None:
            failures += 1
            continue
        sound = kept.get((*source.address, None))
        if sound is None:
            sound = heard(source, sources, response)
        if seconds <= KEPT_SECONDS:
            kept[(*source.address, None)] = sound
        chosen.append(Placement(source, start, len(sound), root_mean_square(sound)))
        failures = 0
    if events is not None and len(chosen) < events:
        fit = f"{len(chosen)} of {events} events fit into {seconds:g} seconds"
        raise SceneError(fit, do="ask for fewer, or for a longer scene")
    placements = with_gains(rng, sorted(chosen, key=lambda item: item.start), difficulty)
    background, noise_read = draw_background(rng, placements, difficulty)
    scene = Scene(
        seed=seed,
        world=world,
        duration=samples / SAMPLE_RATE,
        place=place,
        background=background,
        events=tuple(event_of(item) for item in placements),
    )
    return scene, Plan(scene, placements, sources, response, noise_read, samples, kept)


def check_call(seed: int, world: World, seconds: float, sources: Sources, shortest: float = SHORTEST_SCENE) -> None:
    """Raise where no scene can be made of these.

    Raises:
        SceneError: ``seconds`` is not between ``shortest`` and 1800, the seed negative, or the sources' world another.
    """
    if not shortest <= seconds <= MAX_SECONDS:
        raise SceneError(f"a scene of {seconds} seconds", expected=f"{shortest:g} to {MAX_SECONDS:g} seconds")
    if seed < 0:
        raise SceneError(f"seed {seed}", expected="0 or more")
    if world != sources.world:
        raise SceneError(f"world {world!r} with sources of world {sources.world!r}", expected="sources of that world")


def draw_place(rng: np.random.Generator, world: World, difficulty: Difficulty) -> tuple[str, Samples | None]:
    """A room and how it answers a click, or outdoors and None."""
    if rng.random() >= difficulty.reverberation:
        return OPEN_AIR, None
    place = list(ROOMS)[int(rng.integers(len(ROOMS)))]
    return place, impulse_response(world, place, int(rng.integers(ROOMS_EACH)))


def draw_source(
    rng: np.random.Generator, sources: Sources, difficulty: Difficulty, before: Sequence[Placement], longest: int
) -> Source | None:
    """A source of a label heard before, or of any."""
    if before and rng.random() < difficulty.repeat:
        again = before[int(rng.integers(len(before)))].source
        return sources.draw(rng, again.kind, again.label, longest)
    shares = np.cumsum(difficulty.kinds)
    kind = KINDS[int(np.searchsorted(shares, rng.random() * shares[-1], side="right"))]
    return sources.draw(rng, kind, None, longest)


def find_start(
    rng: np.random.Generator,
    taken: Sequence[Placement],
    samples: int,
    source: Source,
    length: int,
    *,
    may_overlap: bool,
) -> int | None:
    """A start at which ``source`` breaks no rule; None if none was found."""
    for _ in range(TRIES if length <= samples else 0):
        start = int(rng.integers(samples - length + 1))
        if _allowed(taken, source, start, start + length, may_overlap):
            return start
    return None


def _allowed(taken: Sequence[Placement], source: Source, start: int, end: int, may_overlap: bool) -> bool:
    clear = int(CLEAR * SAMPLE_RATE) + 1
    near = [item for item in taken if start < item.end + clear and item.start < end + clear]
    if any(item.source.label == source.label for item in near):
        return False
    touching = sorted((item for item in near if start < item.end and item.start < end), key=lambda item: item.start)
    if not touching:
        return True
    if not may_overlap or (source.kind == "speech" and any(item.source.kind == "speech" for item in touching)):
        return False
    # At most two at once: those that this one meets must not meet each other.
    return all(earlier.end <= later.start for earlier, later in pairwise(touching))


def with_gains(rng: np.random.Generator, chosen: Sequence[Placement], difficulty: Difficulty) -> tuple[Placement, ...]:
    """Each with a random peak, lowered where those that overlap would sum above ``HEADROOM``."""
    drawn = [float(10 ** (rng.uniform(*difficulty.level) / 20)) for _ in chosen]
    placements = []
    for item, gain in zip(chosen, drawn, strict=True):
        together = (
            other_gain
            for other, other_gain in zip(chosen, drawn, strict=True)
            if other.start < item.end and item.start < other.end
        )
        fitted = gain * min(1.0, HEADROOM / sum(together))
        placements.append(replace(item, gain=fitted))
    return tuple(placements)


def draw_background(
    rng: np.random.Generator, placements: Sequence[Placement], difficulty: Difficulty, bed: str | None = None
) -> tuple[Background | None, Noise | None]:
    """A steady noise or this bed, or none, so far below the quietest of ``placements`` as ``difficulty`` asks for."""
    if rng.random() >= difficulty.background:
        return None, None
    chosen = noise.draw(rng) if bed is None else noise.draw_bed(rng, bed)
    if not placements:
        return Background(kind=chosen.kind, level=float(rng.uniform(*QUIET_NOISE)), snr=0.0), chosen
    quietest = min(item.gain * item.rms for item in placements)
    rms = min(LOUDEST_NOISE, quietest * 10 ** (-float(rng.uniform(*difficulty.snr)) / 20))
    level, snr = decibels(rms), decibels(quietest / rms)
    return Background(kind=chosen.kind, level=level, snr=snr), chosen
