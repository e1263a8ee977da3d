"""The learning rate over a run: linear warm-up, then half a cosine down to a floor."""

import math


def learning_rate(step: int, *, steps: int, warmup: float, highest: float, minimum: float) -> float:
    """Learning rate of step ``step`` (counted from 0) of ``steps``.

    ``warmup`` is in steps, or below 1 a share of all; ``minimum`` is a share of ``highest``.
    """
    warmup = math.ceil(warmup * steps) if warmup < 1 else warmup
    if step < warmup:
        return highest * (step + 1) / warmup
    progress = min(1.0, (step - warmup) / max(1, steps - warmup))
    return highest * (minimum + (1 - minimum) * 0.5 * (1 + math.cos(math.pi * progress)))
