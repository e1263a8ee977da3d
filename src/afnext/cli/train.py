"""``afnext train``."""

from dataclasses import asdict
from importlib.resources import files
from json import dumps
from pathlib import Path
from typing import Annotated

import typer

from afnext.base.config import load_config
from afnext.base.errors import RecipeError
from afnext.cli import options
from afnext.cli.progress import progress_bars
from afnext.model.config import preset
from afnext.training.loop import train
from afnext.training.plan import ASSUMED, MACHINES, MachineName, told
from afnext.training.plan import plan as work_out
from afnext.training.recipe import Recipe


def run(
    *,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="RECIPE... [KEY=VALUE]...",
            help="YAML files, or such as are shipped (recipes/...), run one after the other, and changes of each, "
            "such as optimizer.clip=0.5.",
        ),
    ],
    plan: Annotated[
        bool, typer.Option("--plan", help="Tell time, memory and cost of a step on a cluster, and train nothing.")
    ] = False,
    gpus: Annotated[int, typer.Option(help="For --plan: how many GPUs.", min=1)] = 128,
    machine: Annotated[MachineName, typer.Option(help="For --plan: of which kind.")] = "h100",
    dollars: Annotated[float, typer.Option(help="For --plan: price of a GPU hour.", min=0)] = 2.5,
    out: Annotated[
        Path | None, typer.Option(help="The run folder; out/RECIPE'S NAME if left out. A run that stopped goes on.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Train a model from a recipe, or through several.

    It learns from rows of JSON with sound files (data), or from scenes composed as they are needed, out of banks of
    sources that `python -m afnext.training.prepare` builds (feed). The run folder keeps the resolved recipe, a journal
    and checkpoints; the trained model ends up in its folder `model`.

    \b
    Examples:
      afnext train recipes/nano/1-listen.yaml
      afnext train recipes/nano/8-answer.yaml steps=100 --out out/try
      afnext train recipes/nano/9-polish.yaml recipes/nano/10-reason.yaml
      torchrun --nproc-per-node 2 --no-python afnext train recipes/nano/8-answer.yaml
      afnext train recipes/finetune/lora.yaml data=my.jsonl
      afnext train recipes/af-next/4-midtrain-long.yaml --plan --gpus 128
    """
    recipes = [_found(Path(word)) for word in words if _is_recipe(word)]
    overrides = [word for word in words if not _is_recipe(word)]
    if not recipes:
        raise RecipeError(f"no recipe, only {' '.join(overrides)}", expected="a YAML file before the changes")
    if out is not None and len(recipes) > 1:
        raise RecipeError(f"one --out for {len(recipes)} recipes", do="leave it out: each run has a folder in out/")
    stages = [load_config(Recipe, recipe, overrides) for recipe in recipes]  # of a mistake in the last, told now
    if plan:
        for stage in stages:
            made = work_out(stage, preset(stage.model.preset), gpus, MACHINES[machine])
            rates = {"seconds": made.seconds, "audio_rate": made.audio_rate, "gpu_hours_1000h": made.gpu_hours(1000)}
            typer.echo(dumps(asdict(made) | rates) if json else told(stage.name, made, machine, dollars))
        typer.echo(ASSUMED, err=True)
        return
    for recipe in recipes:
        _run(recipe, out or Path("out") / recipe.stem, overrides, json=json)


def _run(recipe: Path, folder: Path, overrides: list[str], *, json: bool) -> None:
    with progress_bars() as tell:

        def progress(done: int, steps: int, figures: dict[str, float]) -> None:
            told = {name: figures[name] for name in ("loss", "held_out_right") if name in figures}
            tell(recipe.stem, done, steps, "  ".join(f"{name} {value:.3f}" for name, value in told.items()))

        model = train(recipe, folder, overrides, progress, tell)
    if model is None:
        return  # the first process speaks for all
    typer.echo(dumps({"run": str(folder), "model": str(model)}) if json else f"{model}")


def _is_recipe(word: str) -> bool:
    return "=" not in word or Path(word).is_file()


def _found(recipe: Path) -> Path:
    """The file itself, or the one of that name that an installed package carries."""
    shipped = Path(str(files("afnext"))) / recipe
    return shipped if not recipe.exists() and recipe.parts[:1] == ("recipes",) and shipped.is_file() else recipe
