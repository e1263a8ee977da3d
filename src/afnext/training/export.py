"""The end of a run: the trained model as a folder in the published layout, with its tokenizer and template."""

import shutil
from pathlib import Path

import torch

from afnext.base.files import replacing
from afnext.dialogue.checkpoint import write_family
from afnext.dialogue.template import NANO
from afnext.model.weights import save
from afnext.training.stage import Stage

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")


def export(stage: Stage, folder: Path) -> Path:
    """Write the model of ``stage`` to ``folder``, whole or not at all, in float16.

    Three more bits of mantissa than bfloat16 are worth more to a small model than range it does not use.
    """
    with replacing(folder, folder=True) as draft:
        save(stage.model, draft, dtype=torch.float16)
        write_family(draft, NANO)
        if stage.recipe.model.tokenizer:
            source = Path(stage.recipe.model.tokenizer)
            for file in (source / name for name in TOKENIZER_FILES):
                if file.is_file():
                    shutil.copyfile(file, draft / file.name)
    return folder
