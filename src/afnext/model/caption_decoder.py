"""The caption decoder: text that looks at an encoder's audio tokens by cross-attention, as Whisper's decoder does.

    ids [B, L] -> word and place embeddings -> layers, each looking at the text, then at the sound -> logits [B, L, V]

An encoder is taught to hear by it (Audio Flamingo 3, section 3.1) before a language model listens to that encoder; no
released model holds one. B rows, L tokens, T audio tokens, H heads, C its width, E the encoder's width, V words.
"""

import torch
import torch.nn.functional as F
from pydantic import Field, model_validator
from torch import Tensor, nn

from afnext.base.config import Frozen
from afnext.model.attention import Attention, attend
from afnext.model.decoder import CAUSAL
from afnext.model.embedding import Embedding
from afnext.model.initialise import deviate


class CaptionerConfig(Frozen):
    """The sizes of a caption decoder: by default those of AF-Whisper's (Audio Flamingo 3, appendix A), and what it does
    not give as in Whisper."""

    width: int = Field(1024, gt=0)
    layers: int = Field(24, gt=0)
    heads: int = Field(8, gt=0)
    feed_forward: int = Field(4096, gt=0)
    positions: int = Field(448, gt=1)
    """Tokens of the longest caption, with the one that begins it."""

    @model_validator(mode="after")
    def _check(self) -> "CaptionerConfig":
        if self.width % self.heads:
            raise ValueError(f"captioner width {self.width} is not a multiple of its {self.heads} heads")
        return self


class Look(nn.Module):
    """Attention behind a layer norm, to be added to what it was asked by; keys and values are of ``seen`` numbers."""

    def __init__(self, config: CaptionerConfig, seen: int) -> None:
        super().__init__()
        self.heads = config.heads
        self.norm = nn.LayerNorm(config.width)
        self.query = nn.Linear(config.width, config.width)
        self.key = nn.Linear(seen, config.width, bias=False)
        self.value = nn.Linear(seen, config.width)
        self.out = nn.Linear(config.width, config.width)

    def forward(self, hidden: Tensor, sound: Tensor | None, attention: Attention) -> Tensor:
        """[B, L, C] -> [B, L, C], of the ``sound`` [B, T, E]; without it, of the normed text itself."""
        normed = self.norm(hidden)
        seen = normed if sound is None else sound
        query, key, value = (
            project(what).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for project, what in ((self.query, normed), (self.key, seen), (self.value, seen))
        )
        looked: Tensor = self.out(attention(query, key, value))
        return looked


class CaptionLayer(nn.Module):
    """A look at the text before, a look at the sound, and a feed-forward."""

    def __init__(self, config: CaptionerConfig, seen: int) -> None:
        super().__init__()
        self.text = Look(config, config.width)
        self.sound = Look(config, seen)
        self.feed_norm = nn.LayerNorm(config.width)
        self.up = nn.Linear(config.width, config.feed_forward)
        self.down = nn.Linear(config.feed_forward, config.width)

    def forward(self, hidden: Tensor, sound: Tensor, attention: Attention, listening: Attention) -> Tensor:
        """[B, L, C] and ``sound`` [B, T, E] -> [B, L, C]."""
        hidden = hidden + self.text(hidden, None, attention)
        hidden = hidden + self.sound(hidden, sound, listening)
        fed: Tensor = self.down(F.gelu(self.up(self.feed_norm(hidden))))
        return hidden + fed


class CaptionDecoder(nn.Module):
    """Whisper's decoder over an encoder of width ``seen``; its head is the matrix of its word embeddings."""

    def __init__(self, config: CaptionerConfig, vocabulary: int, seen: int) -> None:
        super().__init__()
        self.config = config
        self.embedding = Embedding(vocabulary, config.width)
        self.positions = Embedding(config.positions, config.width)
        self.layers = nn.ModuleList(CaptionLayer(config, seen) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        if not self.embedding.weight.is_meta:
            self._initialise()

    def forward(
        self,
        ids: Tensor,
        sound: Tensor,
        *,
        positions: Tensor | None = None,
        attention: Attention = CAUSAL,
        listening: Attention = attend,
    ) -> Tensor:
        """Hidden states [B, L, C] of ``ids`` [B, L] about ``sound`` [B, T, E], an encoder's audio tokens.

        Rows are padded on the right, where no token looks. Rows whose sound is padded, and rows that hold several
        captions about several sounds, say by ``listening`` who hears what.

        Args:
            ids: of a caption's first tokens.
            sound: what it is about.
            positions: [B, L] where each token stands in its own caption; 0 to L - 1 by default.
            attention: which tokens see which; causal by default.
            listening: which tokens hear which audio tokens; all by default.
        """
        if positions is None:
            positions = torch.arange(ids.shape[1], device=ids.device)[None]
        hidden = self.embedding(ids) + self.positions(positions)
        for layer in self.layers:
            hidden = layer(hidden, sound, attention, listening)
        normed: Tensor = self.norm(hidden)
        return normed

    def logits(self, hidden: Tensor) -> Tensor:
        """Scores [..., V] of the next token after ``hidden`` [..., C]."""
        return F.linear(hidden, self.embedding.weight)

    @torch.no_grad()
    def write(self, sound: Tensor, counts: Tensor, *, start: int, stop: int, limit: int) -> list[list[int]]:
        """The likeliest caption of each row, word by word, without ``start`` and ``stop``; at most ``limit`` ids.

        Every word is computed from the first one on: there is no cache, for captions are short and only measured.

        Args:
            sound: [B, T, E] audio tokens, padded on the right.
            counts: [B] valid audio tokens of each row, at least 1 each.
            start: the id that begins every caption.
            stop: the id that ends one.
            limit: of ids.
        """
        heard = (torch.arange(sound.shape[1], device=sound.device) < counts[:, None])[:, None, None, :]
        ids = torch.full((len(sound), 1), start, device=sound.device)
        ended = torch.zeros(len(sound), dtype=torch.bool, device=sound.device)

        def listening(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
            return attend(query, key, value, mask=heard)

        for _ in range(min(limit, self.config.positions)):
            hidden = self(ids, sound, listening=listening)
            chosen = self.logits(hidden[:, -1]).argmax(-1)
            ids = torch.cat([ids, chosen[:, None]], dim=1)
            ended |= chosen == stop
            if ended.all():
                break
        written = [row[1:] for row in ids.tolist()]
        return [row[: row.index(stop)] if stop in row else row for row in written]

    @torch.no_grad()
    def _initialise(self) -> None:
        """As ``initialise`` draws a model's: see there."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                deviate(module)
            if isinstance(module, nn.Embedding):
                nn.init.normal_(module.weight, std=0.02)
        for layer in self.layers:
            assert isinstance(layer, CaptionLayer)
            for arm in (layer.text.out, layer.sound.out, layer.down):
                deviate(arm, 3 * len(self.layers))
