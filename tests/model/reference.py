"""The reference: transformers' models with our weights, and a twin that does by hand what they refuse."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import (
    AudioFlamingo3ForConditionalGeneration,
    MusicFlamingoForConditionalGeneration,
    WhisperFeatureExtractor,
)
from transformers.models.musicflamingo.modeling_musicflamingo import apply_rotary_time_emb
from transformers.utils import logging

from afnext.audio.windows import Window, kept_frames, stack
from afnext.model import weights
from afnext.model.cache import KeyValueCache, Pass
from afnext.model.config import FlamingoConfig
from afnext.model.decoder import Decoder
from afnext.model.flamingo import Flamingo
from afnext.model.stretches import Row

logging.disable_progress_bar()
CLASSES = {
    "musicflamingo": MusicFlamingoForConditionalGeneration,
    "audioflamingo3": AudioFlamingo3ForConditionalGeneration,
}


@dataclass(frozen=True)
class Pair:
    """The same weights twice."""

    ours: Flamingo
    theirs: Any


@dataclass(frozen=True)
class Clip:
    """A recording as both sides take it."""

    features: Tensor  # [W, 128, 3000] padded to 30 s
    windows: list[Window]

    @property
    def tokens(self) -> int:
        return sum(window.tokens for window in self.windows)

    @property
    def mask(self) -> Tensor:
        return (torch.arange(3000) < torch.tensor([window.frames for window in self.windows])[:, None]).long()


def lively(config: FlamingoConfig, seed: int = 0) -> Flamingo:
    """A model whose every tensor is random, with logits of the order of 5, and no bias or norm without effect."""
    torch.manual_seed(seed)
    model = Flamingo(config)
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            if name in {"decoder.embedding.weight", "decoder.head.weight"}:
                tensor.normal_()
            elif tensor.ndim == 1:
                tensor += 0.2 * torch.randn_like(tensor)
    return model.eval()


def pair(config: FlamingoConfig, folder: Path, seed: int = 0) -> Pair:
    """A lively model, and what transformers reads from the folder that we write."""
    ours = lively(config, seed)
    weights.save(ours, folder)
    theirs, told = CLASSES[config.family].from_pretrained(folder, output_loading_info=True)
    assert not any(told.values()), told
    return Pair(ours, theirs.eval())


@cache
def _extractor() -> WhisperFeatureExtractor:
    return WhisperFeatureExtractor(feature_size=128)


def listen(samples: np.ndarray) -> Clip:
    """What transformers' extractor makes of a recording, cut as its processor cuts."""
    chunks = [samples[first : first + 480_000] for first in range(0, len(samples), 480_000)]
    made = _extractor()(chunks, sampling_rate=16_000, return_attention_mask=True, return_tensors="pt")
    return clip(made["input_features"], made["attention_mask"].sum(-1).tolist())


def clip(features: Tensor, frames: Sequence[int]) -> Clip:
    """A recording of which window w holds ``frames[w]`` mel frames."""
    windows = [
        Window(mel[:, : kept_frames(valid)], 30.0 * index, valid, ((valid - 1) // 2 - 1) // 2 + 1)
        for index, (mel, valid) in enumerate(zip(features, frames, strict=True))
    ]
    return Clip(features, windows)


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    """A recording that changes all the time."""
    random = np.random.default_rng(seed)
    samples = random.standard_normal(round(seconds * 16_000)).astype(np.float32) * 0.1
    return samples * (1.2 + np.sin(np.arange(len(samples), dtype=np.float32) / 5_000))


def prompt(clips: Sequence[Clip], config: FlamingoConfig, seed: int = 0) -> list[int]:
    """Words, the clips in boundary tokens one after the other, and words."""
    random = np.random.default_rng(seed)
    words = random.integers(6, config.decoder.vocabulary, size=40).tolist()
    spans = [[config.sound_bos_id, *[config.sound_id] * item.tokens, config.sound_eos_id] for item in clips]
    return words[: 5 + seed % 7] + [token for span in spans for token in span] + words[20 + seed % 5 :]


@torch.no_grad()
def embed(model: Flamingo, ids: Tensor, clips: Sequence[Clip]) -> Tensor:
    """Our embeddings [B, L, C] of ``ids`` [B, L] and the clips of all rows in order."""
    windows = [window for item in clips for window in item.windows]
    return model.embed(ids, model.encode(*stack(windows)) if windows else None)


class Rows:
    """Conversations side by side in a cache, each in slots of its own, padded to one length outside of it."""

    def __init__(self, decoder: Decoder, rows: int, capacity: int, *, device: str = "cpu") -> None:
        self.store = KeyValueCache(decoder.config, rows * capacity, device=device, dtype=torch.float32)
        self.lengths = [0] * rows
        self._decoder = decoder
        self._starts = [row * capacity for row in range(rows)]

    def read(self, embeddings: Tensor, counts: Sequence[int] | None = None) -> Tensor:
        """Hidden states [B, L, C] of the new tokens [B, L, C], of which the first ``counts[b]`` are real."""
        counts = counts or [embeddings.shape[1]] * len(self.lengths)
        self.lengths = [length + count for length, count in zip(self.lengths, counts, strict=True)]
        rows = [
            Row(((start, start + length),), count)
            for start, length, count in zip(self._starts, self.lengths, counts, strict=True)
        ]
        flat = torch.cat([row[:count] for row, count in zip(embeddings, counts, strict=True)])[None]
        pieces = self._decoder(flat, step=Pass(self.store, rows))[0].split(list(counts))
        return torch.nn.utils.rnn.pad_sequence(list(pieces), batch_first=True)

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these only."""
        self.lengths = [self.lengths[row] for row in rows]
        self._starts = [self._starts[row] for row in rows]


@torch.no_grad()
def greedy(model: Flamingo, embeddings: Tensor, counts: Sequence[int], steps: int) -> list[list[int]]:
    """The ``steps`` likeliest tokens after each row, by the cache."""
    decoder = model.decoder
    rows = Rows(decoder, len(counts), max(counts) + steps - 1)
    hidden = rows.read(embeddings, counts)
    chosen = model.logits(hidden[torch.arange(len(counts)), torch.tensor(counts) - 1]).argmax(-1)
    said = [chosen]
    while len(said) < steps:
        chosen = model.logits(rows.read(decoder.embedding(said[-1])[:, None])[:, 0]).argmax(-1)
        said.append(chosen)
    return torch.stack(said, dim=1).tolist()


@torch.no_grad()
def theirs_embed(theirs: Any, ids: Tensor, clips: Sequence[Clip]) -> Tensor:
    """The twin: their tower, rotary and projector on one window after another, and each embedding placed by hand."""
    inner, heard = theirs.model, []
    for item in clips:
        for window, features, mask in zip(item.windows, item.features, item.mask, strict=True):
            hidden = inner.audio_tower(features[None], input_features_mask=mask[None]).last_hidden_state
            if hasattr(inner, "pos_emb"):
                seconds = window.start + torch.arange(750, dtype=torch.float32) * 0.04
                hidden = apply_rotary_time_emb(hidden, *inner.pos_emb(seconds[None], seq_len=750))
            heard += list(inner.multi_modal_projector(hidden)[0, : window.tokens])
    embeddings = theirs.get_input_embeddings()(ids)
    for row, place in (ids == theirs.config.audio_token_id).nonzero().tolist():
        embeddings[row, place] = heard.pop(0)
    assert not heard
    return embeddings
