"""A run on disk: tensors in safetensors, counters in JSON, each checkpoint whole or absent. No pickles.

RUN/recipe.yaml                     the resolved recipe
RUN/journal.jsonl                   metrics
RUN/RESUME.txt                      the command that goes on
RUN/checkpoints/step-0000500/       *.safetensors (``model.``, ``heads.``, ``captioner.``, ``average.``,
                                    ``optimizer.``), state.json; with shards streams.json, where each of their
                                    streams is
RUN/model/                          the last state in the published layout

Tensors are written by PyTorch's distributed checkpoint: with weights in shards every process writes its own while
training goes on, and any number of processes reads them back.
"""

import json
import logging
import shutil
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch.distributed as dist
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageReader, HuggingFaceStorageWriter
from torch.distributed.checkpoint.logger import _dcp_logger
from torch.distributed.checkpoint.metadata import TensorStorageMetadata
from torch.distributed.checkpoint.staging import DefaultStager, StagingOptions
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import async_save, save

from afnext.base.errors import CheckpointError
from afnext.base.files import replacing, to_json, write_json, write_text
from afnext.data.shard_feed import ShardFeed
from afnext.training.stage import Stage

_dcp_logger.setLevel(logging.INFO)  # else it makes two notes a tensor, for nobody

NAME = "step-{:07d}"
STREAMS = "streams.json"
MOMENTS = "optimizer."
"""Before the name of what the optimizer remembers."""
AVERAGE = "average."
"""Before the name of a parameter whose average it is."""


class Saver:
    """Writes the checkpoints of a run. With a mesh, all of its processes call each method at the same time."""

    def __init__(self, run: Path, stage: Stage) -> None:
        self.run = run
        self.stage = stage
        self._writing: _Writing | None = None
        # writers speak to each other while training goes on, so they need a line of their own
        self._line = dist.new_group(backend="gloo") if stage.mesh is not None else None

    def save(self, step: int, places: Mapping[str, Any] | None = None) -> None:
        """Keep the state after ``step`` steps. With a mesh it is copied now, and written while training goes on.

        Args:
            step: how many are done.
            places: where the streams of shards are, if there are any.

        Raises:
            OutputError: the disk is full; checkpoints that are there stay whole.
        """
        self.finish()
        place = ExitStack()
        draft = Path()
        if self.stage.world.rank == 0:
            folder = self.run / "checkpoints" / NAME.format(step)
            draft = place.enter_context(replacing(folder, folder=True))
        if self.stage.mesh is not None:
            told = [str(draft)]
            dist.broadcast_object_list(told, src=0, group=self._line)
            draft = Path(told[0])
        with place:  # on the way out after an error, the draft is removed
            self._writing = _Writing(step, places, draft, self._start(draft), place.pop_all())
        if self.stage.mesh is None:
            self.finish()

    def finish(self) -> None:
        """Wait for what is being written.

        Raises:
            OutputError: as ``save``.
        """
        if self._writing is None:
            return
        writing, self._writing = self._writing, None
        with writing.place, _told_plainly():  # leaving it, the draft takes its place
            if writing.end is not None:
                writing.end.result()  # all processes have written
            if self.stage.world.rank == 0:
                write_json(writing.draft / "state.json", {"step": writing.step, "recipe": self.stage.recipe.name})
                if writing.places is not None:
                    write_text(writing.draft / STREAMS, to_json(writing.places))
        if self.stage.world.rank == 0:
            for old in checkpoints(self.run)[: -self.stage.recipe.keep]:
                shutil.rmtree(old)

    def _start(self, draft: Path) -> "Future[Any] | None":
        """Write, or begin to."""
        state, stage = _state(self.stage), self.stage
        with _told_plainly():
            writer = HuggingFaceStorageWriter(str(draft), save_distributed=True)
            if stage.mesh is None:
                save(state, storage_writer=writer, no_dist=True)
                return None
            cuda = stage.device.type == "cuda"
            options = StagingOptions(
                use_pinned_memory=cuda, use_shared_memory=False, use_async_staging=False, use_non_blocking_copy=cuda
            )
            writing = async_save(
                state, storage_writer=writer, async_stager=DefaultStager(options), process_group=self._line
            )
        assert isinstance(writing, Future), "staging is not asynchronous"
        return writing


@dataclass(frozen=True)
class _Writing:
    """A checkpoint on its way: its draft, the end of writing (None: written), and what moves it to its place."""

    step: int
    places: Mapping[str, Any] | None
    draft: Path
    end: "Future[Any] | None"
    place: ExitStack


def checkpoints(run: Path) -> list[Path]:
    """The run's checkpoints, oldest first."""
    return sorted(run.glob("checkpoints/step-*"))


def load_modules(folder: Path, modules: Mapping[str, nn.Module | None], part: str = "") -> None:
    """Fill the ``model`` and the ``heads`` from a checkpoint; only what stands below ``part`` in each, if it is given.

    Raises:
        CheckpointError: a file is missing or broken, or a tensor is missing, extra or misshapen.
    """
    wanted = {
        f"{kind}.{name}": parameter
        for kind, module in modules.items()
        if module is not None
        for name, parameter in module.named_parameters()
        if name.startswith(f"{part}." if part else "")
    }
    beginnings = tuple(f"{kind}.{part}" for kind, module in modules.items() if module is not None)
    stored = {name: shape for name, shape in _shapes(folder).items() if name.startswith(beginnings)}
    _read(folder, stored, wanted, alone=True)


def resume(folder: Path, stage: Stage) -> int:
    """Bring ``stage`` to where it was when the checkpoint was saved; gives back how many steps it had done.

    Raises:
        CheckpointError: as ``load_modules``.
    """
    stored = _shapes(folder)
    remembered = {name.removeprefix(MOMENTS): shape for name, shape in stored.items() if name.startswith(MOMENTS)}
    empty = stage.optimizer.empty_state(remembered)
    wanted = _kept(stage) | {MOMENTS + name: tensor for name, tensor in empty.items()}
    _read(folder, stored, wanted, alone=stage.mesh is None)
    stage.optimizer.load_state(empty)
    if isinstance(stage.feed, ShardFeed) and (folder / STREAMS).is_file():
        stage.feed.resume(json.loads((folder / STREAMS).read_text(encoding="utf-8")))
    state: dict[str, Any] = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    return int(state["step"])


def _kept(stage: Stage) -> dict[str, Tensor]:
    """The parameters of a checkpoint: all, or beside a model that lies elsewhere the trained ones; and averages."""
    named = stage.learner.named_parameters()
    kept: dict[str, Tensor] = {name: tensor for name, tensor in named if stage.origin is None or tensor.requires_grad}
    averages = stage.averages.values if stage.averages is not None else {}
    return kept | {AVERAGE + name: tensor for name, tensor in averages.items()}


def _state(stage: Stage) -> dict[str, Tensor]:
    return _kept(stage) | {MOMENTS + name: tensor for name, tensor in stage.optimizer.state().items()}


def _shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """The tensors of a checkpoint."""
    try:
        known = HuggingFaceStorageReader(str(folder)).read_metadata().state_dict_metadata
    except (OSError, ValueError, SafetensorError) as error:
        raise CheckpointError(f"{folder}: {error}", expected="a checkpoint of this project") from error
    if not known:
        raise CheckpointError(f"{folder} holds no tensors", expected="a checkpoint of this project")
    return {name: tuple(stored.size) for name, stored in known.items() if isinstance(stored, TensorStorageMetadata)}


def _read(folder: Path, stored: Mapping[str, tuple[int, ...]], wanted: Mapping[str, Tensor], *, alone: bool) -> None:
    odd = sorted(stored.keys() ^ wanted.keys())
    odd += [name for name, shape in stored.items() if name in wanted and shape != tuple(wanted[name].shape)]
    if odd:
        raise CheckpointError(f"{folder} does not fit: {', '.join(odd[:5])}", do="use the recipe that made it")
    try:
        with _told_plainly():
            load(dict(wanted), storage_reader=HuggingFaceStorageReader(str(folder)), no_dist=alone)
    except (OSError, ValueError, SafetensorError) as error:
        raise CheckpointError(f"{folder}: {error}", expected="a checkpoint of this project") from error


@contextmanager
def _told_plainly() -> Iterator[None]:
    """What goes wrong in PyTorch's checkpoints comes wrapped, as no ``Exception``: unwrap the first of it."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "torch.distributed is disabled", UserWarning)  # alone, on purpose
            yield
    except CheckpointException as error:
        raise next(iter(error.failures.values()))[0] from error
