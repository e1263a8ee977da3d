"""The model: windows of sound and token ids in, logits out.

    mel [W, 128, F] -> encoder [W, T, D] -> time rotary -> adaptor [N, C] -+
    ids [B, L] -> word embeddings [B, L, C] ----------------------------- fusion -> decoder -> logits [B, L, V]

W windows of at most 30 s, N audio tokens in all of them. Which window belongs to which clip, row and turn is told by
their order alone: the n-th ``<sound>`` id, row by row, is the n-th audio token.
"""

import torch
from torch import Tensor, nn

from afnext.model.adaptor import Adaptor
from afnext.model.config import FlamingoConfig
from afnext.model.decoder import Decoder
from afnext.model.encoder import Encoder, EncoderOutput
from afnext.model.fusion import fuse
from afnext.model.initialise import initialise
from afnext.model.time_rotary import rotate_time, time_angles


class Flamingo(nn.Module):
    """Music Flamingo, Audio Flamingo Next and (without the time rotary) Audio Flamingo 3."""

    def __init__(self, config: FlamingoConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config.encoder)
        self.adaptor = Adaptor(config.encoder.width, config.decoder.width)
        self.decoder = Decoder(config.decoder)
        if not self.decoder.embedding.weight.is_meta:  # there, nothing is drawn and the time is lost
            initialise(self)

    def project(self, heard: EncoderOutput, starts: Tensor) -> Tensor:
        """Audio tokens [N, C] of ``heard``, in order, of windows that begin at ``starts`` [W] seconds."""
        tokens, rotary = heard.tokens, self.config.time_rotary
        if rotary is not None:
            sizes = self.config.encoder
            begins = starts.to(tokens.device, torch.float32)
            tokens = rotate_time(tokens, time_angles(begins, tokens.shape[1], sizes.width, sizes.tokens, rotary))
        valid = torch.arange(tokens.shape[1], device=tokens.device) < heard.token_counts[:, None]
        projected: Tensor = self.adaptor(tokens[valid])
        return projected

    def encode(self, mel: Tensor, frames: Tensor, starts: Tensor) -> Tensor:
        """Audio tokens [N, C] of windows, one window after the other.

        Args:
            mel: [W, 128, F] log-mel (what must stand behind the valid frames: see ``Encoder.forward``).
            frames: [W] valid mel frames.
            starts: [W] seconds between the beginning of the clip and that of the window.
        """
        return self.project(self.encoder(mel, frames), starts)

    def embed(self, ids: Tensor, audio: Tensor | None = None) -> Tensor:
        """Embeddings [B, L, C] of ``ids`` [B, L], with ``audio`` [N, C] at its places."""
        return fuse(ids, self.decoder.embedding(ids), audio, self.config.sound_id)

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores [..., V] of the next token after ``hidden`` [..., C]."""
        scores: Tensor = self.decoder.head(hidden)
        return scores

    def forward(
        self, ids: Tensor, mel: Tensor | None = None, frames: Tensor | None = None, starts: Tensor | None = None
    ) -> Tensor:
        """Logits [B, L, V] of ``ids`` [B, L], padded on the right, and of the windows they speak of, if any."""
        audio = None
        if mel is not None and frames is not None and starts is not None:
            audio = self.encode(mel, frames, starts)
        return self.logits(self.decoder(self.embed(ids, audio)))
