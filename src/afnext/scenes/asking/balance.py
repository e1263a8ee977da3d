"""Keeping a set of questions fair: no answer, option, place or length is right more often than chance has it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from afnext.scenes.asking.phrasing import pick, shuffled
from afnext.scenes.asking.skills.draft import Draft
from afnext.scenes.asking.skills.text import NTH

MOST_OPTIONS = 4
POOL = 8
"""Wrong answers that are considered for the options."""
NEARNESS = 0.01
"""How much less an option is worth for every nearer one: it decides where all else is even."""
BORROWED = 4
"""Of them, at most so many from a pool."""
SPARE = 0.5
"""By how many questions an answer may be right more often than chance has it before no more of its kind are taken."""
SAMPLED = 64
"""Answers kept of a pool."""


@dataclass
class Tally:
    """Of one form of question: how often it was asked, each answer was right, and would have been by chance."""

    asked: int = 0
    right: Counter[str] = field(default_factory=Counter)
    chance: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    ranks: Counter[tuple[int, int]] = field(default_factory=Counter)
    """How often the right one was at a place among the options sorted by size, of so many."""

    lengths: Counter[tuple[int, int]] = field(default_factory=Counter)
    """How often so many of so many options were shorter than the right one."""

    def excess(self, answer: str) -> float:
        """By how many questions ``answer`` was right more often than a guess among the options would have been."""
        return self.right[answer] - self.chance[answer]


class Balance:
    """Counts what a set holds so far, and chooses what comes next by it. A fresh one chooses at random."""

    def __init__(self) -> None:
        self._tallies: dict[str, Tally] = defaultdict(Tally)
        self._places: Counter[tuple[int, int]] = Counter()
        self._lengths: Counter[tuple[int, int]] = Counter()
        self._pools: dict[str, dict[str, None]] = defaultdict(dict)

    def choose(self, drafts: Sequence[Draft], rng: np.random.Generator) -> Draft:
        """One of ``drafts``: of the form asked least so far, with the answer that was right least beyond chance."""
        fewest = min(self._tallies[draft.words.form].asked for draft in drafts)
        forms = sorted({one.words.form for one in drafts if self._tallies[one.words.form].asked == fewest})
        tally = self._tallies[form := pick(rng, forms)]
        mine = [draft for draft in drafts if draft.words.form == form]
        least = min(tally.excess(draft.answer) for draft in mine)
        answers = sorted({draft.answer for draft in mine if tally.excess(draft.answer) == least})
        answer = pick(rng, answers)
        return pick(rng, [draft for draft in mine if draft.answer == answer])

    def wants(self, draft: Draft) -> bool:
        """Whether the set stays fair with ``draft`` and options in it."""
        return self._tallies[draft.words.form].excess(draft.answer) < SPARE

    def options(self, draft: Draft, rng: np.random.Generator) -> tuple[str, ...] | None:
        """The options of ``draft``, the right one among them; None where no wrong answer is known."""
        tally = self._tallies[draft.words.form]
        near = list(dict.fromkeys(answer for answer in draft.near if answer != draft.answer))
        if draft.pool is not None:
            known = {answer.lower() for answer in (draft.answer, *near)}
            pool = [answer for answer in self._pools[draft.pool] if answer.lower() not in known]
            often = sorted(shuffled(rng, pool), key=tally.excess, reverse=True)
            near = near[: POOL - len(often[:BORROWED])] + often[:BORROWED]
        near = near[:POOL]
        if not near:
            return None
        sets = list(combinations(near, min(len(near), MOST_OPTIONS - 1)))
        sets = [sets[index] for index in rng.permutation(len(sets))]
        wrong = max(sets, key=lambda chosen: self._worth(tally, draft.answer, chosen, near))
        count = len(wrong) + 1
        rarest = min(self._places[count, place] for place in range(count))
        place = pick(rng, [place for place in range(count) if self._places[count, place] == rarest])
        options = shuffled(rng, wrong)
        options.insert(place, draft.answer)
        return tuple(options)

    def _worth(self, tally: Tally, answer: str, wrong: Sequence[str], near: Sequence[str]) -> float:
        """How much fairer the set becomes by these options: wrong ones that are often right, in uncommon places."""
        options = [answer, *wrong]
        count = len(options)
        fair = sum(tally.excess(option) for option in wrong)
        fair -= NEARNESS * sum(near.index(option) for option in wrong)
        rank = _rank(answer, options)
        if rank is not None:
            fair -= tally.ranks[count, rank] - min(tally.ranks[count, other] for other in range(count))
        shorter = _shorter(answer, options)
        if shorter is not None:
            for lengths in (self._lengths, tally.lengths):
                fair -= 0.5 * (lengths[count, shorter] - min(lengths[count, other] for other in range(count)))
        return fair

    def note(self, draft: Draft, options: Sequence[str] | None) -> None:
        """Count a question that was asked."""
        tally = self._tallies[draft.words.form]
        tally.asked += 1
        if draft.pool is not None and len(self._pools[draft.pool]) < SAMPLED:
            self._pools[draft.pool][draft.answer] = None
        closed = options or [draft.answer, *draft.near]
        if len(closed) > MOST_OPTIONS or len(closed) < 2:
            return
        count = len(closed)
        tally.right[draft.answer] += 1
        for option in closed:
            tally.chance[option] += 1 / count
        if options is None:
            return
        self._places[count, options.index(draft.answer)] += 1
        if (rank := _rank(draft.answer, options)) is not None:
            tally.ranks[count, rank] += 1
        if (shorter := _shorter(draft.answer, options)) is not None:
            self._lengths[count, shorter] += 1
            tally.lengths[count, shorter] += 1


def _rank(answer: str, options: Sequence[str]) -> int | None:
    """The place of ``answer`` among options sorted by their numbers; None where they have none."""
    numbers = [_number(option) for option in options]
    if None in numbers or len(set(numbers)) < len(numbers):
        return None
    mine = _number(answer)
    return sum(number < mine for number in numbers if number is not None and mine is not None)


def _number(text: str) -> float | None:
    """What a number, a length, a tempo or a span begins with, or which place it names; None of anything else."""
    head, *rest = text.removeprefix("<t>").replace("-", " ").split() or [""]
    if head == "the" and rest and rest[0] in NTH:
        return float(NTH.index(rest[0]))
    try:
        return float(head)
    except ValueError:
        return None


def _shorter(answer: str, options: Sequence[str]) -> int | None:
    """How many options are shorter than ``answer``; None where they are all as long."""
    lengths = [len(option) for option in options]
    return None if len(set(lengths)) == 1 else sum(length < len(answer) for length in lengths)
