"""Embeddings that cost nothing on the meta device."""

from torch import nn


class Embedding(nn.Embedding):
    """``nn.Embedding`` that draws nothing on the meta device, for which PyTorch would import its compiler (seconds)."""

    def reset_parameters(self) -> None:
        """Draw the weights, where there are any."""
        if not self.weight.is_meta:
            super().reset_parameters()
