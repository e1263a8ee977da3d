"""The process among its fellows: started and stopped from torchrun's environment, or alone without it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist

from afnext.base.errors import ParallelError
from afnext.base.process import pick_device

NEEDED = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True)
class World:
    """Which of how many processes this is."""

    rank: int
    size: int
    device: torch.device
    """What this process computes on."""

    @classmethod
    def alone(cls) -> "World":
        """One process that has joined nobody, on the best device there is."""
        return cls(0, 1, pick_device())


def launched() -> bool:
    """Whether torchrun has started this process, and perhaps others."""
    return "RANK" in os.environ


@contextmanager
def joined(device: str | None = None, *, timeout: float = 600) -> Iterator[World]:
    """Join the other processes that torchrun has started, and leave them at the end.

    Without ``RANK`` in the environment the process is alone, and the same code runs.

    Args:
        device: ``cpu`` (gloo) or ``cuda`` (nccl; the card of the local rank). None: CUDA where there is one, else CPU.
        timeout: seconds after which a collective that somebody does not join is an error.

    Raises:
        ParallelError: only some of torchrun's variables are set, or this machine has fewer cards than processes.
    """
    alone = not launched()
    missing = [name for name in NEEDED if name not in os.environ]
    if not alone and missing:
        raise ParallelError(
            f"RANK is set and {', '.join(missing)} is not", do="start the processes with torchrun, or unset RANK"
        )
    kind = device or ("cuda" if torch.cuda.is_available() else "cpu")
    if kind not in ("cpu", "cuda"):
        raise ParallelError(f"device {kind!r} for many processes", expected="cpu or cuda")
    place = torch.device("cpu")
    if kind == "cuda":
        local = 0 if alone else int(os.environ["LOCAL_RANK"])
        if local >= torch.cuda.device_count():
            raise ParallelError(
                f"local rank {local} on a machine of {torch.cuda.device_count()} GPUs",
                do="give torchrun --nproc-per-node at most the number of GPUs",
            )
        place = pick_device(f"cuda:{local}")
        torch.cuda.set_device(place)
    backend, patience = "nccl" if kind == "cuda" else "gloo", timedelta(seconds=timeout)
    if alone:
        store = dist.HashStore()  # type: ignore[attr-defined]
        dist.init_process_group(backend, store=store, rank=0, world_size=1, timeout=patience)
    else:
        dist.init_process_group(backend, timeout=patience)
    try:
        yield World(dist.get_rank(), dist.get_world_size(), place)
    finally:
        dist.destroy_process_group()
