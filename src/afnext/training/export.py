"""The end of a run: the trained model as a folder in the published layout, with its tokenizer, template and card.

With low-rank products the adapter alone lies beside it, as PEFT reads it: ``RUN/adapter``. ``RUN/model`` has it merged.
"""

import shutil
from pathlib import Path

import torch

from afnext.base.files import replacing, write_text
from afnext.dialogue.checkpoint import write_family
from afnext.inference.folder import copy_beside
from afnext.model import weights
from afnext.model.flamingo import Flamingo
from afnext.model.lora import adapt, merge, save_adapter
from afnext.parallel.shard import whole
from afnext.training.card import model_card
from afnext.training.stage import Stage

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")


def export(stage: Stage, run: Path) -> Path | None:
    """Write the model of ``stage`` to ``run``, whole or not at all; gives back the folder of the whole model.

    Every process of a mesh calls it, for each holds a part; the first one writes, and the others get None.

    One that began as a published model keeps that one's number format; another is stored in float16, whose three more
    bits of mantissa are worth more to a small model than range it does not use.
    """
    recipe, folder = stage.recipe, run / "model"
    model = _gathered(stage) if stage.mesh is not None else stage.model
    if model is None:
        return None
    if recipe.lora is not None:
        assert recipe.model.weights is not None, "an adapter stands beside the weights of a model"
        save_adapter(model, run / "adapter", recipe.model.weights, whole=recipe.parts)
        merge(model)
    with replacing(folder, folder=True) as draft:
        if stage.origin is not None:
            copy_beside(stage.origin, draft)
            weights.save(model, draft, dtype=weights.stored_dtype(stage.origin))
        else:
            weights.save(model, draft, dtype=torch.float16)
            write_family(draft, stage.family)
            if recipe.model.tokenizer:
                for file in (Path(recipe.model.tokenizer) / name for name in TOKENIZER_FILES):
                    if file.is_file():
                        shutil.copyfile(file, draft / file.name)
        write_text(draft / "README.md", model_card(stage, run))
    return folder


def _gathered(stage: Stage) -> Flamingo | None:
    """The model whole on the first process, a tensor at a time; None on the others, which send theirs."""
    first = stage.world.rank == 0
    state = {}
    for name, parameter in stage.model.named_parameters():
        tensor = whole(parameter.detach())
        if first:
            state[name] = tensor.cpu()
    if not first:
        return None
    with torch.device("meta"):
        model = Flamingo(stage.model.config)
        if stage.recipe.lora is not None:
            adapt(model, stage.recipe.lora)
    model.load_state_dict(state, strict=False, assign=True)
    model.decoder.tie()
    assert not any(parameter.is_meta for parameter in model.parameters()), "every parameter was gathered"
    return model
