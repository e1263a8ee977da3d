"""A run on disk: tensors in safetensors, counters in JSON, each checkpoint whole or absent. No pickles.

RUN/recipe.yaml                     the resolved recipe
RUN/journal.jsonl                   metrics
RUN/RESUME.txt                      the command that goes on
RUN/checkpoints/step-0000500/       model.safetensors, heads.safetensors, optimizer.safetensors, state.json
RUN/model/                          the last state in the published layout
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from afnext.base.errors import CheckpointError
from afnext.base.files import replacing, write_json
from afnext.training.optimizer import Optimizers
from afnext.training.stage import Stage

NAME = "step-{:07d}"


def save_checkpoint(run: Path, step: int, stage: Stage) -> Path:
    """Write the state after ``step`` steps; checkpoints beyond the last ``recipe.keep`` are removed afterwards."""
    folder = run / "checkpoints" / NAME.format(step)
    with replacing(folder, folder=True) as draft:
        save_file(_stored(dict(stage.model.named_parameters())), draft / "model.safetensors")
        save_file(_stored(dict(stage.heads.named_parameters())), draft / "heads.safetensors")
        save_file(_stored(stage.optimizer.state()), draft / "optimizer.safetensors")
        write_json(draft / "state.json", {"step": step, "recipe": stage.recipe.name})
    for old in checkpoints(run)[: -stage.recipe.keep]:
        shutil.rmtree(old)
    return folder


def checkpoints(run: Path) -> list[Path]:
    """The run's checkpoints, oldest first."""
    return sorted(run.glob("checkpoints/step-*"))


def load_modules(folder: Path, model: nn.Module, heads: nn.Module, part: str = "") -> None:
    """Fill ``model`` and ``heads`` from a checkpoint; only what stands below ``part`` in each, if it is given.

    Raises:
        CheckpointError: a file is missing or broken, or a tensor is missing, extra or misshapen.
    """
    for module, name in ((model, "model"), (heads, "heads")):
        stored, wanted = (
            {key: tensor for key, tensor in tensors.items() if key.startswith(f"{part}." if part else "")}
            for tensors in (_read(folder / f"{name}.safetensors"), dict(module.named_parameters()))
        )
        odd = sorted(stored.keys() ^ wanted.keys()) + [
            n for n in stored if n in wanted and stored[n].shape != wanted[n].shape
        ]
        if odd:
            raise CheckpointError(
                f"{folder / name}.safetensors does not fit: {', '.join(odd[:5])}", do="use the recipe that made it"
            )
        with torch.no_grad():
            for key, tensor in stored.items():
                wanted[key].copy_(tensor)


def load_optimizer(folder: Path, optimizer: Optimizers) -> dict[str, Any]:
    """Fill ``optimizer`` from a checkpoint; gives back the ``state`` that was saved, with ``step``."""
    optimizer.load_state(_read(folder / "optimizer.safetensors"))
    state: dict[str, Any] = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    return state


def _read(file: Path) -> dict[str, torch.Tensor]:
    try:
        return load_file(file)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{file}: {error}", expected="a checkpoint of this project") from error


def _stored(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
