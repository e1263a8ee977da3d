"""``afnext train``."""

from json import dumps
from pathlib import Path
from typing import Annotated

import typer

from afnext.cli import options
from afnext.cli.progress import progress_bars
from afnext.training.loop import train


def run(
    *,
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="A YAML file; those shipped are in recipes/.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Changes, such as optimizer.clip=0.5.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The run folder; out/RECIPE'S NAME if left out. A run that stopped goes on.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Train a model from a recipe.

    Scenes are composed as they are needed, from banks of sources that `python -m afnext.training.prepare` builds. The
    run folder keeps the resolved recipe, a journal and checkpoints; the trained model ends up in its folder `model`.

    \b
    Examples:
      afnext train recipes/nano/1-listen.yaml
      afnext train recipes/nano/8-answer.yaml steps=100 --out out/try
      torchrun --nproc-per-node 2 --no-python afnext train recipes/nano/8-answer.yaml
    """
    folder = out or Path("out") / recipe.stem
    with progress_bars() as tell:
        model = train(
            recipe, folder, overrides or [], lambda done, steps, figures: tell(recipe.stem, done, steps), tell
        )
    if model is None:
        return  # the first process speaks for all
    typer.echo(dumps({"run": str(folder), "model": str(model)}) if json else f"{model}")
