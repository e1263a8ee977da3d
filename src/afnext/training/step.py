"""The arithmetic of one step: losses of a batch, gradients, update."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from afnext.audio.spec import audio_tokens
from afnext.data.batch import Batch, Sound
from afnext.data.pack import IGNORED
from afnext.model.encoder import EncoderOutput
from afnext.model.flamingo import Flamingo
from afnext.parallel.loss import all_sum, all_targets
from afnext.parallel.replicate import sum_gradients
from afnext.training.heads import unspell
from afnext.training.loss import Losses, clock_loss, likeness_loss, tag_loss, text_loss, transcript_loss
from afnext.training.measures import f1, word_error_rate
from afnext.training.stage import Stage
from afnext.training.truth import SOUNDS, WINDOW_DIGITS, WORDS, window_digits


def losses(stage: Stage, batch: Batch) -> Losses:
    """The losses of ``batch`` that the recipe weighs, as sums."""
    wanted, truth = stage.recipe.objective, batch.truth
    if truth is None:
        return Losses(text=_text(stage, batch, encode(stage.model, batch.sound)))
    heads = stage.heads
    assert heads is not None, "what is known is read by heads"
    if not batch.sound:
        return Losses(text=_text(stage, batch, heads.decoder(truth.labels, truth.seconds)))
    [sound] = batch.sound
    heard = stage.model.encoder(sound.mel, sound.frames)
    tags, clock, spoken, text, likeness = None, None, None, None, None
    if wanted.tags or wanted.clock:
        tokens = _valid_tokens(heard)
        tags = tag_loss(heads.encoder.tags(tokens), truth.labels) if wanted.tags else None
        if wanted.clock:
            clock = clock_loss(heads.encoder.clock(tokens), window_digits(truth.seconds), WINDOW_DIGITS)
    if wanted.transcript:
        frames, lengths = _clip_frames(heard, batch.windows)
        spoken = transcript_loss(heads.encoder.characters(frames), lengths, truth.characters)
    if wanted.text or wanted.likeness:
        embedded = stage.model.project(heard, sound.starts)
        text = _text(stage, batch, embedded) if wanted.text else None
        if wanted.likeness:
            likeness = likeness_loss(embedded, heads.decoder(truth.labels, truth.seconds))
    return Losses(text, tags, clock, spoken, likeness)


def train_step(stage: Stage, batches: Sequence[Batch], learning_rate: float) -> dict[str, float]:
    """Accumulate the gradients of ``batches`` and of all other ranks', clip, update; the losses and the gradient norm.

    Each loss is the mean over all that it covers in all batches of all ranks: how a step is divided among batches and
    processes changes nothing. A rank may have no batch. A step whose gradient is not finite leaves the weights as they
    were, and says ``skipped: 1``.
    """
    optimizer, weights = stage.optimizer, stage.recipe.objective
    optimizer.zero_grad()
    wanted = [name for name, weight in weights.model_dump().items() if weight]
    counts = [batch.counts() for batch in batches]
    whole = {name: all_targets(sum(count[name] for count in counts), stage.device) for name in wanted}
    sums = {name: torch.zeros((), device=stage.device) for name in wanted}
    for batch in batches:
        if not any(batch.counts().values()):
            continue  # nothing in it could be used
        with stage.autocast():
            parts = losses(stage, batch.to(stage.device)).named()
        loss = sum(getattr(weights, name) * value / whole[name] for name, value in parts.items())
        assert isinstance(loss, Tensor), "a recipe weighs at least one loss"
        loss.backward()  # type: ignore[no-untyped-call]
        for name, value in parts.items():
            sums[name] += value.detach()
    sum_gradients(optimizer.parameters)
    told = {name: all_sum(total) / whole[name] for name, total in sums.items()}
    told["loss"] = sum(getattr(weights, name) * value for name, value in told.items())
    norm = torch.nn.utils.clip_grad_norm_(optimizer.parameters, stage.recipe.optimizer.clip).item()
    figures = {name: round(value, 6) for name, value in told.items()} | {"gradient_norm": round(norm, 4)}
    if not math.isfinite(norm):
        return figures | {"skipped": 1.0}
    optimizer.step(learning_rate)
    return figures


@torch.no_grad()
def evaluate(stage: Stage) -> dict[str, float]:
    """Losses over the validation batches; how well labels, words and characters are read off the encoder.

    ``tag_f1`` and ``word_f1`` are micro-averaged over columns and tokens at a probability of one half; ``wer`` is of
    the best CTC path.
    """
    sums, covered = defaultdict[str, float](float), Counter[str]()
    counts = {"tag_f1": [0, 0, 0], "word_f1": [0, 0, 0]}
    pairs: list[tuple[str, str]] = []
    assert stage.validation is not None, "there is something to measure on"
    stage.model.eval()
    for number in range(stage.validate_batches):
        batch = stage.validation[number].to(stage.device)
        with stage.autocast():
            for name, value in losses(stage, batch).named().items():
                sums[name] += value.item()
                covered[name] += batch.counts()[name]
            if batch.truth is None or not batch.sound:
                continue
            assert stage.heads is not None, "what is known is read by heads"
            [sound] = batch.sound
            heard = stage.model.encoder(sound.mel, sound.frames)
            told = stage.heads.encoder.tags(_valid_tokens(heard)) > 0
            frames, lengths = _clip_frames(heard, batch.windows)
            best = stage.heads.encoder.characters(frames).argmax(-1)
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


def encode(model: Flamingo, sound: Sequence[Sound]) -> Tensor | None:
    """Audio tokens [N, C] of all windows of a batch, in their places; None if there are none."""
    pieces: dict[int, Tensor] = {}
    for some in sound:
        counts = [audio_tokens(frames) for frames in some.frames.tolist()]
        parts = torch.split(model.encode(some.mel, some.frames, some.starts), counts)
        pieces.update(zip(some.places.tolist(), parts, strict=True))
    return torch.cat([pieces[place] for place in sorted(pieces)]) if pieces else None


def _text(stage: Stage, batch: Batch, audio: Tensor | None) -> Tensor:
    model = stage.model
    talk = batch.talk
    hidden = model.decoder(model.embed(talk.ids, audio), positions=talk.positions, attention=talk.attention)
    wanted = talk.targets != IGNORED
    return text_loss(model.logits(hidden[wanted]), talk.targets[wanted])


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
