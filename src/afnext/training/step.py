"""The arithmetic of one step: losses of a batch, gradients, update."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import torch
from torch import Tensor

from afnext.data.batch import Batch
from afnext.parallel.loss import all_sum, all_targets
from afnext.parallel.replicate import sum_gradients
from afnext.parallel.shard import clip
from afnext.training.heads import unspell
from afnext.training.learner import clip_frames
from afnext.training.measures import f1, word_error_rate
from afnext.training.stage import Stage
from afnext.training.truth import SOUNDS, WORDS


def train_step(stage: Stage, batches: Sequence[Batch], learning_rate: float) -> dict[str, float]:
    """Accumulate the gradients of ``batches`` and of all other ranks', clip, update; the losses and the gradient norm.

    Each loss is the mean over all that it covers in all batches of all ranks: how a step is divided among batches and
    processes changes nothing. A rank may have no batch, unless weights are in shards. A step whose gradient is not
    finite leaves the weights as they were, and says ``skipped: 1``.
    """
    optimizer, weights = stage.optimizer, stage.recipe.objective
    optimizer.zero_grad()
    wanted = [name for name, weight in weights.model_dump().items() if weight]
    counts = [batch.counts() for batch in batches if stage.counts]
    whole = {name: all_targets(sum(count[name] for count in counts), stage.device) for name in wanted}
    sums = {name: torch.zeros((), device=stage.device) for name in wanted}
    for batch in batches:
        if stage.mesh is None and not any(batch.counts().values()):
            continue  # nothing in it could be used
        with stage.autocast():
            parts = stage.learner(batch.to(stage.device))
        loss = sum(getattr(weights, name) * value / whole[name] for name, value in parts.items())
        assert isinstance(loss, Tensor), "a recipe weighs at least one loss"
        loss.backward()  # type: ignore[no-untyped-call]
        for name, value in parts.items():
            sums[name] += value.detach()
    if stage.mesh is None:
        sum_gradients(optimizer.parameters)
    told = {name: all_sum(total) / whole[name] for name, total in sums.items()}
    told["loss"] = sum(getattr(weights, name) * value for name, value in told.items())
    norm = clip(optimizer.parameters, stage.recipe.optimizer.clip)
    figures = {name: round(value, 6) for name, value in told.items()} | {"gradient_norm": round(norm, 4)}
    if not math.isfinite(norm):
        return figures | {"skipped": 1.0}
    optimizer.step(learning_rate)
    return figures


@torch.no_grad()
def evaluate(stage: Stage) -> dict[str, float]:
    """Losses over the validation batches; how well labels, words and characters are read off the encoder.

    ``tag_f1`` and ``word_f1`` are micro-averaged over columns and tokens at a probability of one half; ``wer`` is of
    the best CTC path. Every rank of a mesh calls it.
    """
    sums, covered = defaultdict[str, float](float), Counter[str]()
    counts = {"tag_f1": [0, 0, 0], "word_f1": [0, 0, 0]}
    pairs: list[tuple[str, str]] = []
    assert stage.validation is not None, "there is something to measure on"
    stage.model.eval()
    for number in range(stage.validate_batches):
        batch = stage.validation[number].to(stage.device)
        with stage.autocast():
            for name, value in stage.learner(batch).items():
                sums[name] += value.item() if stage.mesh is None else all_sum(value, stage.mesh.sequence)
                covered[name] += batch.counts()[name]
            if batch.truth is None or not batch.sound or stage.mesh is not None:
                continue
            assert stage.heads is not None, "what is known is read by heads"
            [sound] = batch.sound
            heard, tokens = stage.learner.tokens(sound)
            told = stage.heads.encoder.tags(tokens) > 0
            frames, lengths = clip_frames(heard, batch.windows)
            best = stage.heads.encoder.transcript(frames).argmax(-1)
        for name, columns in (("tag_f1", SOUNDS), ("word_f1", WORDS)):
            claimed, true = told[:, columns], batch.truth.labels[:, columns]
            for place, which in enumerate((claimed & true, claimed, true)):
                counts[name][place] += int(which.sum())
        for row, length, truth in zip(best.tolist(), lengths, batch.truth.characters, strict=True):
            pairs.append((unspell(truth, path=False), unspell(row[:length])))
    stage.model.train()
    figures = {name: round(value / max(1, covered[name]), 5) for name, value in sums.items()}
    if pairs:
        figures |= {name: round(f1(*numbers), 4) for name, numbers in counts.items()}
        figures["wer"] = round(word_error_rate(pairs), 4)
    return figures
