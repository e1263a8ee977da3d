"""Choosing the next token of every row of a batch.  B rows, V vocabulary."""

from collections.abc import Sequence

import torch
from torch import Tensor

from afnext.inference.request import Sampling


class Sampler:
    """The settings and the state of each row: which ids it has seen, and its own stream of random numbers.

    A row draws one number per token from its own generator on the CPU, so that neither the batch around it nor the
    device changes what it draws.

    Args:
        settings: one per row.
        prompts: the ids of each row's prompt; the repetition penalty counts them.
        vocabulary: V, the width of the logits.
        device: where the logits are.
    """

    def __init__(
        self, settings: Sequence[Sampling], prompts: Sequence[Sequence[int]], vocabulary: int, device: torch.device
    ) -> None:
        self._settings = list(settings)
        self._generators = [torch.Generator().manual_seed(item.seed) for item in settings]
        self._seen: Tensor | None = None  # [B, V] bool, kept only where a row asks for the penalty
        if any(item.repetition_penalty != 1 for item in settings):
            self._seen = torch.zeros(len(settings), vocabulary, dtype=torch.bool, device=device)
            for row, ids in enumerate(prompts):
                inside = [index for index in set(ids) if index < vocabulary]
                self._seen[row, inside] = True

    def choose(self, logits: Tensor) -> list[int]:
        """The next id of each row from ``logits`` [B, V]; marks it as seen."""
        scores = logits.float()
        if self._seen is not None:
            penalties = self._column([item.repetition_penalty for item in self._settings], scores)
            scores = penalise(scores, self._seen, penalties)
        chosen = scores.argmax(dim=-1)
        drawing = [row for row, item in enumerate(self._settings) if item.temperature > 0]
        if drawing:
            settings = [self._settings[row] for row in drawing]
            uniform = [torch.rand((), generator=self._generators[row]).item() for row in drawing]
            chosen[drawing] = draw(
                scores[drawing] / self._column([item.temperature for item in settings], scores),
                self._column([item.top_p for item in settings], scores),
                self._column(uniform, scores),
            )
        if self._seen is not None:
            self._seen.scatter_(1, chosen[:, None], True)
        ids: list[int] = chosen.tolist()
        return ids

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows only, in this order."""
        self._settings = [self._settings[row] for row in rows]
        self._generators = [self._generators[row] for row in rows]
        if self._seen is not None:
            self._seen = self._seen[list(rows)]

    @staticmethod
    def _column(values: Sequence[float], like: Tensor) -> Tensor:
        return torch.tensor(values, dtype=like.dtype, device=like.device)[:, None]


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
