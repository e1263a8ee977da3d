"""Three worlds that share no source: a test scene never holds a voice, a patch or a parameter that training heard."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

World = Literal["train", "validation", "test"]
WORLDS: tuple[World, ...] = get_args(World)

# A range is cut into ten slices dealt out in this order. Train holds both ends: the others lie between what it heard.
SLICES: tuple[World, ...] = ("train", "test", "train", "validation", "train") * 2
MARGIN = 0.05  # of a slice, left empty at each side: neighbours in different worlds never touch


@dataclass(frozen=True)
class Dice:
    """Random draws for one world from one generator."""

    world: World
    rng: np.random.Generator

    def between(self, low: float, high: float) -> float:
        """A number from this world's slices of ``[low, high]``: for what a listener could tell two sources by."""
        mine = [index for index, owner in enumerate(SLICES) if owner == self.world]
        place = self.rng.choice(mine) + self.rng.uniform(MARGIN, 1 - MARGIN)
        return low + (high - low) * float(place) / len(SLICES)

    def ratio(self, low: float, high: float) -> float:
        """As ``between``, even on a logarithmic scale: for frequencies."""
        return math.exp(self.between(math.log(low), math.log(high)))

    def any(self, low: float, high: float) -> float:
        """A number from all of ``[low, high]``, whatever the world: for the small irregularities within one sound."""
        return float(self.rng.uniform(low, high))

    def count(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included, whatever the world."""
        return int(self.rng.integers(low, high + 1))
