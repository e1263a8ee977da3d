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
from afnext.training.stage import Stage

NAME = "step-{:07d}"


def save_checkpoint(run: Path, step: int, stage: Stage) -> Path:
    """Write the state after ``step`` steps; checkpoints beyond the last ``recipe.keep`` are removed afterwards."""
    folder = run / "checkpoints" / NAME.format(step)
    with replacing(folder, folder=True) as draft:
        for name, tensors in _kept(stage).items():
            save_file(_stored(tensors), draft / f"{name}.safetensors")
        save_file(_stored(stage.optimizer.state()), draft / "optimizer.safetensors")
        write_json(draft / "state.json", {"step": step, "recipe": stage.recipe.name})
    for old in checkpoints(run)[: -stage.recipe.keep]:
        shutil.rmtree(old)
    return folder


def checkpoints(run: Path) -> list[Path]:
    """The run's checkpoints, oldest first."""
    return sorted(run.glob("checkpoints/step-*"))


def load_modules(folder: Path, modules: Mapping[str, nn.Module | None], part: str = "") -> None:
    """Fill the ``model`` and the ``heads`` from a checkpoint; only what stands below ``part`` in each, if it is given.

    Raises:
        CheckpointError: a file is missing or broken, or a tensor is missing, extra or misshapen.
    """
    for name, module in modules.items():
        if module is not None:
            beginning = f"{part}." if part else ""
            wanted = {key: tensor for key, tensor in module.named_parameters() if key.startswith(beginning)}
            stored = {key: t for key, t in _read(folder / f"{name}.safetensors").items() if key.startswith(beginning)}
            _fill(folder / f"{name}.safetensors", stored, wanted)


def resume(folder: Path, stage: Stage) -> int:
    """Bring ``stage`` to where it was when the checkpoint was saved; gives back how many steps it had done.

    Raises:
        CheckpointError: as ``load_modules``.
    """
    for name, wanted in _kept(stage).items():
        _fill(folder / f"{name}.safetensors", _read(folder / f"{name}.safetensors"), wanted)
    stage.optimizer.load_state(_read(folder / "optimizer.safetensors"))
    state: dict[str, Any] = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    return int(state["step"])


def _kept(stage: Stage) -> dict[str, dict[str, nn.Parameter]]:
    """What a checkpoint holds: everything, or beside a model that lies elsewhere what has been trained."""
    changed = {
        name: parameter
        for name, parameter in stage.model.named_parameters()
        if stage.origin is None or parameter.requires_grad
    }
    return {"model": changed} | ({} if stage.heads is None else {"heads": dict(stage.heads.named_parameters())})


def _fill(file: Path, stored: Mapping[str, torch.Tensor], wanted: Mapping[str, torch.Tensor]) -> None:
    odd = sorted(stored.keys() ^ wanted.keys()) + [
        name for name in stored if name in wanted and stored[name].shape != wanted[name].shape
    ]
    if odd:
        raise CheckpointError(f"{file} does not fit: {', '.join(odd[:5])}", do="use the recipe that made it")
    with torch.no_grad():
        for name, tensor in stored.items():
            wanted[name].copy_(tensor)


def _read(file: Path) -> dict[str, torch.Tensor]:
    try:
        return load_file(file)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{file}: {error}", expected="a checkpoint of this project") from error


def _stored(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
