"""Look-alikes: two recordings that are the same but for one thing, or for nothing at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from afnext.audio.spec import SAMPLE_RATE
from afnext.base.errors import SceneError
from afnext.scenes.forms.mix import HEADROOM, SHORTEST_SCENE, Difficulty, check_call, draw_background, draw_place
from afnext.scenes.plan import Placement, Plan, event_of, heard
from afnext.scenes.scene import Kind, Scene, Speaker
from afnext.scenes.sources import Samples, Source, Sources, root_mean_square
from afnext.scenes.speech.sentences import sentence
from afnext.scenes.talks.cast import Member, draw_cast
from afnext.scenes.talks.spoken import Saying, Utterances, say
from afnext.scenes.worlds import World

CHANGES = ("nothing", "order", "who", "words", "missing", "added")
"""In what the second recording may differ from the first."""
GAPS = (0.45, 1.6)
"""Seconds between one thing and the next."""
FEWEST, MOST = 3, 9
"""Things in a recording."""
SPEECH = 0.35
"""Share of them that is spoken; one at least, where speech is to change."""
LONGEST = 5.0
"""Seconds of one thing."""
PEAKS = (-12.0, -3.0)
LEAD = 0.3
"""Seconds before the first and behind the last."""
TRIES = 60


@dataclass(frozen=True)
class Item:
    """One thing that is heard, how loud, and who says it."""

    source: Source
    gain: float
    pause: float
    """Seconds before it."""
    member: Member | None = None


def compose_alike(seed: int, world: World, seconds: float, sources: Sources, change: str | None = None) -> list[Plan]:
    """Plans of two recordings of about ``seconds`` each that differ in one thing.

    They share their place, their background and, but for the change, their sources: the same events in another order,
    the same words from another speaker, other words from the same speaker, one event more or less, or the same again.

    Args:
        seed: of everything random.
        world: of the sources.
        seconds: length of each, 5 to 1800.
        sources: a bank, or sources made afresh.
        change: one of ``CHANGES``; by default any.

    Raises:
        SceneError: a number is out of range, the world is another, or the change is unknown.
        MissingToolError: a program that speaks is not installed.
    """
    check_call(seed, world, seconds, sources)
    if change is not None and change not in CHANGES:
        raise SceneError(f"change {change!r}", expected=", ".join(CHANGES))
    rng = np.random.default_rng((seed, 5))
    change = change or CHANGES[int(rng.integers(len(CHANGES)))]
    pair = _Pair(rng, world, sources)
    first = pair.items(seconds, spoken=change in ("who", "words"))
    second = pair.changed(first, change)
    sides = [first, second] if rng.random() < 0.5 else [second, first]
    difficulty = Difficulty(background=0.6, snr=(20.0, 40.0))
    place, response = draw_place(rng, world, difficulty)
    laid = [_lay(items, pair.speech, response) for items in sides]
    together = [placement for placements, _ in laid for placement in placements]
    background, noise = draw_background(rng, together, difficulty)
    plans = []
    for number, (items, (placements, samples)) in enumerate(zip(sides, laid, strict=True)):
        names = _names(items)
        events = tuple(
            event_of(placement).model_copy(
                update={"speaker": names[item.member.voice.identity] if item.member else None}
            )
            for item, placement in zip(items, placements, strict=True)
        )
        scene = Scene(
            seed=2 * seed + number,
            world=world,
            duration=samples / SAMPLE_RATE,
            place=place,
            background=background,
            events=events,
            speakers=_speakers(items, names),
        )
        plans.append(Plan(scene, tuple(placements), pair.speech, response, noise, samples))
    return plans


class _Pair:
    """What both recordings draw from."""

    def __init__(self, rng: np.random.Generator, world: World, sources: Sources) -> None:
        self.rng = rng
        self.world = world
        self.speech = Utterances(world, sources)
        self.cast = draw_cast(world, 3, rng)

    def items(self, seconds: float, *, spoken: bool) -> list[Item]:
        """Things for ``seconds``, each of a label of its own or, spoken, of another sentence."""
        items, left = list[Item](), seconds - 2 * LEAD
        for _ in range(TRIES):
            if len(items) == 1:  # two labels at least, or there is no other order
                item = self._heard(items)
            else:
                first = spoken and not items
                item = self._spoken() if first or self.rng.random() < SPEECH else self._heard(items)
            if item is None or (items and len(items) >= MOST):
                continue
            needed = item.source.length / SAMPLE_RATE + item.pause
            if needed > left and len(items) >= FEWEST:
                break
            items.append(item)
            left -= needed
        return [items[number] for number in self.rng.permutation(len(items))]

    def _spoken(self, text: str | None = None, member: Member | None = None) -> Item:
        member = member or self.cast[int(self.rng.integers(len(self.cast)))]
        saying = Saying(text or sentence(self.rng), member.voice)
        return self._item(self.speech.add(saying, say(saying)), member)

    def _heard(self, before: Sequence[Item]) -> Item | None:
        kind: Kind = "sound" if self.rng.random() < 0.75 else "music"
        source = self.speech.draw(self.rng, kind, None, round(LONGEST * SAMPLE_RATE))
        known = {item.source.label for item in before}
        return None if source is None or source.label in known else self._item(source)

    def _item(self, source: Source, member: Member | None = None) -> Item:
        gain = HEADROOM * 10 ** (float(self.rng.uniform(*PEAKS)) / 20)
        return Item(source, gain, float(self.rng.uniform(*GAPS)), member)

    def changed(self, items: list[Item], change: str) -> list[Item]:
        """``items`` with one thing changed."""
        ways: dict[str, Callable[[list[Item]], list[Item]]] = {
            "nothing": list,
            "order": self._reordered,
            "who": lambda items: self._said_again(items, same_words=True),
            "words": lambda items: self._said_again(items, same_words=False),
            "missing": self._without_one,
            "added": self._with_another,
        }
        return ways[change](items)

    def _reordered(self, items: list[Item]) -> list[Item]:
        """Two things of different labels change places."""
        pairs = [
            (one, other)
            for one in range(len(items))
            for other in range(one + 1, len(items))
            if items[one].source.label != items[other].source.label
        ]
        one, other = pairs[int(self.rng.integers(len(pairs)))]
        order = list(items)
        order[one], order[other] = items[other], items[one]
        return order

    def _said_again(self, items: list[Item], *, same_words: bool) -> list[Item]:
        """One sentence by another speaker of the same sex, or another sentence by the same speaker."""
        places = [number for number, item in enumerate(items) if item.member is not None]
        place = places[int(self.rng.integers(len(places)))]
        old = items[place]
        assert old.member is not None
        if same_words:
            again = self._spoken(old.source.text, self._another(old.member))
        else:
            again = self._spoken(None, old.member)
        return [*items[:place], replace(again, gain=old.gain, pause=old.pause), *items[place + 1 :]]

    def _another(self, member: Member) -> Member:
        """Somebody of the same sex with another voice, so that the label stays."""
        while True:
            for other in draw_cast(self.world, 3, self.rng):
                if other.voice.sex == member.voice.sex and other.voice.identity != member.voice.identity:
                    return other

    def _without_one(self, items: list[Item]) -> list[Item]:
        """Less something of a label of its own: of two alike in a row it would be open which one is missing."""
        labels = [item.source.label for item in items]
        places = [number for number, label in enumerate(labels) if labels.count(label) == 1]
        place = places[int(self.rng.integers(len(places)))]
        return [*items[:place], *items[place + 1 :]]

    def _with_another(self, items: list[Item]) -> list[Item]:
        for _ in range(TRIES):
            more = self._heard(items)
            if more is not None:
                place = int(self.rng.integers(len(items) + 1))
                return [*items[:place], more, *items[place:]]
        raise SceneError("no label but those that are heard already", do="use sources with more labels")


def _lay(items: Sequence[Item], sources: Sources, response: Samples | None) -> tuple[list[Placement], int]:
    """``items`` one after another, and the samples that they need."""
    placements, at = list[Placement](), LEAD
    for item in items:
        sound = heard(item.source, sources, response)
        start = round((at + item.pause) * SAMPLE_RATE)
        rms = root_mean_square(sound)
        placements.append(Placement(item.source, start, len(sound), rms, item.gain))
        at = (start + len(sound)) / SAMPLE_RATE
    return placements, max(round((at + LEAD) * SAMPLE_RATE), round(SHORTEST_SCENE * SAMPLE_RATE))


def _names(items: Sequence[Item]) -> dict[str, str]:
    """A letter for every voice, in the order in which they are first heard."""
    voices = dict.fromkeys(item.member.voice.identity for item in items if item.member)
    return {voice: chr(ord("A") + number) for number, voice in enumerate(voices)}


def _speakers(items: Sequence[Item], names: dict[str, str]) -> tuple[Speaker, ...]:
    members = {item.member.voice.identity: item.member for item in items if item.member}
    return tuple(
        Speaker(name=names[voice], voice=voice, sex=member.voice.sex, accent=member.accent)
        for voice, member in members.items()
    )
