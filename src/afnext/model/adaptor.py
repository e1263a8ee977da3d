"""The adaptor: two linear layers with a GELU between, from the encoder's width to the decoder's."""

import torch.nn.functional as F
from torch import Tensor, nn


class Adaptor(nn.Module):
    """Projects audio tokens into the space of word embeddings."""

    def __init__(self, encoder_width: int, decoder_width: int) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(encoder_width, decoder_width)
        self.linear_2 = nn.Linear(decoder_width, decoder_width)

    def forward(self, tokens: Tensor) -> Tensor:
        """[..., encoder width] -> [..., decoder width]."""
        hidden: Tensor = self.linear_2(F.gelu(self.linear_1(tokens)))
        return hidden
