"""Choosing the next token of every conversation that is due one.  B rows, V vocabulary."""

from collections.abc import Sequence

import torch
from torch import Tensor

from afnext.inference.request import Sampling


class Chooser:
    """The settings and the state of one conversation: which ids it has seen, and its own stream of random numbers.

    It draws one number per token from its own generator on the CPU, so that neither what stands beside it nor the
    device changes what it draws.

    Args:
        sampling: the settings.
        prompt: the ids of the prompt; the repetition penalty counts them.
    """

    def __init__(self, sampling: Sampling, prompt: Sequence[int]) -> None:
        self.sampling = sampling
        self._prompt = prompt
        self._generator = torch.Generator().manual_seed(sampling.seed)
        self._seen: Tensor | None = None

    def seen(self, like: Tensor) -> Tensor:
        """[V] bool, the ids seen so far, of the width and on the device of ``like`` [..., V]."""
        if self._seen is None:
            self._seen = torch.zeros(like.shape[-1], dtype=torch.bool, device=like.device)
            self._seen[[index for index in set(self._prompt) if index < like.shape[-1]]] = True
        return self._seen

    def note(self, token: int) -> None:
        """The conversation goes on with ``token``."""
        if self._seen is not None:
            self._seen[token] = True

    def uniform(self) -> float:
        """The next random number, in [0, 1)."""
        return torch.rand((), generator=self._generator).item()


def choose(logits: Tensor, choosers: Sequence[Chooser]) -> list[int]:
    """The next id of each row of ``logits`` [B, V]. Rows know nothing of each other."""
    scores = logits.float()
    settings = [chooser.sampling for chooser in choosers]
    if any(item.repetition_penalty != 1 for item in settings):
        seen = torch.stack([chooser.seen(scores) for chooser in choosers])
        scores = penalise(scores, seen, _column([item.repetition_penalty for item in settings], scores))
    chosen = scores.argmax(dim=-1)
    drawing = [row for row, item in enumerate(settings) if item.temperature > 0]
    if drawing:
        chosen[drawing] = draw(
            scores[drawing] / _column([settings[row].temperature for row in drawing], scores),
            _column([settings[row].top_p for row in drawing], scores),
            _column([choosers[row].uniform() for row in drawing], scores),
        )
    ids: list[int] = chosen.tolist()
    return ids


def penalise(scores: Tensor, seen: Tensor, penalty: Tensor) -> Tensor:
    """Scores [B, V] with the repetition penalty [B, 1] on the ids ``seen`` [B, V].

    A positive score is divided by the penalty and a negative one multiplied (Keskar et al. 2019; so in
    ``transformers``).
    """
    return torch.where(seen, torch.where(scores < 0, scores * penalty, scores / penalty), scores)


def draw(scores: Tensor, top_p: Tensor, uniform: Tensor) -> Tensor:
    """One id per row [B], drawn from softmax(scores [B, V]) cut to its nucleus.

    The nucleus is the smallest set of likeliest ids whose probability reaches ``top_p`` [B, 1] (Holtzman et al. 2020).
    The draw turns ``uniform`` [B, 1], in [0, 1), into an id by the inverse of the cumulative distribution.
    """
    probability, order = scores.softmax(dim=-1).sort(dim=-1, descending=True, stable=True)
    before = probability.cumsum(dim=-1) - probability
    nucleus = torch.where(before < top_p, probability, 0)
    nucleus[:, 0] = probability[:, 0]
    cumulative = nucleus.cumsum(dim=-1)
    index = torch.searchsorted(cumulative, uniform * cumulative[:, -1:], right=True)
    # rounding may point behind the nucleus; its last member is meant
    last = (nucleus > 0).sum(dim=-1, keepdim=True) - 1
    return order.gather(1, index.minimum(last))[:, 0]


def _column(values: Sequence[float], like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=like.dtype, device=like.device)[:, None]
