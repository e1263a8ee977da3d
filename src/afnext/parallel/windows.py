"""Windows of sound spread over the ranks that share a sequence: each encodes some, all get the audio tokens.

Ranks whose share is empty encode silence that is heard by nobody: with weights in shards, an encoder runs on all ranks
or on none.
"""

from collections.abc import Callable

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn.functional import pad

from afnext.parallel.collectives import gather

Encode = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Windows (mel [W, bins, F], valid frames [W], starts [W] in seconds) -> audio tokens [N, C], in order."""

SILENCE = 16
"""Mel frames (10 ms) of the silent window: 8 of them valid, which is two audio tokens."""


def share(windows: int, group: dist.ProcessGroup) -> slice:
    """Those of ``windows`` that this rank of ``group`` encodes; the shares differ by one window at most."""
    rank, size = dist.get_rank(group), dist.get_world_size(group)
    return slice(windows * rank // size, windows * (rank + 1) // size)


def encode_share(encode: Encode, mel: Tensor, frames: Tensor, starts: Tensor, group: dist.ProcessGroup) -> Tensor:
    """Audio tokens [N, C] of all windows of the group, on all its ranks, each window encoded once.

    Gradients of all ranks are summed to the rank that encoded. The result must be part of every rank's loss, with
    ``attach`` where a rank uses none of it.

    Args:
        encode: what encodes.
        mel: [W, bins, F] this rank's share of the windows (see ``share``); W may be 0.
        frames: [W] valid mel frames.
        starts: [W] seconds.
        group: the ranks that share a sequence.
    """
    if len(mel):
        tokens = encode(mel, frames, starts)
        count = len(tokens)
    else:
        silence = mel.new_zeros(1, mel.shape[1], SILENCE)
        tokens = encode(silence, frames.new_full((1,), SILENCE // 2), starts.new_zeros(1))
        count = 0
    counts = [torch.tensor(0, device=tokens.device) for _ in range(dist.get_world_size(group))]
    dist.all_gather(counts, torch.tensor(count, device=tokens.device), group=group)
    sizes = [int(size) for size in counts]
    longest = max(1, *sizes)  # at least a row of silence, for its encoder to be in the graph
    row = pad(tokens[:longest], (0, 0, 0, max(0, longest - len(tokens))))
    gathered = gather(row, group)
    return torch.cat([part[:size] for part, size in zip(gathered, sizes, strict=True)])


def attach(tensor: Tensor, *others: Tensor) -> Tensor:
    """``tensor`` as it is, with ``others`` in its graph at a gradient of zero.

    A backward pass that communicates (of ``encode_share``, of sharded weights) runs on a rank only if the rank's loss
    depends on it; on a rank that has no use for it, the others would wait for ever.
    """
    return tensor + sum(other[:0].sum().to(tensor.dtype) for other in others)
