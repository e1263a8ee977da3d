"""What a topic is written with: lines, claims and beats, in a conversation or, for one person, a speech."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

import numpy as np

from afnext.scenes.scene import Emotion, FactKind, Manner
from afnext.scenes.talks.grammar import expand, plain_words, runs, tidy
from afnext.scenes.talks.script import Beat, Claim, Line, Person, Script
from afnext.scenes.talks.small_talk import (
    AFTER_CUT,
    BACK_CHANNELS,
    CUTS,
    HUSH,
    HUSH_ALONE,
    LINKS,
    NOISE,
    NOISE_ALONE,
    REACTIONS,
    TAILS,
)

Item = TypeVar("Item")

NODDED = 0.5
"""Share of long turns into which somebody says a back-channel."""
LONG = 7
"""Words of a long turn."""
CUT_OFF = 0.15
"""Share of long statements that wander off and are interrupted."""
PATIENCE = 1000
"""Draws before a list of words is taken to be used up."""
HUSHED, NOISY = 0.08, 0.05
"""Shares of beats in which everybody whispers, or shouts."""
MOODY = 0.2
"""Share of beats in which somebody is not neutral."""
MOODS: tuple[Emotion, ...] = ("happy", "sad", "angry", "afraid")


class Pen:
    """Writes one script. Everything random comes from ``rng``.

    Args:
        rng: the generator.
        cast: who takes part; one person gives a speech, and what only others would say is left out.
        used: titles that were used before in the same scene, so that no two talks of it are about the same thing.
        brief: whether the shortest forms are wanted.
        linked: whether a talk went before.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        cast: Sequence[Person],
        used: set[str] | None = None,
        *,
        brief: bool = False,
        linked: bool = False,
    ) -> None:
        self.rng = rng
        self.cast = tuple(cast)
        self.solo = len(self.cast) == 1
        self.brief = brief
        self.short = "this"
        self._used = set[str]() if used is None else used
        self._link = linked and not brief
        self._said = [0] * len(self.cast)
        self._drawn: set[str] = {person.name for person in self.cast}
        self._lines: list[Line] = []
        self._claims: list[Claim] = []
        self._known: dict[str, Claim] = {}
        self._beats: list[Beat] = []
        self._first = 0
        self._opening = -1
        self._manner: Manner = "plain"
        self._moods: dict[int, Emotion] = {}

    # -- people ---------------------------------------------------------------------------------------------------

    def name(self, who: int) -> str:
        """What the person is called."""
        return self.cast[who].name

    def other(self, *but: int) -> int:
        """Who has said least, none of ``but``; alone, the only one."""
        left = [who for who in range(len(self.cast)) if who not in but] or [0]
        fewest = min(self._said[who] for who in left)
        return self.pick([who for who in left if self._said[who] <= fewest])

    # -- choices --------------------------------------------------------------------------------------------------

    def chance(self, share: float) -> bool:
        """True in so many of all cases."""
        return bool(self.rng.random() < share)

    def pick(self, items: Sequence[Item]) -> Item:
        """One of them."""
        return items[int(self.rng.integers(len(items)))]

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """All of them in a random order."""
        return [items[int(index)] for index in self.rng.permutation(len(items))]

    def draw(self, words: Sequence[str]) -> str:
        """One of ``words`` that was not drawn before in this talk, nor holds one that was, nor is held by one."""
        chosen = self.pick(words)
        for _ in range(PATIENCE):
            if not any(_alike(chosen, before) for before in self._drawn):
                break
            chosen = self.pick(words)
        else:
            raise AssertionError(f"nothing left of {words[:3]}")
        self._drawn.add(chosen)
        return chosen

    def title(self, words: Sequence[str], full: str, short: str) -> str:
        """What the talk is about: ``full`` with one of ``words``, new in the scene; later it is called ``short``."""
        free = [word for word in words if full.format(word) not in self._used and word not in self._drawn]
        assert free, f"no title left for {full!r}"
        word = self.pick(free)
        self._drawn.add(word)
        title = full.format(word)
        self._used.add(title)
        self.short = short.format(word)
        return title

    def form(self, form: str, **slots: str) -> str:
        """One of the many forms of ``form``, to be used in a line and in a claim."""
        return expand(self.rng, form, **slots, short=self.short)

    # -- lines ----------------------------------------------------------------------------------------------------

    def say(
        self,
        who: int,
        form: str,
        *,
        emotion: Emotion | None = None,
        manner: Manner | None = None,
        brief: str | None = None,
        solo: str | None = None,
        steady: bool = False,
        **slots: str,
    ) -> int:
        """Somebody says ``form``; ``brief`` where little is wanted, ``solo`` in a speech (nothing, if it is empty).

        They say it in the manner of the beat and in the mood that they are in, unless told otherwise.

        Unless ``steady``, others may nod to it, or break in once it wanders off.

        Returns:
            The place of the line in the script.
        """
        if self.solo and solo is not None:
            form = solo
        elif self.brief and brief is not None:
            form = brief
        text = expand(self.rng, form, **slots, short=self.short)
        if not text:
            return len(self._lines) - 1
        if self._link:
            text = tidy(expand(self.rng, self.pick(LINKS)) + " " + text)
            self._link = False
        emotion = emotion or self._moods.get(who, "neutral")
        long = len(text.split()) >= LONG and not text.endswith("?")
        quiet = self.solo or self.brief or steady
        if long and not quiet and self.chance(CUT_OFF):
            return self._cut_off(who, text, emotion, manner)
        place = self._add(Line(who, text, manner=manner or self._manner, emotion=emotion))
        if long and not quiet and self.chance(NODDED):
            nod = expand(self.rng, BACK_CHANNELS)
            self._add(Line(self._anyone_but(who), nod, "back-channel", self._manner))
        return place

    def ask(
        self, who: int, to: int, form: str, *, named: bool = False, brief: str | None = None, **slots: str
    ) -> int | None:
        """Somebody asks ``to``, often by name and always if ``named``; None in a speech, where nobody asks."""
        if self.solo or who == to:
            return None
        text = expand(self.rng, brief if self.brief and brief is not None else form, **slots, short=self.short)
        if not text:
            return None
        if (named or self.chance(0.3)) and not (self.brief and not named):
            name, last = self.name(to), text[-1]
            text = f"{name}, {text}" if self.chance(0.5) or last not in "?.!" else f"{text[:-1]}, {name}{last}"
        return self.say(who, text, steady=True)

    def react(self, *but: int) -> None:
        """Perhaps somebody answers to what was said, none of ``but``."""
        if self.solo or self.brief or not self.chance(0.5):
            return
        form, emotion = self.pick(REACTIONS)
        self.say(self.other(*but), form, emotion=emotion, steady=True)

    def _cut_off(self, who: int, text: str, emotion: Emotion, manner: Manner | None) -> int:
        """A line that wanders off, somebody who breaks in, and perhaps an answer."""
        words = text.rstrip(".!,")
        tail = expand(self.rng, self.pick(TAILS))
        line = Line(who, f"{words}, {tail}", "turn", manner or self._manner, emotion, safe=len(words.split()))
        place = self._add(line)
        other = self._anyone_but(who)
        form, mood = self.pick(CUTS)
        cut = expand(self.rng, form, short=self.short)
        self._add(Line(other, cut, "interruption", self._manner, mood))
        if self.chance(0.6):
            self._add(Line(who, expand(self.rng, self.pick(AFTER_CUT)), "turn", self._manner))
        return place

    def _anyone_but(self, who: int) -> int:
        return self.pick([other for other in range(len(self.cast)) if other != who])

    def _add(self, line: Line) -> int:
        self._lines.append(line)
        if line.role != "back-channel":
            self._said[line.who] += len(line.text.split())
        return len(self._lines) - 1

    # -- claims ---------------------------------------------------------------------------------------------------

    def fact(
        self, kind: FactKind, about: str, value: str, who: int, *lines: int | None, before: str | None = None
    ) -> None:
        """``about`` is ``value``, as the ``lines`` prove; a later claim about it takes the place of an earlier one."""
        proof = tuple(sorted({line for line in lines if line is not None}))
        said = [plain_words(self._lines[line].text)[: self._lines[line].safe] for line in proof]
        for each in (value, before):
            assert each is None or any(runs(words, each) for words in said), f"{each!r} is not said: {said}"
        if (earlier := self._known.get(about)) is not None:
            assert before == earlier.value, f"{about!r} was {earlier.value!r}, not {before!r}"
            proof = tuple(sorted({*earlier.lines, *proof}))
        claim = Claim(kind, about, value, who, proof, before)
        self._known[about] = claim
        self._claims.append(claim)

    def known(self, about: str) -> str | None:
        """How things stand."""
        claim = self._known.get(about)
        return None if claim is None else claim.value

    # -- beats ----------------------------------------------------------------------------------------------------

    def beat(self) -> None:
        """What was written up to here is a beat. In some of those that follow people whisper or shout, or are moved."""
        self._close()
        if self.brief:
            return
        if self.chance(MOODY):
            self._moods = {int(self.rng.integers(len(self.cast))): self.pick(MOODS)}
        dice = self.rng.random()
        if dice < HUSHED:
            self._manner = "whispered"
            self.say(self.other(), HUSH, solo=HUSH_ALONE, steady=True)
        elif dice < HUSHED + NOISY:
            self._manner = "shouted"
            self.say(self.other(), NOISE, solo=NOISE_ALONE, steady=True)
        self._opening = len(self._lines)

    def script(self, topic: str) -> Script:
        """All that was written."""
        if len(self._lines) == self._opening:  # hushed, and then nothing was said
            del self._lines[self._first :]
        self._close()
        return Script(topic, self.cast, tuple(self._beats))

    def _close(self) -> None:
        if len(self._lines) > self._first:
            self._beats.append(Beat(tuple(self._lines[self._first :]), tuple(self._claims)))
        self._first, self._claims = len(self._lines), []
        self._manner, self._moods = "plain", {}


def _alike(one: str, other: str) -> bool:
    """Whether the words of one are among the other's, so that a listener could take one for the other."""
    first, second = _set(one), _set(other)
    return first <= second or second <= first


@lru_cache(maxsize=4096)
def _set(phrase: str) -> frozenset[str]:
    return frozenset(phrase.split())
