"""Everything that a training step touches, in one value."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch

from afnext.model.flamingo import Flamingo
from afnext.parallel.launch import World
from afnext.training.feed import SceneFeed
from afnext.training.heads import Heads
from afnext.training.optimizer import Optimizers
from afnext.training.recipe import Recipe


@dataclass(frozen=True)
class Stage:
    """A recipe made real; see ``build.py``."""

    recipe: Recipe
    model: Flamingo
    heads: Heads
    optimizer: Optimizers
    feed: SceneFeed
    validation: SceneFeed
    world: World
    """The process among those that train together."""
    precision: torch.dtype

    @property
    def device(self) -> torch.device:
        """What is computed on."""
        return self.world.device

    def autocast(self) -> AbstractContextManager[object]:
        """Compute in the stage's precision."""
        if self.precision == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, self.precision)
