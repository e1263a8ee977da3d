"""Conversations of one to five people, and speeches: who says what to whom, when, how loud, and what it establishes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

import numpy as np

from afnext.audio.spec import MAX_SECONDS, SAMPLE_RATE
from afnext.base.errors import SceneError
from afnext.scenes.forms.mix import HEADROOM, KEPT_SECONDS, SHORTEST_SCENE, Difficulty, draw_background, draw_place
from afnext.scenes.plan import Key, Placement, Plan, decibels, heard
from afnext.scenes.scene import Emotion, Event, Fact, Manner, Role, Scene, SceneWord, Speaker, Talk
from afnext.scenes.sources import Samples, Source, Sources
from afnext.scenes.speech.delivery import delivery
from afnext.scenes.talks.cast import Member, draw_cast
from afnext.scenes.talks.script import Line, Script
from afnext.scenes.talks.spoken import Saying, Utterances, say
from afnext.scenes.talks.timeline import BETWEEN_TALKS, PARAGRAPH, Placed, Said, Timeline, spans
from afnext.scenes.talks.topics import MOST_SPEAKERS, TOPICS, write_script
from afnext.scenes.worlds import World

SECONDS_EACH = {1: 5.0, 2: 5.0, 3: 15.0, 4: 20.0, 5: 25.0}
"""Shortest talk of so many speakers in which each can say something."""
SECONDS_TO_DRAW = (12.0, 20.0, 30.0, 40.0)
"""Seconds from which on two, three, four, five speakers are drawn where none are asked for."""
TRIES = 12
"""Talks begun before an order is refused, and topics in a row that do not fit before a recording is full."""
TIGHT = 14.0
"""Seconds left in which only a brief talk fits."""
SHORTEST_TALK = 3.5
"""Seconds left in which none does."""
QUICKEST = 4.5
"""Words a second that nobody exceeds: what needs more is not even said."""
LEAD_IN = (0.1, 0.5)
LEVEL = (-32.0, -24.0)
"""Root mean square in dB of full scale of plain speech."""
LEVEL_DEVIATION = 1.5
"""Decibels between speakers."""
NOD_LEVEL = -4.0
"""Decibels of a back-channel below a turn."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something that one person says."""

    source: Source
    start: int
    """Sample of the recording."""
    length: int
    """Samples for which it is heard, in the room."""
    rms: float
    """Root mean square at peak 1, in the room."""
    gain: float
    """Decibels of its peak below full scale: by manner, emotion, role and speaker."""
    speaker: str
    """A name of the speakers."""
    role: Role
    manner: Manner
    emotion: Emotion

    @property
    def words(self) -> tuple[SceneWord, ...]:
        """With their times in the recording."""
        start = self.start / SAMPLE_RATE
        return tuple(SceneWord(word.start + start, word.end + start, word.text) for word in self.source.words)

    def placement(self) -> Placement:
        """It in a plan."""
        return Placement(self.source, self.start, self.length, self.rms, 10 ** (self.gain / 20))

    def event(self) -> Event:
        """It in the truth."""
        return Event(
            kind="speech",
            label=self.source.label,
            start=self.start / SAMPLE_RATE,
            end=(self.start + self.length) / SAMPLE_RATE,
            level=self.gain,
            source=self.source.source,
            text=self.source.text,
            words=self.words,
            speaker=self.speaker,
            manner=self.manner,
            emotion=self.emotion,
            role=self.role,
        )


@dataclass(frozen=True)
class Conversation:
    """Talks of the same people, one after another.

    Attributes:
        utterances: sorted by start.
        speakers: in the order in which they are first heard.
        talks: their events, and those of their facts, are places in ``utterances``.
        sources: says the utterances.
    """

    utterances: tuple[Utterance, ...]
    speakers: tuple[Speaker, ...]
    talks: tuple[Talk, ...]
    sources: Utterances


def compose_talk(
    seed: int,
    world: World,
    seconds: float,
    *,
    speakers: int | None = None,
    topics: Sequence[str] | None = None,
    difficulty: Difficulty | None = None,
) -> tuple[Scene, Plan]:
    """A scene of people who talk and the plan to render it, the same for the same arguments.

    Args:
        seed: of everything random.
        world: whose voices and rooms.
        seconds: length, 5 to 1800; a long one goes through several topics.
        speakers: exactly so many; by default a random number, fewer in a short recording.
        topics: some of ``TOPICS``; by default all.
        difficulty: of its background and its room.

    Raises:
        SceneError: a number is out of range, a topic unknown, or so many people have no room to speak.
        MissingToolError: a program that speaks is not installed.
    """
    difficulty = difficulty or Difficulty()
    if seed < 0:
        raise SceneError(f"seed {seed}", expected="0 or more")
    rng = np.random.default_rng((seed, 0))
    place, response = draw_place(rng, world, difficulty)
    talk = converse(seed, world, seconds, speakers=speakers, topics=topics, response=response)
    placements = tuple(utterance.placement() for utterance in talk.utterances)
    background, noise = draw_background(rng, placements, difficulty)
    samples = round(seconds * SAMPLE_RATE)
    scene = Scene(
        seed=seed,
        world=world,
        duration=samples / SAMPLE_RATE,
        place=place,
        background=background,
        events=tuple(utterance.event() for utterance in talk.utterances),
        speakers=talk.speakers,
        talks=talk.talks,
    )
    kept = dict[Key, Samples]()
    if seconds <= KEPT_SECONDS:
        kept = {item.key: heard(item.source, talk.sources, response) for item in placements}
    return scene, Plan(scene, placements, talk.sources, response, noise, samples, kept)


def converse(
    seed: int,
    world: World,
    seconds: float,
    *,
    speakers: int | None = None,
    topics: Sequence[str] | None = None,
    response: Samples | None = None,
    rest: Sources | None = None,
) -> Conversation:
    """What is said within ``seconds``, the same for the same arguments.

    Args:
        seed: of everything random.
        world: whose voices.
        seconds: all of it lies between 0 and this, 5 to 1800.
        speakers: exactly so many; by default a random number, fewer in a short time.
        topics: some of ``TOPICS``; by default all.
        response: how the room answers a click; None outdoors.
        rest: where the sounds come from that a scene holds beside the utterances, if it does.

    Raises:
        SceneError: a number is out of range, a topic unknown, or so many people have no room to speak.
        MissingToolError: a program that speaks is not installed.
    """
    if not SHORTEST_SCENE <= seconds <= MAX_SECONDS:
        raise SceneError(f"a talk of {seconds} seconds", expected=f"{SHORTEST_SCENE:g} to {MAX_SECONDS:g} seconds")
    if speakers is not None and speakers not in SECONDS_EACH:
        raise SceneError(f"{speakers} speakers", expected=f"1 to {MOST_SPEAKERS}")
    if speakers is not None and seconds < SECONDS_EACH[speakers]:
        raise SceneError(
            f"{speakers} speakers in {seconds:g} seconds", expected=f"at least {SECONDS_EACH[speakers]:g} seconds"
        )
    unknown = sorted(set(topics or ()) - set(TOPICS))
    if unknown or (topics is not None and not topics):
        raise SceneError(f"topic {unknown[0]!r}" if unknown else "no topic", expected=f"some of {', '.join(TOPICS)}")
    for attempt in range(TRIES):
        draft = _Draft(np.random.default_rng((seed, 1, attempt)), world, seconds, speakers, response)
        draft.fill(tuple(topics or TOPICS))
        if draft.talks and (speakers is None or len(draft.voices()) == speakers):
            return draft.finish(rest)
    raise SceneError(
        f"no talk of {speakers or 'any'} speakers fits into {seconds:g} seconds",
        do="ask for fewer, or for more seconds",
    )


@dataclass(frozen=True)
class _Laid:
    """A script of which so many beats were said, and where their utterances begin and end among all."""

    script: Script
    beats: int
    first: int
    last: int


class _Draft:
    """A conversation in the making."""

    def __init__(
        self, rng: np.random.Generator, world: World, seconds: float, speakers: int | None, response: Samples | None
    ) -> None:
        self.rng = rng
        self.world = world
        self.seconds = seconds
        if speakers is None:
            speakers = int(rng.integers(1, 2 + sum(seconds >= limit for limit in SECONDS_TO_DRAW)))
        self.cast: tuple[Member, ...] = draw_cast(world, speakers, rng)
        self.timeline = Timeline(rng, response, float(rng.uniform(*LEAD_IN)))
        self.talks: list[_Laid] = []

    def voices(self) -> set[int]:
        """Who is heard."""
        return {item.who for item in self.timeline.placed}

    def fill(self, topics: Sequence[str]) -> None:
        """Talk until no more fits."""
        used, failures = set[str](), 0
        order = cycle([topics[int(index)] for index in self.rng.permutation(len(topics))])
        while self._left() > SHORTEST_TALK and failures < TRIES:
            timeline = self.timeline.copy()
            if self.talks:
                timeline.wait(BETWEEN_TALKS)
            crowded = self.seconds < 2 * SECONDS_EACH[len(self.cast)]
            script = write_script(
                next(order),
                [member.person for member in self.cast],
                self.rng,
                used,
                brief=self._left() < TIGHT or (crowded and not self.talks),
                linked=bool(self.talks),
                greeted=not self.talks and (crowded or self.rng.random() < 0.4) and self.seconds > TIGHT,
            )
            failures = 0 if self._talk(script, timeline) else failures + 1

    def _left(self) -> float:
        return self.seconds - max([self.timeline.now, *self.timeline.ends.values()])

    def _talk(self, script: Script, timeline: Timeline) -> bool:
        """As many beats of ``script`` as there is time for; whether there was for one with a fact."""
        needed, first, place = _needed(script), len(self.timeline.placed), 0
        good: tuple[int, Timeline] | None = None
        for beats, beat in enumerate(script.beats, 1):
            words = sum(len(line.words) for line in beat.lines if line.role == "turn" and line.safe is None)
            if timeline.now + words / QUICKEST > self.seconds:
                break
            if beats > 1 and len(self.cast) == 1:
                timeline.wait(PARAGRAPH)
            timeline.lay([self._said(place + n, line, needed[place + n]) for n, line in enumerate(beat.lines)])
            if max(timeline.ends.values()) > self.seconds:
                break
            place += len(beat.lines)
            if script.claims(beats):
                good = beats, timeline
            timeline = timeline.copy()
        if good is None:
            return False
        beats, self.timeline = good
        self.talks.append(_Laid(script, beats, first, len(self.timeline.placed)))
        return True

    def _said(self, place: int, line: Line, needed: Sequence[str]) -> Said:
        saying = Saying(line.text, self.cast[line.who].voice, line.manner, line.emotion)
        spoken = say(saying)
        return Said(place, line, saying, spoken, spans(spoken, needed))

    def finish(self, rest: Sources | None) -> Conversation:
        """Sort it all, set the levels, and say what is known."""
        placed = self.timeline.placed
        shift = int(self.rng.uniform(0, self._left()) * SAMPLE_RATE) if self._left() > 0 else 0
        order = sorted(range(len(placed)), key=lambda index: (placed[index].start, index))
        where = {index: place for place, index in enumerate(order)}
        letters = {who: chr(ord("A") + n) for n, who in enumerate(dict.fromkeys(placed[index].who for index in order))}
        lines = [
            of_talk[item.line]
            for talk in self.talks
            for of_talk in [talk.script.lines()]
            for item in placed[talk.first : talk.last]
        ]
        gains = self._gains(lines)
        sources = Utterances(self.world, rest)
        utterances = []
        for index in order:
            item, line = placed[index], lines[index]
            utterances.append(
                Utterance(
                    source=sources.add(item.saying, item.spoken),
                    start=item.start + shift,
                    length=item.length,
                    rms=item.rms,
                    gain=gains[index],
                    speaker=letters[item.who],
                    role=line.role,
                    manner=line.manner,
                    emotion=line.emotion,
                )
            )
        said = {word.text for item in placed for word in item.spoken.words}
        speakers = tuple(
            Speaker(
                name=letter,
                voice=member.voice.identity,
                sex=member.voice.sex,
                accent=member.accent,
                called=member.person.name if member.person.name in said else None,
            )
            for who, letter in letters.items()
            for member in [self.cast[who]]
        )
        talks = tuple(self._truth(talk, where, letters) for talk in self.talks)
        return Conversation(tuple(utterances), speakers, talks, sources)

    def _truth(self, laid: _Laid, where: dict[int, int], letters: dict[int, str]) -> Talk:
        """The talk with its facts, by places in the whole."""
        indices = range(laid.first, laid.last)
        event = {self.timeline.placed[index].line: where[index] for index in indices}
        return Talk(
            topic=laid.script.topic,
            events=tuple(sorted(event.values())),
            facts=tuple(
                Fact(
                    kind=claim.kind,
                    about=claim.about,
                    value=claim.value,
                    before=claim.before,
                    speaker=letters[claim.who],
                    events=tuple(sorted(event[line] for line in claim.lines)),
                )
                for claim in laid.script.claims(laid.beats)
            ),
        )

    def _gains(self, lines: Sequence[Line]) -> list[float]:
        """The peak of every utterance in dB of full scale, low enough that no two together clip."""
        placed = self.timeline.placed
        level = float(self.rng.uniform(*LEVEL))
        of_speaker = [float(self.rng.normal(0, LEVEL_DEVIATION)) for _ in self.cast]
        gains = [
            level
            + of_speaker[item.who]
            + delivery(line.manner, line.emotion).level
            + (NOD_LEVEL if line.role == "back-channel" else 0.0)
            - decibels(item.rms)
            for item, line in zip(placed, lines, strict=True)
        ]
        highest = max(_together(placed, index, gains) for index in range(len(placed)))
        over = max(0.0, decibels(highest / HEADROOM))
        return [gain - over for gain in gains]


def _together(placed: Sequence[Placed], index: int, gains: Sequence[float]) -> float:
    """The peaks of an utterance and of those near it in the script that overlap with it, added up."""
    item = placed[index]
    near = range(max(index - 3, 0), min(index + 4, len(placed)))
    overlapping = [
        n
        for n in near
        if placed[n].start < item.start + item.length and item.start < placed[n].start + placed[n].length
    ]
    return sum(10 ** (gains[n] / 20) for n in overlapping)


def _needed(script: Script) -> list[list[str]]:
    """Of every line, what must be heard clearly for the facts to hold: values, what was before, and names."""
    needed: list[list[str]] = [[] for _ in script.lines()]
    names = [person.name for person in script.cast]
    for beat in script.beats:
        for claim in beat.claims:
            phrases = [
                claim.value,
                *([claim.before] if claim.before else []),
                *(name for name in names if name in claim.about.split()),
            ]
            for line in claim.lines:
                needed[line] += phrases
    return needed
