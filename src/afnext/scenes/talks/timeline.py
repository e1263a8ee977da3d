"""When the lines of a talk are said: pauses, overlaps, back-channels and interruptions.

One speaker is never heard twice at once, nor are there ever three voices. Of two that overlap, one is a back-channel in
the other's turn, or breaks it off, or begins a little before the other has ended. No overlap touches a word that a fact
needs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from afnext.audio.spec import SAMPLE_RATE
from afnext.scenes.acoustics.places import reverberate
from afnext.scenes.sources import Samples, isolate, root_mean_square
from afnext.scenes.talks.grammar import runs
from afnext.scenes.talks.script import Line
from afnext.scenes.talks.spoken import FULL_SCALE, Saying, Spoken, cut_short, shortened

GAP, GAP_DEVIATION = 0.25, 0.32
"""Seconds from the end of a turn to the next speaker's start: mean and standard deviation, as in telephone talks
(Heldner and Edlund 2010, Pauses, gaps and overlaps in conversations, find means near a quarter of a second)."""
GAPS = (-0.45, 1.3)
"""Shortest and longest gap."""
PAUSE = (0.25, 0.7)
"""Between two utterances of one speaker."""
PARAGRAPH = (0.7, 1.6)
"""Between two paragraphs of a speech."""
BETWEEN_TALKS = (0.9, 2.2)
CLEAR = 0.06
"""Seconds between two utterances of one speaker at least, and around words that no overlap may touch."""
NOD_AFTER = 0.4
"""Seconds of a turn before anybody nods to it."""
NOD_BEFORE = 0.5
"""Seconds of a turn after a back-channel: longer than an overlap with the next turn, so that three never meet."""
BROKEN_OFF = (0.12, 0.45)
"""Seconds for which somebody who is interrupted goes on."""
PART = (0.3, 0.6)
"""How much is heard of the word in which that happens."""
SHORTEST_PART = 0.08
"""Seconds of it."""

Span = tuple[float, float]


@dataclass(frozen=True)
class Said:
    """A line and how it sounds.

    Attributes:
        place: of the line in the script.
        line: what the script says.
        saying: what it is made from.
        spoken: what was made.
        spans: seconds, earliest first, that must be heard clearly.
    """

    place: int
    line: Line
    saying: Saying
    spoken: Spoken
    spans: tuple[Span, ...]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.spoken.sound) / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Placed:
    """An utterance with its time. Seconds from the start of the recording; whole samples."""

    line: int
    """Place in the script."""
    saying: Saying
    spoken: Spoken
    who: int
    start: int
    """Sample."""
    length: int
    """Samples for which it is heard, in the room that it is in."""
    rms: float
    """Root mean square at peak 1, in that room."""

    @property
    def dry_end(self) -> float:
        """Seconds at which the voice ends; the room may answer longer."""
        return (self.start + len(self.spoken.sound)) / SAMPLE_RATE

    @property
    def end(self) -> float:
        """Seconds at which nothing is heard of it any more."""
        return (self.start + self.length) / SAMPLE_RATE


@dataclass
class Timeline:
    """Lays lines one behind the other.

    Attributes:
        rng: of all times.
        response: how the room answers a click; None outdoors.
        now: seconds at which the last turn ends.
        last: the last turn.
        placed: all utterances, in the order of the script.
        ends: seconds at which nothing is heard any more of each speaker.
        nods: when the last back-channel ends.
        guarded: seconds of the last turn that no overlap may touch.
        safe: words of the last turn that are said in any case.
        before: when the turn before the last ends.
    """

    rng: np.random.Generator
    response: Samples | None
    now: float
    last: Placed | None = None
    placed: tuple[Placed, ...] = ()
    ends: dict[int, float] = field(default_factory=dict)
    nods: float = 0.0
    guarded: tuple[Span, ...] = ()
    safe: int = 0
    before: float = 0.0

    def copy(self) -> "Timeline":
        """One that can be given up."""
        return replace(self, ends=dict(self.ends))

    def wait(self, between: Span) -> None:
        """A pause after all that was said."""
        self.now = max([self.now, *self.ends.values()]) + float(self.rng.uniform(*between))
        self.last = None

    def lay(self, lines: Sequence[Said]) -> None:
        """Place ``lines``; a back-channel for which there is no room is left out."""
        for said in lines:
            if said.line.role == "back-channel":
                self._nod(said)
            elif said.line.role == "interruption":
                self._break_in(said)
            else:
                self._turn(said)

    def _turn(self, said: Said) -> None:
        start = self.now
        if self.last is not None and self.last.who == said.line.who:
            start += float(self.rng.uniform(*PAUSE))
        elif self.last is not None:
            gap = float(np.clip(self.rng.normal(GAP, GAP_DEVIATION), *GAPS))
            needs = min([said.seconds / 2, *(since for since, _ in said.spans)])
            middle = (self.last.start / SAMPLE_RATE + self.last.dry_end) / 2
            # Not before the middle of the turn, its last word that counts, or what was nodded to it; and neither the
            # middle of this line nor what counts in it before the end of the turn.
            earliest = max(self._guarded() + CLEAR, middle, self.nods + CLEAR, self.now + CLEAR - needs)
            start = max(start + gap, min(earliest, self.now + CLEAR))
        self._put(said, max(start, self.ends.get(said.line.who, 0.0) + CLEAR))

    def _break_in(self, said: Said) -> None:
        """Cut off the last turn within a word that is not safe, and begin a little before that."""
        host = self.last
        assert host is not None, "nothing is interrupted"
        assert self.placed[-1] is host, "what is interrupted is the last turn"
        words = host.spoken.words
        word = words[int(self.rng.integers(self.safe + 1, len(words) - 1))]
        part = max(float(self.rng.uniform(*PART)) * (word.end - word.start), SHORTEST_PART)
        cut = round((word.start + min(part, 0.8 * (word.end - word.start))) * SAMPLE_RATE)
        shorter = self._heard(replace(host, saying=shortened(host.saying, cut), spoken=cut_short(host.spoken, cut)))
        self.placed = (*self.placed[:-1], shorter)
        self.last, self.now = shorter, shorter.dry_end
        self.ends[host.who] = shorter.end
        over = float(self.rng.uniform(*BROKEN_OFF))
        others = max(self._guarded(), self.nods, self.ends.get(said.line.who, 0.0)) + CLEAR
        self._put(said, max(self.now - over, others))

    def _nod(self, said: Said) -> None:
        """Lay a back-channel into the last turn, behind a word of it; or leave it out."""
        host = self.last
        if host is None:
            return
        who, begin, end = said.line.who, host.start / SAMPLE_RATE, host.dry_end
        earliest = max(begin + NOD_AFTER, self.before + CLEAR, self.ends.get(who, 0.0) + CLEAR, self.nods + CLEAR)
        times = [begin + word.end + float(self.rng.uniform(-0.05, 0.1)) for word in host.spoken.words]
        free = [
            time
            for time in times
            if earliest <= time <= end - NOD_BEFORE - said.seconds
            and not any(time < until + CLEAR and since - CLEAR < time + said.seconds for since, until in self.guarded)
        ]
        if free:
            nod = self._heard(_at(said, free[int(self.rng.integers(len(free)))]))
            self.placed = (*self.placed, nod)
            self.ends[who] = nod.end
            self.nods = nod.dry_end

    def _put(self, said: Said, start: float) -> None:
        """The next turn."""
        placed = self._heard(_at(said, start))
        self.placed = (*self.placed, placed)
        self.before = self.now
        self.last, self.now = placed, placed.dry_end
        self.ends[placed.who] = placed.end
        begin = placed.start / SAMPLE_RATE
        self.guarded = tuple((begin + since, begin + until) for since, until in said.spans)
        self.safe = said.line.safe or 0

    def _guarded(self) -> float:
        """When the last word ends that no overlap may touch."""
        return max((end for _, end in self.guarded), default=0.0)

    def _heard(self, placed: Placed) -> Placed:
        """With its length and loudness in the room."""
        sound = placed.spoken.sound.astype(np.float32) / np.float32(FULL_SCALE)
        if self.response is not None:
            sound = isolate(reverberate(sound, self.response))[0]
        return replace(placed, length=len(sound), rms=root_mean_square(sound))


def _at(said: Said, start: float) -> Placed:
    """``said`` at ``start``, its length and loudness yet unknown."""
    return Placed(said.place, said.saying, said.spoken, said.line.who, max(0, round(start * SAMPLE_RATE)), 0, 0.0)


def spans(spoken: Spoken, phrases: Sequence[str]) -> tuple[Span, ...]:
    """When each of ``phrases`` is said, earliest first."""
    texts = [word.text for word in spoken.words]
    return tuple(
        sorted(
            (spoken.words[at].start, spoken.words[at + len(phrase.split()) - 1].end)
            for phrase in phrases
            for at in runs(texts, phrase)
        )
    )
