"""What the processes of a test do: all checks that their number allows.

``python worker.py OUT`` starts one process, then two, then four. Each writes OUT/SIZE-RANK.json, check -> figure ->
value; the tests say what the values must be.
"""

import gc
import json
import multiprocessing
import os
import socket
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
import torch._dynamo  # FSDP does at its first step: once here instead of in every process
import torch.nn.functional as F
from torch import Tensor, nn

from afnext.base.errors import ParallelError
from afnext.data.pack import IGNORED, Pack, Tree, pack
from afnext.model.attention import attend
from afnext.model.config import FlamingoConfig, preset
from afnext.model.flamingo import Flamingo
from afnext.parallel.launch import World, joined
from afnext.parallel.loss import all_sum, all_targets
from afnext.parallel.mesh import Degrees, Mesh, build_mesh, probe
from afnext.parallel.recompute import recompute
from afnext.parallel.sequence import SplitSequence
from afnext.parallel.shard import clip, shard, whole
from afnext.parallel.sight import Sight
from afnext.parallel.windows import attach, encode_share, share

LAYOUTS = {
    1: [Degrees()],
    2: [Degrees(), Degrees(ulysses=2), Degrees(ring=2)],
    4: [
        Degrees(),
        Degrees(ulysses=4),
        Degrees(ring=4),
        Degrees(ring=2, ulysses=2),
        Degrees(shard=2, ulysses=2),
        Degrees(replicate=2, ring=2),
    ],
}
FRAMES = (40, 16, 24, 40, 32)
"""Mel frames of the windows of a row."""


@dataclass(frozen=True)
class Row:
    """A packed sequence and the windows that it speaks of."""

    talk: Pack
    mel: Tensor
    frames: Tensor
    starts: Tensor


def tree(sound: int, prefix: int, branches: list[int], *, targets: bool, seed: int) -> Tree:
    """A recording of ``sound`` audio tokens in a prefix, with questions of the given lengths."""
    draw = torch.Generator().manual_seed(seed)
    length = prefix + sum(branches)
    ids = torch.randint(10, 120, (length,), generator=draw).tolist()
    ids[1 : 1 + sound] = [preset("tiny").sound_id] * sound
    positions = list(range(prefix)) + [prefix + place for branch in branches for place in range(branch)]
    wanted = torch.rand(length, generator=draw) < (0.6 if targets else 0.0)
    return Tree(
        ids,
        positions,
        [token if wants else IGNORED for token, wants in zip(ids, wanted.tolist(), strict=True)],
        prefix,
        branches,
    )


def row_of(windows: int, seed: int, *, targets: bool = True) -> Row:
    """Three trees of unequal lengths, the first of which hears ``windows`` windows."""
    draw = torch.Generator().manual_seed(100 + seed)
    frames = torch.tensor(FRAMES[:windows], dtype=torch.int64)
    sound = sum(((int(count) - 1) // 2 + 1) // 2 for count in frames)
    trees = [
        tree(sound, sound + 3, [5, 1, 7 + seed], targets=targets, seed=10 * seed),
        tree(0, 9, [], targets=targets, seed=10 * seed + 1),
        tree(0, 0, [2, 6], targets=targets, seed=10 * seed + 2),
    ]
    mel = torch.randn(windows, 128, max(FRAMES) + 2, generator=draw)
    return Row(pack(trees), mel, frames, 30.0 * torch.arange(windows))


ROWS = (row_of(3, 0), row_of(0, 1), row_of(2, 2, targets=False), row_of(5, 3))
"""The second has no sound, the third nothing to predict."""


class Step(nn.Module):
    """What is called in a training step: a row to the sum of its losses, whole or split over a mesh."""

    def __init__(self, model: Flamingo) -> None:
        super().__init__()
        self.model = model

    def forward(self, row: Row, mesh: Mesh | None = None) -> Tensor:
        model, talk = self.model, row.talk
        ids, positions, targets, attention = talk.ids, talk.positions, talk.targets, talk.attention
        if mesh is None:
            audio = model.encode(row.mel, row.frames, row.starts) if len(row.mel) else None
            embeddings = model.embed(ids, audio)
        else:
            part = SplitSequence(mesh, talk.trees, ids.device, tile=8)
            mine = share(len(row.mel), mesh.sequence)
            heard = encode_share(model.encode, row.mel[mine], row.frames[mine], row.starts[mine], mesh.sequence)
            audio = part.audio(ids, heard, model.config.sound_id)
            ids, positions = part.split(ids), part.split(positions)
            targets, attention = part.split(targets, IGNORED), part.attention
            embeddings = attach(model.embed(ids, audio), heard)
        hidden = model.decoder(embeddings, positions=positions, attention=attention)
        wanted = targets != IGNORED
        return F.cross_entropy(model.logits(hidden[wanted]).float(), targets[wanted], reduction="sum")


def build(*, tied: bool = False) -> Step:
    config = preset("tiny")
    fields = config.model_dump()
    fields["decoder"]["tied"] = tied
    torch.manual_seed(7)
    return Step(Flamingo(FlamingoConfig.model_validate(fields)))


def distance(ours: Step, alone: Step, mesh: Mesh) -> float:
    """How far the gradients that this process holds, its shards, are from those of one device at most."""
    group = mesh.weights.get_group("weights")
    rank, size = torch.distributed.get_rank(group), torch.distributed.get_world_size(group)
    expected = {name: weight.grad for name, weight in alone.named_parameters() if weight.grad is not None}
    held = {name: weight.grad for name, weight in ours.named_parameters() if weight.grad is not None}
    assert held.keys() == expected.keys()
    furthest = 0.0
    for name, gradient in held.items():
        parts = expected[name].chunk(size)
        part = parts[rank] if rank < len(parts) else expected[name][:0]
        local = gradient.to_local()
        assert local.shape == part.shape, name
        if local.numel():
            furthest = max(furthest, (local - part).abs().max().item())
    return furthest


def trained(world: World, mesh: Mesh, *, tied: bool, saving: bool, compute: torch.dtype | None) -> dict[str, float]:
    """A step on all rows, split as the mesh says, beside the same step on one device."""
    alone = build(tied=tied)
    targets = sum(int((row.talk.targets != IGNORED).sum()) for row in ROWS)
    expected = sum(alone(row) for row in ROWS) / targets
    expected.backward()

    ours = build(tied=tied)
    if saving:
        assert recompute(ours) == 4
    decoder = ours.model.decoder
    shard(ours, mesh, compute=compute, parts=[decoder.embedding, decoder.head] if saving else [])
    which, shares = mesh.data
    rows = ROWS[which::shares]
    held = [SplitSequence(mesh, row.talk.trees, world.device).split(row.talk.targets, IGNORED) for row in rows]
    count = all_targets(sum(int((part != IGNORED).sum()) for part in held), world.device)
    total = torch.zeros(())
    for row in rows:
        loss = ours(row, mesh)
        (loss / count).backward()
        total += loss.detach()
    figures = {"targets": count - targets, "loss": abs(all_sum(total) / count - expected.item())}
    figures["gradient"] = distance(ours, alone, mesh)
    figures["tied"] = float((ours.model.decoder.head.weight is ours.model.decoder.embedding.weight) != tied)
    if saving:
        norm = torch.nn.utils.clip_grad_norm_(alone.parameters(), 0.05)
        figures["norm"] = abs(clip(ours.parameters(), 0.05) - norm.item())
        one, other = (step.model.decoder.layers[1].down.weight.grad for step in (ours, alone))
        figures["clipped"] = float((whole(one) - other).abs().max())
    return figures


def attended(world: World, mesh: Mesh, heads: int, shared: int, trees: list[tuple[int, ...]]) -> dict[str, float]:
    """Split attention and its gradients beside one masked softmax over everything."""
    part = SplitSequence(mesh, trees, world.device, tile=8)
    torch.manual_seed(3)
    draw = [torch.randn(2, count, part.length, 8) for count in (heads, shared, shared)]
    weigh = torch.randn(2, part.length, heads * 8)
    places = Sight(trees, part.length).places()
    dense = [tensor.clone().requires_grad_() for tensor in draw]
    result = attend(dense[0], dense[1], dense[2], mask=places.sees(places)[None, None])
    (result * weigh).sum().backward()

    ours = [tensor.clone().requires_grad_() for tensor in draw]
    pieces = [part.split(tensor.transpose(1, 2)).transpose(1, 2) for tensor in ours]
    piece = part.attention(pieces[0], pieces[1], pieces[2])
    (piece * part.split(weigh)).sum().backward()
    for tensor in ours:
        torch.distributed.all_reduce(tensor.grad, group=mesh.sequence)
    together = part.gather(piece.detach())
    return {
        "result": float((together - result.detach()).abs().max()),
        "gradient": max(float((a.grad - b.grad).abs().max()) for a, b in zip(ours, dense, strict=True)),
    }


def gathered(world: World, mesh: Mesh) -> dict[str, float]:
    """Pieces are gathered to what was split, and gradients of every rank's use of the whole come back summed."""
    part = SplitSequence(mesh, [(0, 3, 7), (7, 21)], world.device)
    original = torch.randn(1, 21, 2, generator=torch.Generator().manual_seed(1)).requires_grad_()
    back = part.gather(part.split(original))
    back.pow(2).sum().backward()
    torch.distributed.all_reduce(original.grad, group=mesh.sequence)
    users = torch.distributed.get_world_size(mesh.sequence)
    return {
        "whole": float((back - original).detach().abs().max()),
        "gradient": float((original.grad - 2 * users * original.detach()).abs().max()),
    }


def refused(world: World, mesh: Mesh) -> dict[str, str]:
    """What is told of degrees that do not fit, and of a mesh whose members are not those expected."""
    told = {}
    wrong: dict[str, Callable[[], object]] = {
        "degrees": lambda: build_mesh(world, Degrees(shard=3, ring=5)),
        "members": lambda: probe(mesh.grid.get_group("shard"), list(range(world.size))[::-1], "shard", "cpu"),
        "silent": lambda: probe(mesh.grid.get_group("ring"), [0, 1, 2], "ring", "cpu"),
    }
    for name, act in wrong.items():
        try:
            act()
        except ParallelError as error:
            told[name] = str(error)
    return told


def checks(world: World) -> Iterator[tuple[str, Callable[[], dict[str, float] | dict[str, str]]]]:
    bushy = [(0, 11, 14, 31, 33), (33, 33, 40, 41), (41, 59)]
    short = [(7 * number, 7 * number + 2, 7 * number + 7) for number in range(8)]
    for number, degrees in enumerate(LAYOUTS[world.size]):
        mesh = build_mesh(world, degrees)
        told = degrees.within(world.size).model_dump()
        name = " x ".join(f"{dimension} {degree}" for dimension, degree in told.items() if degree > 1) or "alone"
        step = partial(trained, world, mesh, tied=False, saving=False, compute=None)
        if world.size == 2 and number:  # four processes do the plain step
            yield f"step of a tied model that recomputes, {name}", partial(step, tied=True, saving=True)
        elif degrees.ring < 4:
            yield f"step, {name}", step
        yield f"attention, {name}", partial(attended, world, mesh, 4, 2, bushy)
        yield f"attention of 12 heads on 3, {name}", partial(attended, world, mesh, 12, 3, bushy)
        yield f"attention, causal, {name}", partial(attended, world, mesh, 4, 1, [(0, 50)])
        yield f"attention in short trees, {name}", partial(attended, world, mesh, 4, 4, short)
        yield f"gather, {name}", partial(gathered, world, mesh)
        if world.size == 1:
            yield f"bfloat16 step, {name}", partial(step, compute=torch.bfloat16)
        if number == 0:
            yield "refused", partial(refused, world, mesh)


def process(rank: int, size: int, port: int, out: Path) -> None:
    """One of ``size`` processes, told what torchrun tells."""
    if size > 1:
        told = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": size, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        os.environ.update({name: str(value) for name, value in told.items()})
    warnings.simplefilter("error")
    with joined("cpu", timeout=120) as world:
        figures = {name: check() for name, check in checks(world)}
    (out / f"{size}-{rank}.json").write_text(json.dumps(figures))


def main(out: Path) -> None:
    torch.set_num_threads(1)
    gc.freeze()  # or every process copies what it only looks through
    forking = multiprocessing.get_context("fork")  # imports cost more than all checks: they happen once
    for size in LAYOUTS:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        team = [forking.Process(target=process, args=(rank, size, port, out)) for rank in range(size)]
        for member in team:
            member.start()
        for member in team:
            member.join()
        if any(member.exitcode for member in team):
            sys.exit(f"of {size} processes some ended with {[member.exitcode for member in team]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
