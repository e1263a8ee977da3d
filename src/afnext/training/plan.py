"""What a stage would take on a cluster, by arithmetic, before any of it is rented: time of a step, memory, cost.

Operations are counted exactly (``operations.py``); how fast they are done, how full rows are and what goes over the
wires are assumptions, each named here and told beside the figures. Attention is counted for batches that one recording
fills, which is the most.
"""

from dataclasses import dataclass
from typing import Literal

import torch

from afnext.base.errors import RecipeError
from afnext.model.config import FlamingoConfig
from afnext.model.count import flops_of_window, flops_per_second, parameters
from afnext.training.heads import Captioner
from afnext.training.operations import SHEETS, caption_operations
from afnext.training.operations import operations as count
from afnext.training.recipe import Recipe

EFFICIENCY = 0.45
"""Share of the machine's multiplications that training gets (model FLOPs utilisation)."""
SOUND = 0.8
"""Share of a batch's tokens that are sound."""
ANSWERS = 0.1
"""Share of a batch's tokens that are to be predicted."""
FILLED = 0.95
"""Share of a batch that rows fill."""
NODE = 8
"""GPUs that speak over the fast links."""

MachineName = Literal["a100", "h100", "h200"]


@dataclass(frozen=True)
class Machine:
    """One GPU, by its data sheet: operations a second in bfloat16 (dense), bytes of memory, bytes a second to its
    neighbours in the node, and to other nodes."""

    flops: float
    memory: float
    link: float
    network: float


MACHINES: dict[MachineName, Machine] = {
    "a100": Machine(SHEETS["A100"], 80e9, 300e9, 25e9),
    "h100": Machine(SHEETS["H100"], 80e9, 450e9, 50e9),
    "h200": Machine(SHEETS["H200"], 141e9, 450e9, 50e9),
}


@dataclass(frozen=True)
class Plan:
    """Figures of one step on all GPUs together, and the memory of each, in seconds and bytes."""

    gpus: int
    tokens: int
    """In a step, filled or not."""
    audio_seconds: float
    """Of sound in a step."""
    operations: float
    """Those of forward and backward, and those that are done again."""
    compute: float
    exchange: float
    """Seconds on the wires that nothing hides: all of sequence parallelism; of the weights, what computing is too short
    for."""
    memory: dict[str, float]

    @property
    def seconds(self) -> float:
        """Of a step."""
        return self.compute + self.exchange

    @property
    def audio_rate(self) -> float:
        """Seconds of sound learnt from in a second."""
        return self.audio_seconds / self.seconds

    def gpu_hours(self, hours: float) -> float:
        """GPU hours to pass over ``hours`` of sound once."""
        return hours / self.audio_rate * self.gpus


def plan(recipe: Recipe, config: FlamingoConfig, gpus: int, machine: Machine) -> Plan:
    """Work out a stage that learns from rows.

    Raises:
        RecipeError: it learns from scenes.
        ParallelError: its degrees do not fit the number of GPUs.
    """
    if recipe.data is None:
        raise RecipeError("a plan of a stage with feed", expected="one that learns from rows (data)")
    degrees = recipe.parallel.within(gpus) if recipe.parallel else None
    ulysses, ring = (degrees.ulysses, degrees.ring) if degrees else (1, 1)
    parts = ulysses * ring
    shards = gpus // degrees.replicate if degrees else 1
    again = recipe.parallel.recompute if recipe.parallel else 0
    rounds = -(-recipe.accumulate // (gpus // parts))

    tokens = recipe.rows.tokens
    seconds = SOUND * FILLED * tokens / 25
    counts, sizes = parameters(config), config.decoder
    operations = _operations(recipe, config, seconds, again)
    compute = rounds * operations / parts / (EFFICIENCY * machine.flops)

    beside = _beside(recipe, config)
    learnt = beside + sum(getattr(counts, name) for name in recipe.parts)
    held = beside + counts.total
    computes = beside + counts.encoder if recipe.captioner else counts.total
    shared = sizes.key_value_heads * sizes.head_width
    wire = machine.network if gpus > NODE else machine.link
    weights = rounds * (shards > 1) * (4 * computes + 4 * learnt) / wire
    piece, turns = tokens / parts, 3 if again else 2
    swapped = (ulysses > 1) * turns * sizes.layers * piece * 2 * (2 * sizes.width + 2 * shared) / machine.link
    passed = (ring - 1) * (turns + 1) * sizes.layers * piece * 2 * 2 * shared / wire
    exchange = max(0.0, weights - compute) + rounds * (swapped + passed)
    return Plan(
        gpus=gpus,
        tokens=recipe.accumulate * tokens,
        audio_seconds=recipe.accumulate * seconds,
        operations=recipe.accumulate * operations,
        compute=compute,
        exchange=exchange,
        memory=_memory(recipe, config, shards=shards, parts=parts, held=held, learnt=learnt),
    )


def _operations(recipe: Recipe, config: FlamingoConfig, seconds: float, again: int) -> float:
    """Those of a batch that holds ``seconds`` of sound."""
    tokens = recipe.rows.tokens
    if recipe.captioner is None:
        return count(
            config,
            tokens=tokens,
            targets=ANSWERS * tokens,
            pairs=tokens * min(tokens, round(recipe.rows.longest * 25 / SOUND)) / 2,
            heard=seconds * flops_per_second(config),
            trains=recipe.parts,
            again=again,
        )
    sounds = seconds / recipe.rows.longest
    words = (1 - SOUND) * FILLED * tokens
    return caption_operations(
        config,
        recipe.captioner,
        tokens=words,
        targets=words,
        pairs=words * (words / sounds + 1) / 2,
        hears=words * 25 * seconds / sounds,
        sound=25 * seconds,
        spelt=50 * seconds if recipe.objective.transcript else 0.0,
        heard=sounds * flops_of_window(config, round(50 * recipe.rows.longest), adapted=False),
        again=again,
    )


def _beside(recipe: Recipe, config: FlamingoConfig) -> int:
    """Numbers that are learnt beside the model."""
    if recipe.captioner is None:
        return 0
    with torch.device("meta"):
        captioner = Captioner(recipe.captioner, config.decoder.vocabulary, config.encoder.width)
    return sum(parameter.numel() for parameter in captioner.parameters())


def _memory(
    recipe: Recipe, config: FlamingoConfig, *, shards: int, parts: int, held: int, learnt: int
) -> dict[str, float]:
    """Bytes on one GPU."""
    counts, sizes, sound = parameters(config), recipe.captioner or config.decoder, config.encoder
    again = recipe.parallel.recompute if recipe.parallel else 0
    table = config.decoder.vocabulary * sizes.width
    piece = recipe.rows.tokens / parts
    windows = -(-SOUND * recipe.rows.tokens / 750 // parts)
    if recipe.captioner is None:
        tables, layer, scored = 2 * table, (counts.decoder - 2 * table) / sizes.layers, ANSWERS * piece
        inside = piece * 2 * (12 * sizes.width + 4 * sizes.feed_forward)  # what one layer keeps for its backward pass
    else:
        tables, layer, scored = table, (_beside(recipe, config) - table) / sizes.layers, (1 - SOUND) * FILLED * piece
        piece -= SOUND * FILLED * piece  # of sound a layer keeps keys and values alone
        inside = piece * 2 * (16 * sizes.width + 2 * sizes.feed_forward) + windows * 750 * 2 * 2 * sizes.width
    heard = windows * 1500 * 2 * (10 * sound.width + 2 * sound.feed_forward)
    kept = (sizes.layers, sound.layers) if again != 1 else (1, 1)
    listens = "encoder" in recipe.parts
    return {
        "weights, gradients, moments": (4 * held + 12 * learnt) / shards,
        "weights while they compute": 0.0 if shards == 1 else 2 * (tables + 2 * layer),
        "layers of the decoder": kept[0] * inside + sizes.layers * piece * 2 * sizes.width,
        "layers of the encoder": kept[1] * heard + sound.layers * windows * 3000 * sound.width if listens else heard,
        "scores": scored * config.decoder.vocabulary * 10,
    }


def told(name: str, made: Plan, machine: MachineName, dollars: float) -> str:
    """The plan as text."""
    gigabytes = sum(made.memory.values()) / 1e9
    room = MACHINES[machine].memory / 1e9
    lines = [
        f"{name}: {made.gpus} {machine.upper()}",
        f"  a step          {made.seconds:8.2f} s  ({made.compute:.2f} computing, {made.exchange:.2f} on wires)",
        f"  tokens          {made.tokens:8,d}    of which {made.audio_seconds / 3600:.1f} h of sound",
        f"  operations      {made.operations:8.2e}",
        f"  speed           {made.tokens / made.seconds:8,.0f} tokens/s, {made.audio_rate:,.0f} s of sound a second",
        f"  1,000 h once    {made.gpu_hours(1000):8,.0f} GPU hours, {made.gpu_hours(1000) * dollars:,.0f} dollars",
        f"  memory          {gigabytes:8.1f} GB of {room:.0f}" + ("" if gigabytes < room else ": DOES NOT FIT"),
    ]
    lines += [f"      {size / 1e9:8.1f} GB  {what}" for what, size in made.memory.items()]
    return "\n".join(lines)


ASSUMED = (
    f"assumed: {EFFICIENCY:.0%} of the data sheet's operations; batches {FILLED:.0%} full of the longest recordings; "
    f"{SOUND:.0%} of their tokens sound, {ANSWERS:.0%} answers (the rest, if they are captions); weights "
    "gathered while computing"
)
