"""A set of questions for a test: about as many of each skill, and fair: it cannot be guessed without ears."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

import numpy as np

from afnext.scenes.asking.balance import Balance
from afnext.scenes.asking.questions import ALL_SKILLS, CLIP_SKILLS, Question, check_skills, drafted, finish
from afnext.scenes.asking.skills import ASK_CLIPS
from afnext.scenes.asking.skills.facts import Facts
from afnext.scenes.scene import Scene

SHARE = 1.5
"""How many times its even share of a set a skill may have, where scenes give few questions of others."""


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
        groups: the scenes. A group of one is asked about that scene, a larger one about its scenes together.
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
    most = math.ceil(SHARE * count / len(wanted))
    balance, asked, total = Balance(), Counter[str](), 0
    for number, group in enumerate(groups):
        rng = np.random.default_rng((seed, number))
        clips = [Facts(scene, "grammar") for scene in group]
        mine = [skill for skill in wanted if (skill in ASK_CLIPS) == (len(clips) > 1)]
        order = [mine[index] for index in rng.permutation(len(mine))]
        taken = 0
        for skill in sorted(order, key=asked.__getitem__):
            if total >= count:
                return
            if taken >= each or asked[skill] >= most:
                break
            drafts = drafted(skill, clips[0], rng) if len(clips) == 1 else ASK_CLIPS[skill](clips, rng)
            fair = [draft for draft in drafts if balance.wants(draft)]
            if fair:
                yield number, finish(skill, balance.choose(fair, rng), group, rng, choice=choice, balance=balance)
                asked[skill] += 1
                taken += 1
                total += 1
