"""A recipe made into the things that a loop needs."""

import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
import torch.distributed as dist
from torch.utils.data import Dataset

from afnext.base.errors import MissingToolError, ParallelError, RecipeError
from afnext.base.process import cpu_computes_bfloat16, seed_everything
from afnext.base.progress import Tell, silent
from afnext.data.batch import Batch
from afnext.data.feed import RowFeed
from afnext.data.groups import Speller
from afnext.data.mixture import parse_mixture
from afnext.data.shard_feed import ShardFeed
from afnext.dialogue.checkpoint import load_family
from afnext.dialogue.template import NANO, Family
from afnext.dialogue.tokenizer import Tokenizer
from afnext.inference.folder import find_folder
from afnext.model import weights
from afnext.model.config import FlamingoConfig, preset
from afnext.model.flamingo import Flamingo
from afnext.model.lora import adapt
from afnext.model.packed import pack
from afnext.parallel.compile import compile_blocks
from afnext.parallel.launch import World
from afnext.parallel.mesh import Degrees, build_mesh
from afnext.parallel.recompute import recompute
from afnext.parallel.shard import shard
from afnext.training.average import Averages
from afnext.training.captions import CaptionSpeller, see_that_all_is_taught
from afnext.training.checkpoint import checkpoints, load_modules
from afnext.training.feed import SceneFeed
from afnext.training.heads import Captioner, Heads
from afnext.training.held_out import HeldOut
from afnext.training.learner import Learner
from afnext.training.optimizer import build_optimizer
from afnext.training.recipe import PARTS, ParallelRecipe, Part, Recipe
from afnext.training.stage import Stage

COMPILERS = (os.environ.get("CXX", "g++"), "g++", "clang++")
"""Any of them will do for ``compile``."""


def build(recipe: Recipe, world: World | None = None, tell: Tell = silent) -> Stage:
    """Model, heads, optimizer and feeds as ``recipe`` says; weights are random by its seed, or those it starts from.

    Args:
        recipe: the stage.
        world: the processes that train together; by default this one, alone.
        tell: told how far it is.

    Raises:
        RecipeError: the tokenizer that a stage with text needs is not named, or the mixture cannot be read.
        CheckpointError: the folder to start from does not fit.
        ConversationError: a file of rows is missing, shards are not whole, or no row of them can be used.
        MissingToolError: there are shards, and megatron-energon is not installed.
        SceneError: the bank is not there.
    """
    world = world or World.alone()
    device, precision = world.device, _precision(recipe, world.device)
    seed_everything(recipe.seed)
    origin: Path | None = None
    family, tokenizer = NANO, None
    if recipe.model.weights is not None:
        origin = find_folder(recipe.model.weights)
        family, tokenizer = load_family(origin), Tokenizer.load(origin)
        packs = recipe.lora is not None and recipe.lora.quantize
        model = weights.load(origin, "cpu" if packs else device, precision)
    else:
        if recipe.model.tokenizer is None and (recipe.feed is None or recipe.feed.questions):
            asks = "feed.questions is above 0" if recipe.feed else "data is given"
            raise RecipeError(f"{asks} without model.tokenizer", do="name a folder with tokenizer.json")
        if recipe.model.tokenizer:
            tokenizer = Tokenizer.load(recipe.model.tokenizer)
        model = Flamingo(model_config(recipe.model.preset, tokenizer))
    heads = Heads(model.config.encoder.width, model.config.decoder.width) if recipe.feed else None
    captioner = None
    if recipe.captioner is not None:
        captioner = Captioner(recipe.captioner, model.config.decoder.vocabulary, model.config.encoder.width)
    if recipe.model.start:
        _start(recipe.model.start, model, heads)
    _freeze(model, recipe, device)
    learner = Learner(model, heads, recipe.objective, captioner).to(device)
    if recipe.compile:
        if not any(map(shutil.which, COMPILERS)):
            raise MissingToolError(
                "compile without a C++ compiler", do="install one (apt-get install g++), or leave compile out"
            )
        compile_blocks(learner)
    if recipe.parallel is not None:
        _spread(learner, recipe.parallel, recipe, world, precision)
    feed, validation, held_out = _feeds(recipe, tokenizer, family, model.config, tell)
    steps, batches = recipe.steps, recipe.validate_batches
    if isinstance(feed, RowFeed | ShardFeed) and recipe.epochs is not None:
        steps = max(1, feed.batches(recipe.epochs) // recipe.accumulate)
    if isinstance(validation, RowFeed | ShardFeed):
        batches = min(batches, validation.batches(1))
    assert steps is not None, "a recipe has steps or epochs"
    return Stage(
        recipe=recipe,
        learner=learner,
        optimizer=build_optimizer(learner.named_parameters(), recipe.optimizer),
        feed=feed,
        validation=validation,
        held_out=held_out,
        averages=Averages(learner.named_parameters(), recipe.ema) if recipe.ema else None,
        steps=steps,
        validate_batches=batches if validation is not None else 0,
        workers=recipe.feed.workers if recipe.feed else recipe.rows.workers,
        origin=origin,
        family=family,
        world=world,
        mesh=learner.mesh,
        precision=precision,
    )


def _spread(learner: Learner, parallel: ParallelRecipe, recipe: Recipe, world: World, precision: torch.dtype) -> None:
    """Split the weights of ``learner`` over the processes."""
    if not dist.is_initialized():
        raise ParallelError(
            "parallel without torchrun", do="start it as torchrun --nproc-per-node N --no-python afnext train ..."
        )
    parallel.fit_heads(learner.model.config.decoder.heads)
    mesh = build_mesh(world, Degrees.model_validate(parallel.model_dump(exclude={"recompute"})))
    if recipe.accumulate % mesh.data[1]:
        raise RecipeError(
            f"accumulate {recipe.accumulate} with {mesh.data[1]} shares of the data",
            expected="a multiple: with weights in shards, all compute equally often",
        )
    if parallel.recompute:
        recompute(learner, parallel.recompute)
    decoder = learner.model.decoder
    shard(
        learner,
        mesh,
        compute=None if precision == torch.float32 else precision,
        parts=[decoder.embedding, decoder.head],
    )
    learner.mesh = mesh


def _feeds(
    recipe: Recipe, tokenizer: Tokenizer | None, family: Family, config: FlamingoConfig, tell: Tell
) -> tuple[Dataset[Batch], Dataset[Batch] | None, HeldOut | None]:
    """What is learnt, what is measured on, and what is answered."""

    spelling: Callable[..., Speller] = Speller
    if recipe.captioner is not None:
        spelling = partial(CaptionSpeller, recipe.captioner, recipe.objective)

    def rows(mixture: str) -> RowFeed | ShardFeed:
        if tokenizer is None:
            raise RecipeError("rows without model.tokenizer", do="name a folder with tokenizer.json")
        terms = parse_mixture(mixture)
        kind = ShardFeed if any(Path(term.path).is_dir() for term in terms) else RowFeed
        speller = spelling(
            tokenizer,
            family,
            tokens=recipe.rows.tokens,
            context=min(recipe.rows.context or config.decoder.positions, config.decoder.positions),
            longest=recipe.rows.longest,
            together=recipe.parallel is not None,
        )
        return kind(terms, speller, seed=recipe.seed, tell=tell)

    held_out = None
    if recipe.held_out is not None:
        asked = rows(recipe.held_out.rows)
        if not isinstance(asked, RowFeed):
            raise RecipeError(f"held_out.rows {recipe.held_out.rows}", expected="a file of rows, not shards")
        held_out = HeldOut(asked, recipe.held_out)
    if recipe.feed is not None:
        train, validation = (
            SceneFeed(recipe.feed, tokenizer, family, recipe.seed, world) for world in ("train", "validation")
        )
        return train, validation, held_out
    assert recipe.data is not None, "a recipe has data or a feed"
    feed = rows(recipe.data)
    if isinstance(feed, RowFeed) and isinstance(feed.speller, CaptionSpeller):
        see_that_all_is_taught(feed, feed.speller)
    return feed, rows(recipe.rows.validation) if recipe.rows.validation else None, held_out


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


def _start(start: str | dict[Part, str], model: Flamingo, heads: Heads | None) -> None:
    folders = dict.fromkeys(PARTS, start) if isinstance(start, str) else start
    for part, folder in folders.items():
        done = checkpoints(Path(folder))
        if not done:
            raise RecipeError(f"model.start: {folder} holds no checkpoint", do="run the recipe that makes it first")
        load_modules(done[-1], {"model": model, "heads": heads}, part)


def _freeze(model: Flamingo, recipe: Recipe, device: torch.device) -> None:
    """Leave only what is trained with gradients, and keep that in float32 whatever is computed in."""
    for name, part in (("encoder", model.encoder), ("adaptor", model.adaptor), ("decoder", model.decoder)):
        part.requires_grad_(name in recipe.parts)
    if recipe.lora is not None:
        adapt(model, recipe.lora)
        if recipe.lora.quantize:
            pack(model.decoder.layers, recipe.lora.quantize, device)
    for parameter in model.parameters():
        if parameter.requires_grad or recipe.parallel is not None:  # shards are of one format
            parameter.data = parameter.data.float()
    model.decoder.tie()


def _precision(recipe: Recipe, device: torch.device) -> torch.dtype:
    fast = torch.cuda.is_bf16_supported() if device.type == "cuda" else cpu_computes_bfloat16()
    if recipe.precision == "bfloat16" or (recipe.precision == "auto" and fast):
        return torch.bfloat16
    return torch.float32
