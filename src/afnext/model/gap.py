"""How far a quantised model is from the one it was made of, in what it would write next."""

from dataclasses import dataclass

import torch

from afnext.model.flamingo import Flamingo

CONTEXTS, LENGTH = 8, 64


@dataclass(frozen=True)
class Gap:
    """Over many contexts, next-token distributions of two models.

    Attributes:
        logits: mean distance of logits, as a share of the first model's standard deviation.
        divergence: mean Kullback-Leibler divergence of the second from the first, in nats.
        same_first: share of contexts whose likeliest token is the same.
    """

    logits: float
    divergence: float
    same_first: float

    def __str__(self) -> str:
        return (
            f"logits {self.logits:.1%} of their spread away, divergence {self.divergence:.4f} nats, the same likeliest "
            f"token {self.same_first:.1%} of the time"
        )


@torch.inference_mode()
def measure_gap(first: Flamingo, second: Flamingo, seed: int = 0) -> Gap:
    """Compare two models of one shape, at every place of a few contexts of random tokens drawn with ``seed``.

    Random tokens are no text: the figures compare ways of quantising one model, not models.
    """
    drawn = torch.Generator().manual_seed(seed)
    ids = torch.randint(first.config.decoder.vocabulary, (CONTEXTS, LENGTH), generator=drawn)
    logits, divergence, same = [], [], []
    for context in ids:
        device = first.decoder.embedding.weight.device
        one, other = (_logits(model, context[None].to(device)) for model in (first, second))
        logits.append((one - other).abs().mean() / one.std())
        log_one, log_other = one.log_softmax(-1), other.log_softmax(-1)
        divergence.append((log_one.exp() * (log_one - log_other)).sum(-1).mean())
        same.append((one.argmax(-1) == other.argmax(-1)).float().mean())
    return Gap(*(torch.stack(values).mean().item() for values in (logits, divergence, same)))


def _logits(model: Flamingo, ids: torch.Tensor) -> torch.Tensor:
    return model.logits(model.decoder(model.decoder.embedding(ids))).float()
