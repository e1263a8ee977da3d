"""Needles: long recordings in which one thing happens once, at a chosen place."""

from dataclasses import replace

import numpy as np

from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import SceneError
from afnext.scenes.forms.mix import HEADROOM, Difficulty, check_call, compose, draw_background, draw_place
from afnext.scenes.forms.talk import Conversation, converse
from afnext.scenes.plan import Placement, Plan, event_of, heard
from afnext.scenes.scene import Event, Kind, Scene, Talk
from afnext.scenes.sources import Source, Sources, root_mean_square
from afnext.scenes.worlds import World

SHORTEST = 20.0
"""Seconds."""
PAUSE = 0.6
"""Seconds of silence on each side of the needle."""
HAY = Difficulty(events=(0.7, 2.0), kinds=(0.65, 0.0, 0.35), overlap=0.1, snr=(20.0, 40.0))
"""What surrounds a sentence: no speech."""
LONGEST = 8.0
"""Seconds of a needle."""
PEAKS = (-12.0, -4.0)
"""Decibels of full scale of the needle."""
TRIES = 30


def compose_needle(
    seed: int, world: World, seconds: float, sources: Sources, *, position: float | None = None
) -> tuple[Scene, Plan]:
    """A recording with one sentence among sounds and music, or one sound in a conversation; and its plan.

    The needle is the only event of its kind, and nothing else sounds with it: see :func:`needle_of`.

    Args:
        seed: of everything random.
        world: of the sources.
        seconds: length, 20 to 1800.
        sources: a bank, or sources made afresh.
        position: where the needle lies, from 0 (the beginning) to 1 (the end); by default anywhere.

    Raises:
        SceneError: a number is out of range, or the world is another.
        MissingToolError: a program that speaks is not installed.
    """
    check_call(seed, world, seconds, sources, SHORTEST)
    if position is not None and not 0 <= position <= 1:
        raise SceneError(f"a needle at {position:g}", expected="0 (the beginning) to 1 (the end)")
    rng = np.random.default_rng((seed, 4))
    if position is None:
        position = float(rng.random())
    make = _in_sounds if rng.random() < 0.5 else _in_talk
    return make(rng, seed, seconds, sources, position)


def needle_of(scene: Scene) -> Event | None:
    """The one sound in a recording of talk, or the one utterance in any other; None where there is not just one."""
    kind = "sound" if scene.talks else "speech"
    alone = [event for event in scene.events if event.kind == kind]
    return alone[0] if len(alone) == 1 else None


def _in_sounds(
    rng: np.random.Generator, seed: int, seconds: float, sources: Sources, position: float
) -> tuple[Scene, Plan]:
    """A sentence among sounds and music."""
    scene, plan = compose(seed, sources.world, seconds, sources, HAY)
    source = _draw(rng, sources, "speech")
    sound = heard(source, sources, plan.response)
    pause = round(PAUSE * SAMPLE_RATE)
    start = pause + round(position * max(0, plan.samples - len(sound) - 2 * pause))
    others = [
        (item, event)
        for item, event in zip(plan.placements, scene.events, strict=True)
        if item.end + pause < start or item.start > start + len(sound) + pause
    ]
    rms = root_mean_square(sound)
    needle = Placement(source, start, len(sound), rms, _peak(rng))
    placements = [*(item for item, _ in others), needle]
    events = [*(event for _, event in others), event_of(needle)]
    order = sorted(range(len(placements)), key=lambda number: placements[number].start)
    told = scene.model_copy(update={"events": tuple(events[number] for number in order)})
    kept = plan.kept | ({needle.key: sound} if plan.kept else {})
    return told, replace(plan, scene=told, placements=tuple(placements[number] for number in order), kept=kept)


def _in_talk(
    rng: np.random.Generator, seed: int, seconds: float, sources: Sources, position: float
) -> tuple[Scene, Plan]:
    """A sound in a conversation that stops for it."""
    name, response = draw_place(rng, sources.world, Difficulty())
    source = _draw(rng, sources, "sound")
    sound = heard(source, sources, response)
    pause = round(PAUSE * SAMPLE_RATE)
    rest = seconds - (len(sound) + 2 * pause) / SAMPLE_RATE
    talk = converse(seed, sources.world, rest, response=response, rest=sources)
    border, number = _gap(talk, round(position * rest * SAMPLE_RATE))
    needle = Placement(source, border + pause, len(sound), root_mean_square(sound), _peak(rng))
    later = [
        replace(item, start=item.start + len(sound) + 2 * pause) if place >= number else item
        for place, item in enumerate(talk.utterances)
    ]
    placements, events = [item.placement() for item in later], [item.event() for item in later]
    placements.insert(number, needle)
    events.insert(number, event_of(needle))
    background, noise = draw_background(rng, placements, Difficulty())
    samples = round(seconds * SAMPLE_RATE)
    scene = Scene(
        seed=seed,
        world=sources.world,
        duration=samples / SAMPLE_RATE,
        place=name,
        background=background,
        events=tuple(events),
        speakers=talk.speakers,
        talks=tuple(_behind(each, number) for each in talk.talks),
    )
    return scene, Plan(scene, tuple(placements), talk.sources, response, noise, samples)


def _gap(talk: Conversation, sample: int) -> tuple[int, int]:
    """The sample nearest to ``sample`` at which nobody speaks, and how many utterances lie before it."""
    ends, latest = [0], 0
    for item in talk.utterances:
        latest = max(latest, item.start + item.length)
        ends.append(latest)
    starts: list[float] = [*(item.start for item in talk.utterances), float("inf")]
    gaps = [number for number, (end, start) in enumerate(zip(ends, starts, strict=True)) if end < start]
    number = min(gaps, key=lambda number: abs(ends[number] - sample))
    return ends[number], number


def _behind(talk: Talk, number: int) -> Talk:
    """``talk`` after an event was put before the one of this number."""

    def moved(events: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(index + (index >= number) for index in events)

    facts = tuple(fact.model_copy(update={"events": moved(fact.events)}) for fact in talk.facts)
    return talk.model_copy(update={"events": moved(talk.events), "facts": facts})


def _draw(rng: np.random.Generator, sources: Sources, kind: Kind) -> Source:
    for _ in range(TRIES):
        source = sources.draw(rng, kind, None, round(LONGEST * SAMPLE_RATE))
        if source is not None:
            return source
    raise SceneError(f"no {kind} of at most {LONGEST:g} seconds among the sources", do="use sources that have some")


def _peak(rng: np.random.Generator) -> float:
    return float(HEADROOM * 10 ** (rng.uniform(*PEAKS) / 20))
