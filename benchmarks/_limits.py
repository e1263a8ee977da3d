"""How fast the machine could answer at best. The scripts beside this file use it."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from _clock import Clock, matmul_rate, read_rate
from afnext import Engine, Reply
from afnext.audio.spec import WINDOW_SECONDS
from afnext.model.config import FlamingoConfig
from afnext.model.count import flops_of_window, flops_per_token
from afnext.model.quantised import weight_bytes


@dataclass(frozen=True)
class Machine:
    """What is measured of it: operations a second in matrix products, by format, and bytes a second from memory."""

    float32: float
    bfloat16: float
    read: float

    def __str__(self) -> str:
        return (
            f"this machine, measured now: matrix products {self.float32 / 1e9:.0f} GFLOP/s in float32 and "
            f"{self.bfloat16 / 1e9:.0f} in bfloat16, reading memory {self.read / 1e9:.1f} GB/s"
        )


def measure(clock: Clock) -> Machine:
    """Measure it."""
    slow = matmul_rate(clock, size=512, rounds=3, dtype=torch.bfloat16)
    return Machine(matmul_rate(clock), slow, read_rate(clock))


def step_bytes(engine: Engine) -> int:
    """Bytes of weights that are read for every token written: the decoder's, of whose word embeddings one row is."""
    decoder = engine.model.decoder
    tied = decoder.head.weight is decoder.embedding.weight
    return weight_bytes(decoder) - (0 if tied else decoder.embedding.weight.nbytes)


def shortest(engine: Engine, replies: Sequence[Reply], heard: Sequence[float], machine: Machine) -> float:
    """Seconds for ``replies`` that were written side by side, about recordings of ``heard`` seconds, in float32.

    Every window encoded once and every token read that was not in the cache, at the rate of matrix products; every
    step of writing at that rate or at memory's, whichever is slower.
    """
    config = engine.model.config
    usages = [reply.usage for reply in replies]
    encoding = sum(_encoding(config, seconds) for seconds in heard)
    reading = sum(_reading(config, usage.cached_tokens, usage.prompt_tokens) for usage in usages)
    writing = sum(flops_per_token(config, usage.prompt_tokens) for usage in usages)
    step = max(writing / machine.float32, step_bytes(engine) / machine.read)
    steps = max(usage.completion_tokens for usage in usages) - 1  # the first comes with the reading
    return (encoding + reading) / machine.float32 + steps * step


def _encoding(config: FlamingoConfig, seconds: float) -> float:
    """Operations to hear a recording."""
    whole, rest = divmod(seconds / WINDOW_SECONDS, 1)
    frames = config.encoder.positions
    return whole * flops_of_window(config, frames) + flops_of_window(config, round(rest * frames))


def _reading(config: FlamingoConfig, first: int, end: int) -> float:
    """Operations to read tokens ``first`` to ``end`` of a prompt, each with those before it, and score the next."""
    head = 2 * config.decoder.width * config.decoder.vocabulary
    return (end - first) * (flops_per_token(config, (first + end + 1) // 2) - head) + head
