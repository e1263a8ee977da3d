"""Weights averaged over the steps: e <- d e + (1 - d) w after each; what the last steps disagree on evens out."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from pydantic import Field
from torch import Tensor, nn

from afnext.base.config import Frozen


class EmaRecipe(Frozen):
    """An exponential moving average of the weights that are trained."""

    decay: float = Field(0.999, ge=0, lt=1)
    """Share of the average that a step keeps. At step n it is at most (1 + n) / (10 + n), so that the beginning is soon
    forgotten."""
    export: bool = True
    """Whether the averages are what is measured and comes out; otherwise they are only kept in the checkpoint."""


class Averages:
    """The averages of ``parameters``, each beside its parameter: a parameter in shards has its average in shards."""

    def __init__(self, parameters: Iterable[tuple[str, nn.Parameter]], recipe: EmaRecipe) -> None:
        self.recipe = recipe
        self.parameters = {name: parameter for name, parameter in parameters if parameter.requires_grad}
        self.values: dict[str, Tensor] = {
            name: parameter.detach().clone() for name, parameter in self.parameters.items()
        }

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after step ``step``, counted from 0."""
        decay = min(self.recipe.decay, (1 + step) / (10 + step))
        for name, parameter in self.parameters.items():
            self.values[name].lerp_(parameter.detach(), 1 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The model with its averages as weights."""
        trained = {name: parameter.detach().clone() for name, parameter in self.parameters.items()}
        self._take(self.values)
        try:
            yield
        finally:
            self._take(trained)

    @torch.no_grad()
    def _take(self, values: dict[str, Tensor]) -> None:
        for name, parameter in self.parameters.items():
            parameter.copy_(values[name])
