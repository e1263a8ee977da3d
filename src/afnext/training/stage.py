"""Everything that a training step touches, in one value."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import nn

from afnext.model.flamingo import Flamingo
from afnext.training.feed import SceneFeed
from afnext.training.heads import DenseHeads
from afnext.training.recipe import Recipe


@dataclass(frozen=True)
class Stage:
    """A recipe made real; see ``build.py``."""

    recipe: Recipe
    model: Flamingo
    heads: DenseHeads
    optimizer: torch.optim.AdamW
    feed: SceneFeed
    validation: SceneFeed
    device: torch.device
    precision: torch.dtype

    @property
    def trainable(self) -> list[nn.Parameter]:
        """The parameters that the optimizer moves."""
        return [parameter for group in self.optimizer.param_groups for parameter in group["params"]]

    def autocast(self) -> AbstractContextManager[object]:
        """Compute in the stage's precision."""
        if self.precision == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, self.precision)
