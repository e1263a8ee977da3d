"""Everything that a training step touches, in one value."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.utils.data import Dataset

from afnext.data.batch import Batch
from afnext.dialogue.template import Family
from afnext.model.flamingo import Flamingo
from afnext.parallel.launch import World
from afnext.training.heads import Heads
from afnext.training.optimizer import Optimizers
from afnext.training.recipe import Recipe


@dataclass(frozen=True)
class Stage:
    """A recipe made real; see ``build.py``."""

    recipe: Recipe
    model: Flamingo
    heads: Heads | None
    """What reads scenes' truth; None where rows are learnt."""
    optimizer: Optimizers
    feed: Dataset[Batch]
    validation: Dataset[Batch] | None
    steps: int
    validate_batches: int
    workers: int
    origin: Path | None
    """The folder that ``model.weights`` names, once it is found."""
    family: Family
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
