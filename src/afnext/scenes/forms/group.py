"""Recordings that are asked about together: mostly one, of any form."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from afnext.audio.spec import MAX_SECONDS
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
from afnext.scenes.scene import Channel
from afnext.scenes.sources import Sources
from afnext.scenes.worlds import World

Compose = Callable[[int, World, float, Sources], list[Plan]]


@dataclass(frozen=True)
class Form:
    """A form of recordings.

    Attributes:
        compose: makes recordings of so many seconds in all.
        shortest: seconds below which it does not.
        share: of the recordings of a folder, where nothing is asked for.
        longest: seconds in all that it makes of one order; more would not be more of the same.
    """

    compose: Compose
    shortest: float
    share: float
    longest: float = MAX_SECONDS


def _set(seed: int, world: World, seconds: float, sources: Sources) -> list[Plan]:
    most = min(CLIPS[1], int(seconds // SHORTEST_SCENE))
    clips = int(np.random.default_rng((seed, 7)).integers(CLIPS[0], most + 1))
    return compose_related(seed, world, round(seconds / clips, 1), sources, clips)


FORMS: dict[str, Form] = {
    "mix": Form(lambda *asked: [compose(*asked)[1]], SHORTEST_SCENE, 0.25),
    "scape": Form(lambda *asked: [compose_scape(*asked)[1]], SHORTEST_SCENE, 0.15),
    "talk": Form(lambda seed, world, seconds, _: [compose_talk(seed, world, seconds)[1]], SHORTEST_SCENE, 0.25),
    "music": Form(lambda seed, world, seconds, _: [compose_piece(seed, world, seconds)[1]], SHORTEST_CONCERT, 0.15),
    "needle": Form(lambda *asked: [compose_needle(*asked)[1]], SHORTEST_NEEDLE, 0.08),
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


def draw_form(rng: np.random.Generator, forms: Sequence[str]) -> str:
    """One of ``forms``, by their shares."""
    shares = np.array([FORMS[name].share for name in forms])
    return forms[int(rng.choice(len(forms), p=shares / shares.sum()))]


def compose_group(form: str, seed: int, world: World, seconds: float, sources: Sources) -> list[Plan]:
    """Plans of recordings of ``form``, ``seconds`` in all, as :func:`recorded`.

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
    return recorded(FORMS[form].compose(seed, world, seconds, sources), seed)


def recorded(plans: Sequence[Plan], seed: int) -> list[Plan]:
    """``plans`` of one group through a channel, or none, and told what of them cannot be heard."""
    rng = np.random.default_rng((seed, 8))
    # the same for all: look-alikes stay alike
    way = channel.draw(rng, plans[0].scene.world) if rng.random() < THROUGH else Channel()
    return [with_masks(through(plan, way)) for plan in plans]
