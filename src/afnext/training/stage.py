"""Everything that a training step touches, in one value."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch.utils.data import Dataset

from afnext.data.batch import Batch
from afnext.data.loader import Share
from afnext.data.shard_feed import ShardFeed
from afnext.dialogue.template import Family
from afnext.model.flamingo import Flamingo
from afnext.parallel.launch import World
from afnext.parallel.mesh import Mesh
from afnext.training.average import Averages
from afnext.training.heads import Heads
from afnext.training.held_out import HeldOut
from afnext.training.learner import Learner
from afnext.training.optimizer import Optimizers
from afnext.training.recipe import Recipe


@dataclass(frozen=True)
class Stage:
    """A recipe made real; see ``build.py``."""

    recipe: Recipe
    learner: Learner
    optimizer: Optimizers
    feed: Dataset[Batch]
    validation: Dataset[Batch] | None
    held_out: HeldOut | None
    averages: Averages | None
    steps: int
    validate_batches: int
    workers: int
    origin: Path | None
    """The folder that ``model.weights`` names, once it is found."""
    family: Family
    world: World
    """The process among those that train together."""
    mesh: Mesh | None
    """Over which weights and sequences are split; None where each process holds everything."""
    precision: torch.dtype

    @property
    def model(self) -> Flamingo:
        """What is trained."""
        return self.learner.model

    @property
    def heads(self) -> Heads | None:
        """What reads scenes' truth; None where rows are learnt."""
        return self.learner.heads

    @property
    def share(self) -> Share:
        """Which batches of a step are this process's; those who hold parts of one sequence have the same."""
        return Share(*self.mesh.data) if self.mesh else Share(self.world.rank, self.world.size)

    @property
    def pieces(self) -> int:
        """How many processes share a batch."""
        return self.mesh.degrees.ring * self.mesh.degrees.ulysses if self.mesh else 1

    @property
    def counts(self) -> bool:
        """Whether this process counts its batches; of those who have the same, one does."""
        return self.mesh is None or dist.get_rank(self.mesh.sequence) == 0

    @property
    def device(self) -> torch.device:
        """What is computed on."""
        return self.world.device

    def places(self, step: int) -> dict[str, Any] | None:
        """Where the streams of shards are after ``step`` steps, in the first process; every process calls it."""
        if not isinstance(self.feed, ShardFeed):
            return None
        mine = self.feed.state(step)
        if self.world.size == 1:
            return mine
        every: list[Any] | None = [None] * self.world.size if self.world.rank == 0 else None
        dist.gather_object(mine, every)
        return {number: state for some in every or [] for number, state in some.items()}

    def exported(self) -> AbstractContextManager[None]:
        """The model with the weights that come out: its averages, if they are asked for."""
        averages = self.averages
        return averages.in_place() if averages is not None and averages.recipe.export else nullcontext()

    def uncompiled(self) -> AbstractContextManager[None]:
        """Call the layers as they are written: answers come a token at a time, each another shape."""
        return torch.compiler.set_stance("force_eager") if self.recipe.compile else nullcontext()

    def autocast(self) -> AbstractContextManager[object]:
        """Compute in the stage's precision."""
        if self.precision == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, self.precision)
