"""A set of questions for a test: about as many of each skill, and fair: it cannot be guessed without ears."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

import numpy as np

from afnext.scenes.asking.balance import Balance
from afnext.scenes.asking.questions import ALL_SKILLS, CLIP_SKILLS, Question, check_skills, drafted, finish
from afnext.scenes.asking.skills import ASK_CLIPS
from afnext.scenes.asking.skills.draft import Draft, Timed
from afnext.scenes.asking.skills.facts import Facts
from afnext.scenes.scene import Scene

SHARE = 1.5
"""How many times its even share of a set a skill may have, where scenes give few questions of others."""


class QuestionSet:
    """A set in the making: it asks what it holds least of.

    Args:
        skills: of which it is to hold questions, of ``ALL_SKILLS`` and ``CLIP_SKILLS``.
        most: questions of one skill.
        seed: the same arguments and groups give the same set.
        each: most questions about a group.
        choice: share of questions with options, among those that wrong answers are known for.
        closed: ask nothing for which no wrong answer is known.

    Raises:
        SceneError: a skill is unknown.
    """

    def __init__(
        self, skills: Sequence[str], most: int, seed: int, *, each: int = 5, choice: float = 1.0, closed: bool = False
    ) -> None:
        check_skills(skills, (*ALL_SKILLS, *CLIP_SKILLS))
        self.skills = skills
        self.most = most
        self.seed = seed
        self.each = each
        self.choice = choice
        self.closed = closed
        self.held = Counter[str]()
        self._balance = Balance()

    @property
    def missing(self) -> list[str]:
        """The skills that it may hold more of, those that it holds least of first."""
        return sorted((skill for skill in self.skills if self.held[skill] < self.most), key=self.held.__getitem__)

    def ask(self, group: Sequence[Scene], number: int, within: Timed | None = None) -> Iterator[Question]:
        """Questions about a group of scenes, in the grammar's words.

        Args:
            group: a group of one is asked about that scene, a larger one about its scenes together.
            number: of the group.
            within: ask only what is decided by what lies within this span of the (one) scene.
        """
        rng = np.random.default_rng((self.seed, number))
        clips = [Facts(scene, "grammar") for scene in group]
        mine = [skill for skill in self.skills if (skill in ASK_CLIPS) == (len(clips) > 1)]
        order = [mine[index] for index in rng.permutation(len(mine))]
        taken = 0
        for skill in sorted(order, key=self.held.__getitem__):
            if taken >= self.each or self.held[skill] >= self.most:
                return
            drafts = drafted(skill, clips[0], rng) if len(clips) == 1 else ASK_CLIPS[skill](clips, rng)
            fair = [draft for draft in drafts if self._balance.wants(draft) and self._fits(draft, within)]
            if fair:
                chosen = self._balance.choose(fair, rng)
                self.held[skill] += 1
                taken += 1
                yield finish(skill, chosen, group, rng, choice=self.choice, balance=self._balance)

    def _fits(self, draft: Draft, within: Timed | None) -> bool:
        if self.closed and not draft.near:
            return False
        if within is None:
            return True
        inside = all(within.start <= piece.start and piece.end <= within.end for piece in draft.evidence)
        return inside and bool(draft.evidence)


def question_set(
    groups: Iterable[Sequence[Scene]],
    count: int,
    seed: int,
    skills: Collection[str] | None = None,
    *,
    each: int = 5,
    choice: float = 1.0,
) -> Iterator[tuple[int, Question]]:
    """Up to ``count`` questions in the grammar's words, each with the number of its group.

    Args:
        groups: the scenes.
        count: how many; fewer if the groups do not give so many.
        seed: the same arguments give the same set.
        skills: only these, of ``ALL_SKILLS`` and ``CLIP_SKILLS``.
        each: most questions about a group: those of the skills that the set holds least of.
        choice: share of questions with options, among those that wrong answers are known for.

    Raises:
        SceneError: a skill is unknown.
    """
    known = (*ALL_SKILLS, *CLIP_SKILLS)
    check_skills(skills, known)
    wanted = [skill for skill in known if skills is None or skill in skills]
    made = QuestionSet(wanted, math.ceil(SHARE * count / len(wanted)), seed, each=each, choice=choice)
    total = 0
    for number, group in enumerate(groups):
        for question in made.ask(group, number):
            yield number, question
            total += 1
            if total >= count:
                return
