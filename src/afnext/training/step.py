"""The arithmetic of one step: losses of a batch, gradients, update."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from afnext.model.encoder import EncoderOutput
from afnext.training.branches import attention_mask, next_targets
from afnext.training.feed import Batch
from afnext.training.heads import unspell
from afnext.training.loss import Losses, tag_loss, text_loss, transcript_loss
from afnext.training.measures import f1, word_error_rate
from afnext.training.stage import Stage


def losses(stage: Stage, batch: Batch) -> Losses:
    """The weighed losses of ``batch``."""
    wanted = stage.recipe.objective
    heard = stage.model.encoder(batch.mel, batch.frames)
    tags, spoken = None, None
    if wanted.tags:
        tags = tag_loss(stage.heads.tags(_valid_tokens(heard)), batch.tags)
    if wanted.transcript:
        frames, lengths = _clip_frames(heard, batch.windows)
        spoken = transcript_loss(stage.heads.characters(frames), lengths, batch.characters)
    text = _text(stage, batch, heard) if wanted.text else None
    return Losses(text, tags, spoken)


def train_step(stage: Stage, batches: Sequence[Batch], learning_rate: float) -> dict[str, float]:
    """Accumulate the gradients of ``batches``, clip, update; returns the mean losses and the gradient norm.

    A step whose gradient is not finite leaves the weights as they were, and says ``skipped: 1``.
    """
    optimizer, weights = stage.optimizer, stage.recipe.objective
    optimizer.zero_grad()
    totals: dict[str, float] = {}
    for batch in batches:
        with stage.autocast():
            parts = losses(stage, batch.to(stage.device)).named()
        loss = sum(getattr(weights, name) * value for name, value in parts.items())
        assert isinstance(loss, Tensor), "a recipe weighs at least one loss"
        (loss / len(batches)).backward()  # type: ignore[no-untyped-call]
        for name, value in {**parts, "loss": loss}.items():
            totals[name] = totals.get(name, 0.0) + value.item() / len(batches)
    norm = torch.nn.utils.clip_grad_norm_(optimizer.parameters, stage.recipe.optimizer.clip).item()
    figures = {name: round(value, 6) for name, value in totals.items()} | {"gradient_norm": round(norm, 4)}
    if not torch.isfinite(torch.tensor(norm)):
        return figures | {"skipped": 1.0}
    optimizer.step(learning_rate)
    return figures


@torch.no_grad()
def evaluate(stage: Stage) -> dict[str, float]:
    """Mean losses over the validation batches; how well tags and characters are read off the encoder.

    ``tag_f1`` is micro-averaged over labels and frames at a probability of one half; ``wer`` is of the best CTC path.
    """
    totals: dict[str, float] = {}
    hits = claimed = true = 0
    pairs: list[tuple[str, str]] = []
    for number in range(stage.recipe.validate_batches):
        batch = stage.validation[number].to(stage.device)
        with stage.autocast():
            for name, value in losses(stage, batch).named().items():
                totals[name] = totals.get(name, 0.0) + value.item() / stage.recipe.validate_batches
            heard = stage.model.encoder(batch.mel, batch.frames)
            sounding = stage.heads.tags(_valid_tokens(heard)) > 0
            frames, lengths = _clip_frames(heard, batch.windows)
            best = stage.heads.characters(frames).argmax(-1)
        hits += int((sounding & (batch.tags > 0)).sum())
        claimed += int(sounding.sum())
        true += int(batch.tags.sum())
        for row, length, truth in zip(best.tolist(), lengths, batch.characters, strict=True):
            pairs.append((unspell(truth, path=False), unspell(row[:length])))
    return {name: round(value, 5) for name, value in totals.items()} | {
        "tag_f1": round(f1(hits, claimed, true), 4),
        "wer": round(word_error_rate(pairs), 4),
    }


def _text(stage: Stage, batch: Batch, heard: EncoderOutput) -> Tensor:
    model = stage.model
    embeddings = model.embed(batch.ids, model.project(heard, batch.starts))
    hidden = model.decoder(embeddings, positions=batch.positions, mask=attention_mask(batch.branch))
    targets = next_targets(batch.ids, batch.branch, batch.target)
    wanted = targets != -100
    return text_loss(model.logits(hidden[wanted]), targets[wanted])


def _valid_tokens(heard: EncoderOutput) -> Tensor:
    """[N, D]: the tokens of all windows, one after the other."""
    places = torch.arange(heard.tokens.shape[1], device=heard.tokens.device)
    return heard.tokens[places < heard.token_counts[:, None]]


def _clip_frames(heard: EncoderOutput, windows: Sequence[int]) -> tuple[Tensor, list[int]]:
    """Encoder frames of each clip, its windows joined: [B, E, D] padded, and the valid length of each."""
    counts = heard.frame_counts.tolist()
    clips, first = [], 0
    for count in windows:
        clips.append(torch.cat([heard.frames[w, : counts[w]] for w in range(first, first + count)]))
        first += count
    return pad_sequence(clips, batch_first=True), [len(clip) for clip in clips]
