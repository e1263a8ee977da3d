"""How many multiplications and additions a stage's training takes, and how many a device could do."""

from collections.abc import Collection

import torch

from afnext.audio.spec import audio_tokens, encoder_frames
from afnext.data.batch import Batch
from afnext.data.pack import IGNORED
from afnext.model.caption_decoder import CaptionerConfig
from afnext.model.config import FlamingoConfig
from afnext.model.count import flops_of_window, flops_per_token
from afnext.training.heads import CHARACTERS
from afnext.training.recipe import Part

SHEETS = {"A100": 312e12, "H100": 989e12, "H200": 989e12}
"""Operations a second in bfloat16 (dense), by the maker's data sheets."""


def operations(
    config: FlamingoConfig,
    *,
    tokens: float,
    targets: float,
    pairs: float,
    heard: float,
    trains: Collection[Part],
    again: int = 0,
) -> float:
    """Operations of a forward and a backward pass.

    A backward pass takes as many as the forward pass for the gradients of weights, and as many again for those of
    inputs, which frozen layers pass through to what stands before them. Attention has no weights: freezing spares it
    nothing.

    Args:
        config: of the model.
        tokens: sound and text.
        targets: tokens that are predicted.
        pairs: tokens that tokens look at, each counted as often as it is looked at.
        heard: operations of the encoder's forward pass over all sound.
        trains: the parts whose weights get gradients.
        again: every so many-th layer is computed again backward; 0: none.
    """
    sizes = config.decoder
    head = 2 * sizes.width * sizes.vocabulary
    decoder = tokens * (flops_per_token(config, 0) - head) + targets * head
    looks = pairs * sizes.layers * 4 * sizes.width
    listens = _passes(2 if "encoder" in trains else 0, again)
    reads = _passes(2 if "decoder" in trains else 1, again)
    return heard * listens + decoder * reads + looks * _passes(2, again)


def caption_operations(
    config: FlamingoConfig,
    captioner: CaptionerConfig,
    *,
    tokens: float,
    targets: float,
    pairs: float,
    hears: float,
    sound: float,
    spelt: float,
    heard: float,
    again: int = 0,
) -> float:
    """Operations of a forward and a backward pass of a stage in which encoder and captioner learn.

    Args:
        config: of the model whose encoder is trained.
        captioner: the sizes of its decoder.
        tokens: of captions.
        targets: tokens that are predicted.
        pairs: tokens that tokens look at, each counted as often as it is looked at.
        hears: audio tokens that tokens look at, likewise.
        sound: audio tokens.
        spelt: encoder frames that are spelt.
        heard: operations of the encoder's forward pass over all sound.
        again: every so many-th layer is computed again backward; 0: none.
    """
    width, seen = captioner.width, config.encoder.width
    weights = tokens * (6 * width**2 + 2 * width * captioner.feed_forward) + sound * 2 * seen * width
    layers = captioner.layers * (2 * weights + 4 * width * (pairs + hears))
    scores = targets * 2 * width * config.decoder.vocabulary + spelt * 2 * seen * (len(CHARACTERS) + 1)
    return (heard + layers) * _passes(2, again) + scores * _passes(2, 0)


def operations_of(
    batch: Batch, config: FlamingoConfig, trains: Collection[Part], captioner: CaptionerConfig | None = None
) -> float:
    """Those of a batch, its windows counted at the length that they have, and nothing twice."""
    talk = batch.talk
    frames = [length for some in batch.sound for length in some.frames.tolist()]
    targets = int((talk.targets != IGNORED).sum())
    if captioner is None:
        return operations(
            config,
            tokens=talk.ids.numel(),
            targets=targets,
            pairs=talk.pairs,
            heard=sum(flops_of_window(config, encoder_frames(length)) for length in frames),
            trains=trains,
        )
    places = [place for some in batch.sound for place in some.places.tolist()]
    sounds = dict(zip(places, frames, strict=True))
    spoken = enumerate(batch.spoken or ())
    return caption_operations(
        config,
        captioner,
        tokens=talk.ids.numel(),
        targets=targets,
        pairs=talk.pairs,
        hears=sum((tree[-1] - tree[0]) * audio_tokens(sounds[place]) for place, tree in enumerate(talk.trees)),
        sound=sum(map(audio_tokens, frames)),
        spelt=sum(encoder_frames(sounds[place]) for place, row in spoken if row is not None),
        heard=sum(flops_of_window(config, encoder_frames(length), adapted=False) for length in frames),
    )


def peak(device: torch.device) -> float | None:
    """Operations a second of a known GPU; None of any other device."""
    if device.type != "cuda":
        return None
    name = torch.cuda.get_device_name(device)
    return next((rate for kind, rate in SHEETS.items() if kind in name), None)


def _passes(backward: int, again: int) -> float:
    return 1 + backward + (1 / again if again and backward else 0)
