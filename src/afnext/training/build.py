"""A recipe made into the things that a loop needs."""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

from afnext.base.errors import RecipeError
from afnext.base.process import cpu_computes_bfloat16, seed_everything
from afnext.dialogue.template import NANO
from afnext.dialogue.tokenizer import Tokenizer
from afnext.model.config import FlamingoConfig, preset
from afnext.model.flamingo import Flamingo
from afnext.parallel.launch import World
from afnext.training.checkpoint import checkpoints, load_modules
from afnext.training.feed import SceneFeed
from afnext.training.heads import Heads
from afnext.training.optimizer import build_optimizer
from afnext.training.recipe import PARTS, Part, Recipe
from afnext.training.stage import Stage


def build(recipe: Recipe, world: World | None = None) -> Stage:
    """Model, heads, optimizer and feeds as ``recipe`` says; weights are random by its seed, or those it starts from.

    Args:
        recipe: the stage.
        world: the processes that train together; by default this one, alone.

    Raises:
        RecipeError: the tokenizer that a stage with text needs is not named.
        CheckpointError: the folder to start from does not fit.
        SceneError: the bank is not there.
    """
    world = world or World.alone()
    device = world.device
    tokenizer = Tokenizer.load(recipe.model.tokenizer) if recipe.model.tokenizer else None
    if tokenizer is None and recipe.feed.questions:
        raise RecipeError("feed.questions is above 0 without model.tokenizer", do="name a folder with tokenizer.json")
    seed_everything(recipe.seed)
    model = Flamingo(model_config(recipe.model.preset, tokenizer))
    heads = Heads(model.config.encoder.width, model.config.decoder.width)
    if recipe.model.start:
        _start(recipe.model.start, model, heads)
    _freeze(model, recipe)
    named = [*_named(model, "model"), *_named(heads, "heads")]
    model.to(device)
    heads.to(device)
    return Stage(
        recipe=recipe,
        model=model,
        heads=heads,
        optimizer=build_optimizer(named, recipe.optimizer),
        feed=SceneFeed(recipe.feed, tokenizer, NANO, recipe.seed, "train"),
        validation=SceneFeed(recipe.feed, tokenizer, NANO, recipe.seed, "validation"),
        world=world,
        precision=_precision(recipe, device),
    )


def model_config(name: str, tokenizer: Tokenizer | None) -> FlamingoConfig:
    """The preset, with the vocabulary of ``tokenizer``."""
    config = preset(name)
    if tokenizer is None:
        return config
    wanted = {
        token: tokenizer.id_of(token)
        for token in ("<sound>", "<|sound_bos|>", "<|sound_eos|>", "<|im_end|>", "<|endoftext|>")
    }
    ids = {token: number for token, number in wanted.items() if number is not None}
    if len(ids) < len(wanted):
        raise RecipeError(
            f"the tokenizer lacks {', '.join(sorted(set(wanted) - set(ids)))}", do="make one for this model"
        )
    return config.with_vocabulary(
        tokenizer.vocab_size,
        sound=ids["<sound>"],
        sound_bos=ids["<|sound_bos|>"],
        sound_eos=ids["<|sound_eos|>"],
        stop=(ids["<|im_end|>"], ids["<|endoftext|>"]),
        pad=ids["<|endoftext|>"],
    )


def _start(start: str | dict[Part, str], model: Flamingo, heads: Heads) -> None:
    folders = dict.fromkeys(PARTS, start) if isinstance(start, str) else start
    for part, folder in folders.items():
        done = checkpoints(Path(folder))
        if not done:
            raise RecipeError(f"model.start: {folder} holds no checkpoint", do="run the recipe that makes it first")
        load_modules(done[-1], model, heads, part)


def _freeze(model: Flamingo, recipe: Recipe) -> None:
    parts = {"encoder": model.encoder, "adaptor": model.adaptor, "decoder": model.decoder}
    for name, part in parts.items():
        if name not in recipe.trains:
            part.requires_grad_(False)


def _named(module: nn.Module, prefix: str) -> Iterator[tuple[str, nn.Parameter]]:
    for name, parameter in module.named_parameters():
        yield f"{prefix}.{name}", parameter


def _precision(recipe: Recipe, device: torch.device) -> torch.dtype:
    fast = torch.cuda.is_bf16_supported() if device.type == "cuda" else cpu_computes_bfloat16()
    if recipe.precision == "bfloat16" or (recipe.precision == "auto" and fast):
        return torch.bfloat16
    return torch.float32
