"""How many multiplications and additions a stage's training takes, and how many a device could do."""

from collections.abc import Collection

import torch

from afnext.audio.spec import WINDOW_SECONDS, encoder_frames
from afnext.data.batch import Batch
from afnext.data.pack import IGNORED
from afnext.model.config import FlamingoConfig
from afnext.model.count import flops_per_second, flops_per_token
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


def operations_of(batch: Batch, config: FlamingoConfig, trains: Collection[Part]) -> float:
    """Those of a batch, its windows counted at the length that they have, and nothing twice."""
    return operations(
        config,
        tokens=batch.talk.ids.numel(),
        targets=int((batch.talk.targets != IGNORED).sum()),
        pairs=batch.talk.pairs,
        heard=sum(_window(config, frames) for some in batch.sound for frames in some.frames.tolist()),
        trains=trains,
    )


def peak(device: torch.device) -> float | None:
    """Operations a second of a known GPU; None of any other device."""
    if device.type != "cuda":
        return None
    name = torch.cuda.get_device_name(device)
    return next((rate for kind, rate in SHEETS.items() if kind in name), None)


def _window(config: FlamingoConfig, frames: int) -> float:
    """Operations to encode a window of ``frames`` valid mel frames."""
    sizes = config.encoder.model_copy(update={"positions": encoder_frames(frames)})
    return flops_per_second(config.model_copy(update={"encoder": sizes})) * WINDOW_SECONDS


def _passes(backward: int, again: int) -> float:
    return 1 + backward + (1 / again if again and backward else 0)
