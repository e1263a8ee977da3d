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
from afnext.model.lora import merge, save_adapter
from afnext.training.card import model_card
from afnext.training.stage import Stage

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")


def export(stage: Stage, run: Path) -> Path:
    """Write the model of ``stage`` to ``run``, whole or not at all; gives back the folder of the whole model.

    One that began as a published model keeps that one's number format; another is stored in float16, whose three more
    bits of mantissa are worth more to a small model than range it does not use.
    """
    recipe, folder = stage.recipe, run / "model"
    if recipe.lora is not None:
        assert recipe.model.weights is not None, "an adapter stands beside the weights of a model"
        save_adapter(stage.model, run / "adapter", recipe.model.weights, whole=recipe.parts)
        merge(stage.model)
    with replacing(folder, folder=True) as draft:
        if stage.origin is not None:
            copy_beside(stage.origin, draft)
            weights.save(stage.model, draft, dtype=weights.stored_dtype(stage.origin))
        else:
            weights.save(stage.model, draft, dtype=torch.float16)
            write_family(draft, stage.family)
            if recipe.model.tokenizer:
                for file in (Path(recipe.model.tokenizer) / name for name in TOKENIZER_FILES):
                    if file.is_file():
                        shutil.copyfile(file, draft / file.name)
        write_text(draft / "README.md", model_card(stage, run))
    return folder
