"""The processes as a named grid, which says who shares data, weights and sequences with whom.

    replicate   whole copies of the weights; gradients are summed across
    shard       other data, the same weights in shards
    ring        the same data: parts of its sequences, keys and values passed round (across nodes)
    ulysses     the same data: parts of a part, exchanged for heads (inside a node; consecutive ranks)

Weights are in shards over shard x ring x ulysses together, so that long sequences cost no copies of the model.
"""

from dataclasses import dataclass
from typing import Self

import torch
import torch.distributed as dist
from pydantic import Field
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh

from afnext.base.config import Frozen
from afnext.base.errors import ParallelError
from afnext.parallel.launch import World

DIMENSIONS = ("replicate", "shard", "ring", "ulysses")


class Degrees(Frozen):
    """How many processes stand along each dimension; their product is the number of processes."""

    replicate: int = Field(1, gt=0)
    shard: int | None = Field(None, gt=0)
    """None: all processes that the others leave."""
    ring: int = Field(1, gt=0)
    ulysses: int = Field(1, gt=0)

    def within(self, world: int) -> Self:
        """The same with ``shard`` filled in for ``world`` processes.

        Raises:
            ParallelError: the degrees do not multiply to ``world``.
        """
        others = self.replicate * self.ring * self.ulysses
        shard = self.shard if self.shard is not None else world // others
        if others * shard != world:
            told = f"replicate {self.replicate} x shard {shard or '?'} x ring {self.ring} x ulysses {self.ulysses}"
            raise ParallelError(
                f"{told} on {world} process{'es' if world > 1 else ''}",
                expected=f"a product of {world}",
                do="change the degrees, or the number of processes that torchrun starts",
            )
        return self.model_copy(update={"shard": shard})

    def fit_heads(self, heads: int) -> None:
        """See that a decoder of ``heads`` query heads can be exchanged at this Ulysses degree.

        Raises:
            ParallelError: it cannot.
        """
        if heads % self.ulysses:
            possible = [str(degree) for degree in range(1, heads + 1) if heads % degree == 0]
            raise ParallelError(
                f"ulysses {self.ulysses} with {heads} attention heads",
                expected=f"one of {', '.join(possible)}",
                do="give the rest of the degree to ring",
            )


@dataclass(frozen=True)
class Mesh:
    """The grid, and the groups that the parts of this room work in."""

    degrees: Degrees
    grid: DeviceMesh
    """[replicate, shard, ring, ulysses]."""
    weights: DeviceMesh
    """For ``fully_shard``: [replicate, shard x ring x ulysses], or the latter alone without replicas."""
    sequence: dist.ProcessGroup
    """Those who hold parts of the same sequence, ring x ulysses."""
    data: tuple[int, int]
    """Which of how many shares of the data is this process's; all of a sequence group have the same."""

    @property
    def ring(self) -> dist.ProcessGroup:
        """Those among whom keys and values go round."""
        return self.grid.get_group("ring")

    @property
    def ulysses(self) -> dist.ProcessGroup:
        """Those who exchange tokens for heads."""
        return self.grid.get_group("ulysses")

    def check(self) -> None:
        """Speak through every dimension once: a broken link shows here, with its name, and not hours later.

        Raises:
            ParallelError: some dimension does not answer, or those who answer are not those who should.
        """
        place = self.grid.get_coordinate()
        assert place is not None, "this process is part of the grid"
        for number, name in enumerate(DIMENSIONS):
            along = tuple(slice(None) if axis == number else at for axis, at in enumerate(place))
            probe(self.grid.get_group(name), self.grid.mesh[along].tolist(), name, self.grid.device_type)
        members = self.grid.mesh[place[0], place[1]].flatten().tolist()
        probe(self.sequence, members, "ring x ulysses", self.grid.device_type)


def build_mesh(world: World, degrees: Degrees) -> Mesh:
    """The grid of all processes; every process calls this at the same time. It has been checked.

    Raises:
        ParallelError: the degrees do not fit the number of processes, or the mesh does not answer.
    """
    full = degrees.within(world.size)
    assert full.shard is not None
    kind, parts = world.device.type, full.ring * full.ulysses
    grid = init_device_mesh(kind, (full.replicate, full.shard, full.ring, full.ulysses), mesh_dim_names=DIMENSIONS)
    shards = full.shard * parts
    if full.replicate > 1:
        weights = init_device_mesh(kind, (full.replicate, shards), mesh_dim_names=("replicate", "weights"))
    else:
        weights = init_device_mesh(kind, (shards,), mesh_dim_names=("weights",))
    shares = full.replicate * full.shard
    rows = init_device_mesh(kind, (shares, parts), mesh_dim_names=("data", "sequence"))
    mesh = Mesh(full, grid, weights, rows.get_group("sequence"), (rows.get_local_rank("data"), shares))
    mesh.check()
    return mesh


def probe(group: dist.ProcessGroup, members: list[int], name: str, device: str) -> None:
    """Let everybody in ``group`` say its rank, and see that these are ``members`` in order.

    Raises:
        ParallelError: they are not, or somebody does not answer in time; names ``name``.
    """
    mine = torch.tensor([dist.get_rank()], device=device)
    heard = [torch.empty_like(mine) for _ in members]
    try:
        if dist.get_world_size(group) != len(members):
            raise RuntimeError(f"{dist.get_world_size(group)} processes in a group of {len(members)}")
        dist.all_gather(heard, mine, group=group)
    except RuntimeError as error:  # what torch raises for timeouts and broken connections too
        raise ParallelError(
            f"dimension {name} of the mesh does not answer: {error}",
            expected=f"processes {members}",
            do="look at the network and the logs of those processes",
        ) from error
    told = [int(rank) for rank in heard]
    if told != members:
        raise ParallelError(
            f"dimension {name} of the mesh joins processes {told}",
            expected=f"{members}",
            do="start all processes with the same degrees",
        )
