"""Recordings that are asked about together: mostly one, of any form."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from afnext.base.errors import SceneError
from afnext.scenes.acoustics import channel
from afnext.scenes.forms.alike import compose_alike
from afnext.scenes.forms.concert import SHORTEST_CONCERT, compose_piece
from afnext.scenes.forms.mix import SHORTEST_SCENE, compose
from afnext.scenes.forms.needle import SHORTEST as SHORTEST_NEEDLE
from afnext.scenes.forms.needle import compose_needle
from afnext.scenes.forms.related import CLIPS, compose_related
from afnext.scenes.forms.scape import compose_scape
from afnext.scenes.forms.talk import compose_talk
from afnext.scenes.masking import with_masks
from afnext.scenes.plan import Plan, through
from afnext.scenes.scene import Channel, Scene
from afnext.scenes.sources import Sources
from afnext.scenes.worlds import World

Made = list[tuple[Scene, Plan]]
Compose = Callable[[int, World, float, Sources], Made]


@dataclass(frozen=True)
class Form:
    """A form of recordings.

    Attributes:
        compose: makes recordings of so many seconds in all.
        shortest: seconds below which it does not.
        longest: seconds in all that it makes of one order; more would not be more of the same.
        share: of the recordings of a folder, where nothing is asked for.
    """

    compose: Compose
    shortest: float
    share: float
    longest: float = 1800.0


def _set(seed: int, world: World, seconds: float, sources: Sources) -> Made:
    most = min(CLIPS[1], int(seconds // SHORTEST_SCENE))
    clips = int(np.random.default_rng((seed, 7)).integers(CLIPS[0], most + 1))
    return compose_related(seed, world, round(seconds / clips, 1), sources, clips)


FORMS: dict[str, Form] = {
    "mix": Form(lambda seed, world, seconds, sources: [compose(seed, world, seconds, sources)], SHORTEST_SCENE, 0.25),
    "scape": Form(
        lambda seed, world, seconds, sources: [compose_scape(seed, world, seconds, sources)], SHORTEST_SCENE, 0.15
    ),
    "talk": Form(lambda seed, world, seconds, sources: [compose_talk(seed, world, seconds)], SHORTEST_SCENE, 0.25),
    "music": Form(lambda seed, world, seconds, sources: [compose_piece(seed, world, seconds)], SHORTEST_CONCERT, 0.15),
    "needle": Form(
        lambda seed, world, seconds, sources: [compose_needle(seed, world, seconds, sources)], SHORTEST_NEEDLE, 0.08
    ),
    "alike": Form(
        lambda seed, world, seconds, sources: compose_alike(seed, world, seconds / 2, sources),
        2 * SHORTEST_SCENE,
        0.05,
        60.0,
    ),
    "set": Form(_set, 2 * SHORTEST_SCENE, 0.07, 120.0),
}
"""Every form by its name."""
THROUGH = 0.25
"""Share of groups that went through a telephone, a codec, clipping, or wind and hands on the microphone."""


def check_forms(forms: Sequence[str]) -> None:
    """Raise where one of ``forms`` is unknown.

    Raises:
        SceneError: names it, and those there are.
    """
    unknown = sorted(set(forms) - set(FORMS))
    if unknown or not forms:
        raise SceneError(f"form {unknown[0]!r}" if unknown else "no form", expected=f"some of {', '.join(FORMS)}")


def draw_form(rng: np.random.Generator, seconds: float, forms: Sequence[str]) -> str | None:
    """One of ``forms`` in which ``seconds`` can be filled, by their shares; None if there is none."""
    fitting = [name for name in forms if FORMS[name].shortest <= seconds <= FORMS[name].longest]
    if not fitting:
        return None
    shares = np.array([FORMS[name].share for name in fitting])
    return fitting[int(rng.choice(len(fitting), p=shares / shares.sum()))]


def compose_group(form: str, seed: int, world: World, seconds: float, sources: Sources) -> Made:
    """Recordings of ``form``, ``seconds`` in all, with what masks what told, and their plans.

    Args:
        form: one of ``FORMS``.
        seed: of everything random.
        world: of the sources.
        seconds: length of all together.
        sources: a bank, or sources made afresh.

    Raises:
        SceneError: a number is out of the form's range.
        MissingToolError: a program that speaks or plays is not installed.
    """
    check_forms([form])
    rng = np.random.default_rng((seed, 8))
    way = channel.draw(rng, world) if rng.random() < THROUGH else Channel()  # the same for all: look-alikes stay alike
    plans = [with_masks(through(plan, way)) for _, plan in FORMS[form].compose(seed, world, seconds, sources)]
    return [(plan.scene, plan) for plan in plans]
