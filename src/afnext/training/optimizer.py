"""AdamW over what a stage trains; matrices decay, vectors do not."""

from collections.abc import Iterable

import torch
from torch import nn

from afnext.training.recipe import OptimizerRecipe


def build_optimizer(parameters: Iterable[tuple[str, nn.Parameter]], recipe: OptimizerRecipe) -> torch.optim.AdamW:
    """An AdamW with two groups, decayed matrices and undecayed vectors, of the trainable ``parameters`` by name."""
    trainable = [parameter for _, parameter in sorted(parameters) if parameter.requires_grad]
    matrices = [parameter for parameter in trainable if parameter.ndim >= 2]
    vectors = [parameter for parameter in trainable if parameter.ndim < 2]
    groups = [{"params": matrices, "weight_decay": recipe.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, betas=recipe.betas, fused=True)
