"""Several recordings that belong together: with the same kinds of sounds, the same speaker, or music to compare."""

from collections.abc import Callable, Mapping

import numpy as np

from afnext.audio.spec import MAX_SECONDS, SAMPLE_RATE
from afnext.base.errors import SceneError
from afnext.scenes.forms.concert import SHORTEST_CONCERT, compose_piece
from afnext.scenes.forms.mix import Difficulty, check_call, compose
from afnext.scenes.forms.talk import compose_talk
from afnext.scenes.music.form import Wishes
from afnext.scenes.plan import Plan
from afnext.scenes.scene import KINDS, Kind
from afnext.scenes.sources import LABELS, Samples, Source, Sources
from afnext.scenes.talks.topics import TOPICS
from afnext.scenes.worlds import World

CLIPS = (2, 4)
"""Recordings in a set, fewest and most."""
FEW = {"sound": 4, "speech": 2, "music": 2}
"""Labels of each kind that are drawn from: enough to differ, few enough to be heard in several."""


Way = Callable[[np.random.Generator, list[int], World, float, Sources], list[Plan]]
"""Plans by a generator, a seed each, the world, the seconds of each, and sources."""


class Few:
    """A :class:`~afnext.scenes.sources.Sources` that holds only some labels of another."""

    def __init__(self, sources: Sources, labels: Mapping[Kind, tuple[str, ...]]) -> None:
        self.world: World = sources.world
        self.sources = sources
        self.labels = labels

    def draw(self, rng: np.random.Generator, kind: Kind, label: str | None, longest: int) -> Source | None:
        """See :class:`~afnext.scenes.sources.Sources`."""
        if label is None:
            label = self.labels[kind][int(rng.integers(len(self.labels[kind])))]
        return self.sources.draw(rng, kind, label, longest)

    def load(self, source: Source) -> Samples:
        """See :class:`~afnext.scenes.sources.Sources`."""
        return self.sources.load(source)


def compose_related(seed: int, world: World, seconds: float, sources: Sources, clips: int | None = None) -> list[Plan]:
    """Plans of two to four recordings of ``seconds`` each that can be compared.

    Args:
        seed: of everything random.
        world: of the sources.
        seconds: length of each, 5 to 1800.
        sources: a bank, or sources made afresh.
        clips: how many; by default a random number.

    Raises:
        SceneError: a number is out of range, or the world is another.
        MissingToolError: a program that speaks or plays is not installed.
    """
    check_call(seed, world, seconds, sources)
    if clips is not None and not CLIPS[0] <= clips <= CLIPS[1]:
        raise SceneError(f"{clips} recordings", expected=f"{CLIPS[0]} to {CLIPS[1]}")
    rng = np.random.default_rng((seed, 6))
    count = clips or int(rng.integers(CLIPS[0], CLIPS[1] + 1))
    seeds = [int(number) for number in rng.integers(2**48, size=count)]
    ways: list[Callable[[np.random.Generator, list[int], World, float, Sources], list[Plan]]] = [
        _sounds,
        _sounds,
        _talks,
    ]
    if count == CLIPS[0]:
        ways.append(_speakers)
    if seconds >= SHORTEST_CONCERT:
        ways.append(_music)
    return ways[int(rng.integers(len(ways)))](rng, seeds, world, seconds, sources)


def _sounds(rng: np.random.Generator, seeds: list[int], world: World, seconds: float, sources: Sources) -> list[Plan]:
    """Mixes of the same few labels."""
    labels = {
        kind: tuple(LABELS[kind][int(number)] for number in rng.choice(len(LABELS[kind]), FEW[kind], replace=False))
        for kind in KINDS
    }
    few = Few(sources, {kind: _held(sources, rng, kind, names) for kind, names in labels.items()})
    difficulty = Difficulty(kinds=(0.7, 0.1, 0.2), repeat=0.3, overlap=0.1)
    return [compose(seed, world, seconds, few, difficulty)[1] for seed in seeds]


def _held(sources: Sources, rng: np.random.Generator, kind: Kind, labels: tuple[str, ...]) -> tuple[str, ...]:
    """Those of ``labels`` that ``sources`` hold, or all that they hold where there is none."""
    longest = MAX_SECONDS * SAMPLE_RATE

    def those(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(label for label in names if sources.draw(rng, kind, label, longest) is not None)

    return those(labels) or those(LABELS[kind])


def _talks(rng: np.random.Generator, seeds: list[int], world: World, seconds: float, sources: Sources) -> list[Plan]:
    """Talks about a topic each."""
    topics = rng.permutation(list(TOPICS))
    return [
        compose_talk(seed, world, seconds, topics=[str(topic)])[1] for seed, topic in zip(seeds, topics, strict=False)
    ]


def _speakers(rng: np.random.Generator, seeds: list[int], world: World, seconds: float, sources: Sources) -> list[Plan]:
    """Two speeches, by one person about two things or by two."""
    topics = [str(topic) for topic in rng.permutation(list(TOPICS))[:2]]
    if rng.random() < 0.5:
        seeds = [seeds[0], seeds[0]]  # the seed draws the speaker before the topic is known
    return [
        compose_talk(seed, world, seconds, speakers=1, topics=[topic])[1]
        for seed, topic in zip(seeds, topics, strict=True)
    ]


def _music(rng: np.random.Generator, seeds: list[int], world: World, seconds: float, sources: Sources) -> list[Plan]:
    """Pieces of one tempo each."""
    return [compose_piece(seed, world, seconds, pieces=1, wishes=Wishes(tempo="steady"))[1] for seed in seeds]
