"""Sounds that a listener would name, made by formula: no recording, no licence, and no two alike."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from afnext.base.errors import SceneError
from afnext.scenes.kinds import animals, nature, people, signals
from afnext.scenes.kinds.wave import Array
from afnext.scenes.trim import trim
from afnext.scenes.worlds import Dice, World

# To add a sound: a function from dice to samples in its family's file, and one line here.
# Pauses within a sound stay below half a second, so that it is heard as one event.
RECIPES: dict[str, tuple[str, Callable[[Dice], Array]]] = {
    "dog_bark": ("dog barking", animals.dog),
    "cat_meow": ("cat meowing", animals.cat),
    "cow_moo": ("cow mooing", animals.cow),
    "bird_chirp": ("bird chirping", animals.bird),
    "crickets": ("crickets", animals.crickets),
    "telephone_ring": ("telephone ringing", signals.telephone),
    "alarm_beep": ("alarm clock beeping", signals.alarm),
    "siren": ("siren", signals.siren),
    "car_horn": ("car horn", signals.horn),
    "bell": ("church bell", signals.bell),
    "whistling": ("person whistling", signals.whistling),
    "footsteps": ("footsteps", people.footsteps),
    "knocking": ("knocking on a door", people.knocking),
    "clapping": ("hands clapping", people.clapping),
    "typing": ("typing on a keyboard", people.typing),
    "clock_tick": ("clock ticking", people.ticking),
    "glass_break": ("glass breaking", people.glass),
    "rain": ("rain", nature.rain),
    "wind": ("wind", nature.wind),
    "thunder": ("thunder", nature.thunder),
    "water_drip": ("water dripping", nature.dripping),
    "engine": ("engine running", nature.engine),
    "helicopter": ("helicopter", nature.helicopter),
    "gunshot": ("gunshot", nature.gunshot),
}
KINDS: dict[str, str] = {kind: label for kind, (label, _) in RECIPES.items()}


def make(kind: str, world: World, rng: np.random.Generator) -> NDArray[np.float32]:
    """One sound [n] of this kind, 16 kHz mono, peak 1, from its onset to where it falls below -40 dB: 0.1 to 6 s.

    Raises:
        SceneError: the kind is not one of ``KINDS``.
    """
    if kind not in RECIPES:
        raise SceneError(f"sound {kind!r}", expected=f"one of {', '.join(RECIPES)}")
    return trim(RECIPES[kind][1](Dice(world, rng)))
