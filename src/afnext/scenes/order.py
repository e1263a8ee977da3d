"""What a folder of scenes is made for, and what it will hold."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from afnext.audio.spec import MAX_SECONDS
from afnext.base.config import Frozen
from afnext.base.errors import SceneError
from afnext.scenes.asking.questions import ALL_SKILLS, CLIP_SKILLS, check_skills
from afnext.scenes.asking.skills import OF_MUSIC, OF_SCAPES, OF_TALKS
from afnext.scenes.asking.wording import Style
from afnext.scenes.forms.group import FORMS, check_forms, draw_form
from afnext.scenes.forms.mix import SHORTEST_SCENE
from afnext.scenes.worlds import WORLDS, World

ALONE = ("mix", "scape", "talk", "music", "needle")
"""Forms of one recording."""
OF_PAIRS = ("same_order", "what_changed")
"""Skills that only look-alikes give."""


class Order(Frozen):
    """The file ``scenes.json``. The same order finishes what an interrupted one began."""

    version: Literal[2] = 2
    hours: float
    seed: int
    world: World
    minutes: tuple[float, float]
    forms: tuple[str, ...]
    skills: tuple[str, ...] | None
    words: Style
    events: int | None

    @classmethod
    def checked(
        cls,
        *,
        hours: float,
        seed: int,
        world: World,
        minutes: tuple[float, float],
        forms: Collection[str] | None,
        skills: Collection[str] | None,
        words: Style,
        events: int | None,
    ) -> "Order":
        """An order that can be carried out; see ``write_scenes``.

        Raises:
            SceneError: a number is out of range, or a world, form or skill is unknown.
        """
        low, high = minutes
        if seed < 0:
            raise SceneError(f"seed {seed}", expected="0 or more")
        if not (math.isfinite(hours) and hours > 0):
            raise SceneError(f"{hours} hours of scenes", expected="more than 0 hours")
        if not SHORTEST_SCENE / 60 - 1e-9 <= low <= high <= MAX_SECONDS / 60:
            shortest, longest = SHORTEST_SCENE / 60, MAX_SECONDS / 60
            raise SceneError(
                f"scenes of {low} to {high} minutes", expected=f"{shortest:.3f} to {longest:g}, shortest first"
            )
        if world not in WORLDS:
            raise SceneError(f"world {world!r}", expected=f"one of {', '.join(WORLDS)}")
        check_skills(skills, (*ALL_SKILLS, *CLIP_SKILLS))
        wanted = tuple(FORMS) if forms is None else tuple(dict.fromkeys(forms))
        check_forms(wanted)
        if events is not None:
            if forms is not None and set(forms) != {"mix"}:
                raise SceneError(f"{events} events with forms {', '.join(forms)}", expected="the form mix alone")
            if not 0 <= events <= 60 * low:
                raise SceneError(f"{events} events in {60 * low:g} seconds", do="ask for fewer, or for longer scenes")
            wanted = ("mix",)
        elif forms is None and skills is not None:
            wanted = tuple(form for form in FORMS if any(form in forms_of(skill) for skill in skills))
        if not any(FORMS[form].shortest <= 60 * high and 60 * low <= FORMS[form].longest for form in wanted):
            least, most = min(FORMS[form].shortest for form in wanted), max(FORMS[form].longest for form in wanted)
            raise SceneError(
                f"{', '.join(wanted)} of {low:g} to {high:g} minutes",
                expected=f"some of {least / 60:.3f} to {most / 60:g} minutes",
            )
        chosen = None if skills is None else tuple(sorted(set(skills)))
        return cls(
            hours=hours,
            seed=seed,
            world=world,
            minutes=minutes,
            forms=wanted,
            skills=chosen,
            words=words,
            events=events,
        )


@dataclass(frozen=True)
class Item:
    """A recording, or several that are asked about together: ``seconds`` in all."""

    name: str
    number: int
    seed: int
    form: str
    seconds: float


def forms_of(skill: str) -> Sequence[str]:
    """The forms whose recordings may give a question of ``skill``."""
    if skill in CLIP_SKILLS:
        return ("alike",) if skill in OF_PAIRS else ("set", "alike")
    if skill in OF_TALKS:
        return ("talk",)
    if skill in OF_MUSIC:
        return ("music",)
    return ("scape",) if skill in OF_SCAPES else ALONE


def planned(order: Order) -> list[Item]:
    """What ``order`` asks for: forms by their shares, lengths even on a logarithmic scale, until the hours are full.

    Forms that are never as long or as short as the order wants are left out.
    """
    rng = np.random.default_rng(order.seed)
    shortest, longest = (60 * bound for bound in order.minutes)
    bounds = {name: (max(shortest, FORMS[name].shortest), min(longest, FORMS[name].longest)) for name in order.forms}
    forms = [name for name, (low, high) in bounds.items() if low <= high]
    left, items = order.hours * 3600, list[Item]()
    while left > 1e-6:
        form = draw_form(rng, forms)
        low, high = bounds[form]
        seconds = round(float(np.exp(rng.uniform(np.log(low), np.log(high)))), 1)
        seconds = min(max(seconds, low), high, max(left, low))
        left -= seconds
        number = len(items)
        seed = int(np.random.default_rng((order.seed, number)).integers(2**48))
        items.append(Item(f"{order.world}-{order.seed}-{number:05d}", number, seed, form, seconds))
    return items
