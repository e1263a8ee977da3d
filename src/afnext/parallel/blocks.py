"""The repeated blocks of a module: what its weights are gathered by, and its activations recomputed by."""

from torch import nn


def repeated_blocks(module: nn.Module) -> list[nn.Module]:
    """The members of the outermost ``nn.ModuleList`` s of ``module``, in the order in which they are registered."""
    found: list[nn.Module] = []
    for child in module.children():
        found.extend(child if isinstance(child, nn.ModuleList) else repeated_blocks(child))
    return found
