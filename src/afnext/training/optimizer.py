"""What moves the weights of a stage: AdamW alone, or Muon for the matrices inside layers and AdamW for the rest."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from afnext.training.muon import Muon
from afnext.training.recipe import OptimizerRecipe

TABLES = ("embedding", "head.", "heads.")
"""Parts of the names of matrices that are look-up tables or read-outs: Muon is not for them."""


class Optimizers:
    """Several optimizers that step as one; parameters are numbered in the order of their groups."""

    def __init__(self, *parts: torch.optim.Optimizer) -> None:
        self.parts = parts

    @property
    def parameters(self) -> list[nn.Parameter]:
        """All that is moved."""
        return [parameter for part in self.parts for group in part.param_groups for parameter in group["params"]]

    def step(self, learning_rate: float) -> None:
        """Move every parameter by its gradient."""
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = learning_rate
            part.step()

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for part in self.parts:
            part.zero_grad(set_to_none=True)

    def state(self) -> dict[str, Tensor]:
        """Everything remembered, by parameter number and name."""
        known = [(number, self._of(p).state.get(p, {})) for number, p in enumerate(self.parameters)]
        return {f"{number}.{name}": torch.as_tensor(value) for number, state in known for name, value in state.items()}

    def empty_state(self, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Tensor]:
        """Room for what ``state`` gave: beside each parameter in its shards, elsewhere whole."""
        parameters = self.parameters
        room = {}
        for name, shape in shapes.items():
            parameter = parameters[int(name.split(".")[0])].detach()
            room[name] = torch.zeros_like(parameter) if shape == tuple(parameter.shape) else torch.zeros(shape)
        return room

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """Take back what ``state`` gave."""
        for number, parameter in enumerate(self.parameters):
            mine = {name.split(".", 1)[1]: value for name, value in tensors.items() if name.startswith(f"{number}.")}
            if mine:
                self._of(parameter).state[parameter] = {
                    name: value if value.ndim == 0 else value.to(parameter.device) for name, value in mine.items()
                }

    def _of(self, parameter: nn.Parameter) -> torch.optim.Optimizer:
        return next(
            part for part in self.parts for group in part.param_groups if any(p is parameter for p in group["params"])
        )


def build_optimizer(parameters: Iterable[tuple[str, nn.Parameter]], recipe: OptimizerRecipe) -> Optimizers:
    """The optimizers of the trainable ``parameters``, in order of name. Matrices decay, vectors do not."""
    trainable = sorted((name, parameter) for name, parameter in parameters if parameter.requires_grad)
    matrices = [(name, parameter) for name, parameter in trainable if parameter.ndim >= 2]
    vectors = [parameter for _, parameter in trainable if parameter.ndim < 2]
    inner = [p for name, p in matrices if recipe.method == "muon" and not any(table in name for table in TABLES)]
    outer = [p for _, p in matrices if not any(p is other for other in inner)]
    groups = [{"params": outer, "weight_decay": recipe.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    adamw = torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=recipe.betas, fused=True)
    if not inner:
        return Optimizers(adamw)
    return Optimizers(adamw, Muon(inner, recipe.learning_rate, weight_decay=recipe.weight_decay))
