"""AF-Whisper: log-mel windows to frames at 50 Hz and audio tokens at 25 Hz (Audio Flamingo 3, section 3.1)."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from afnext.model.attention import attend
from afnext.model.config import EncoderConfig
from afnext.model.embedding import Embedding


@dataclass(frozen=True)
class EncoderOutput:
    """What the encoder heard; places at or behind a window's count hold nothing."""

    frames: Tensor
    """[W, E, D] one vector every 20 ms, before pooling and norm."""
    tokens: Tensor
    """[W, E // 2, D] one vector every 40 ms, pooled and normed."""
    frame_counts: Tensor
    """[W] valid frames of each window."""
    token_counts: Tensor
    """[W] valid tokens of each window; 0 for a window shorter than 20 ms."""


class EncoderLayer(nn.Module):
    """Self-attention in both directions and a feed-forward, each behind a layer norm."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.attention_norm = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)
        self.feed_norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, config.feed_forward)
        self.down = nn.Linear(config.feed_forward, width)

    def forward(self, hidden: Tensor, mask: Tensor | None) -> Tensor:
        """[W, E, D] -> [W, E, D]; ``mask`` [W, 1, 1, E] is true at valid frames."""
        normed = self.attention_norm(hidden)
        # a CPU reads keys and values anew for every block of queries: a head's rows had better lie side by side
        query, key, value = (
            project(normed).unflatten(-1, (self.heads, -1)).transpose(1, 2).contiguous()
            for project in (self.query, self.key, self.value)
        )
        hidden = hidden + self.out(attend(query, key, value, mask=mask))
        hidden = hidden + self.down(F.gelu(self.up(self.feed_norm(hidden))))
        if hidden.dtype == torch.float16:
            limit = torch.finfo(torch.float16).max - 1000
            hidden = hidden.clamp(-limit, limit)
        return hidden


class Encoder(nn.Module):
    """Two convolutions, learned positions (never trained), transformer layers, pooling by two, layer norm."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.convolution_1 = nn.Conv1d(config.mel_bins, config.width, kernel_size=3, padding=1)
        self.convolution_2 = nn.Conv1d(config.width, config.width, kernel_size=3, stride=2, padding=1)
        self.positions = Embedding(config.positions, config.width)
        self.positions.requires_grad_(False)
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)

    def forward(self, mel: Tensor, frames: Tensor) -> EncoderOutput:
        """Encode windows at the length of the longest, each as if it were alone and padded to 30 s.

        Args:
            mel: [W, mel_bins, F] log-mel. Behind its valid frames a window carries at least two more, as zero samples
                give them, or ends at 30 s: the convolutions look that far. What stands behind those does not matter.
            frames: [W] valid mel frames, at least 1 each.
        """
        frame_counts = (frames.to(mel.device) - 1) // 2 + 1
        counts = frame_counts.tolist()
        longest = max(counts)
        assert min(counts) >= 1, "a window holds at least one mel frame"
        assert longest <= self.config.positions, (
            f"a window of {longest} frames; the encoder takes {self.config.positions}"
        )
        # The last valid frame sees mel frames up to 2 * longest; no valid frame attends to later ones: leave them out.
        needed = 2 * longest + 1
        assert mel.shape[-1] >= min(needed, 2 * self.config.positions), "a short window keeps two mel frames of padding"
        hidden = F.gelu(self.convolution_1(mel[..., :needed].to(self.convolution_1.weight.dtype)))
        hidden = F.gelu(self.convolution_2(hidden))[..., :longest]
        # laid out anew, for every sum to come keeps the layout of its first term
        hidden = hidden.transpose(1, 2).contiguous() + self.positions.weight[:longest]

        mask = None
        if min(counts) < longest:
            mask = (torch.arange(longest, device=mel.device) < frame_counts[:, None])[:, None, None, :]
        for layer in self.layers:
            hidden = layer(hidden, mask)

        pooled = F.avg_pool1d(hidden.transpose(1, 2), 2).transpose(1, 2) if longest > 1 else hidden[:, :0]
        return EncoderOutput(hidden, self.norm(pooled), frame_counts, frame_counts // 2)
