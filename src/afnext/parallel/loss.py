"""One mean over the target tokens of all ranks and all batches of a step, whoever holds how many."""

import torch
import torch.distributed as dist
from torch import Tensor


def all_targets(mine: int, device: torch.device, group: dist.ProcessGroup | None = None) -> int:
    """How many target tokens all ranks have together, at least 1; every rank calls it and gets the same.

    A process that has joined no others counts its own.

    A step's loss is the sum over this rank's targets (0 with none) divided by this number; with gradients summed over
    ranks (``afnext.parallel.shard``) its gradient is that of the mean over every target of the step. A mean of means
    would weigh a token by how few others its rank happens to have.

    Args:
        mine: targets of this rank, in all batches that it accumulates before the update.
        device: of the process.
        group: the ranks that hold different targets; all by default.
    """
    if not dist.is_initialized():
        return max(1, mine)
    count = torch.tensor(mine, device=device)
    dist.all_reduce(count, group=group)
    return max(1, int(count))


def all_sum(mine: Tensor, group: dist.ProcessGroup | None = None) -> float:
    """The sum over ranks of a scalar (this rank's part of a loss), to be told; gradients do not pass."""
    total = mine.detach().clone().float()
    if dist.is_initialized():
        dist.all_reduce(total, group=group)
    return total.item()
