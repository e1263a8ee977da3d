"""The loop: one for all stages. Set-up is in ``build.py``, the arithmetic of a step in ``step.py``."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

from omegaconf import OmegaConf

from afnext.base.config import load_config
from afnext.base.errors import RecipeError
from afnext.base.files import write_text
from afnext.base.journal import Journal
from afnext.parallel.launch import World, joined, launched
from afnext.training.build import build
from afnext.training.checkpoint import checkpoints, load_modules, load_optimizer, save_checkpoint
from afnext.training.export import export
from afnext.training.meter import Meter
from afnext.training.recipe import Recipe
from afnext.training.schedule import learning_rate
from afnext.training.stage import Stage
from afnext.training.step import evaluate, train_step

Progress = Callable[[int, int, dict[str, float]], None]
"""Called after each step with (steps done, steps in all, the step's figures)."""


def train(
    path: str | Path, out: str | Path, overrides: Sequence[str] = (), progress: Progress | None = None
) -> Path | None:
    """Run the recipe at ``path`` in the run folder ``out``, from its last checkpoint if it has one.

    Resuming gives bitwise the losses of not having stopped: batches are drawn by step number, nothing else is random.
    Under torchrun the batches of a step are shared out among the processes, each of which holds the whole model; the
    first one keeps the run folder. How many they are changes nothing but the order of sums.

    Args:
        path: the recipe's YAML file.
        out: the run folder; made if it is not there.
        overrides: dotted changes to the recipe, ``"optimizer.learning_rate=3e-4"``.
        progress: told after every step.

    Returns:
        The folder with the trained model in the published layout; None in processes other than the first.

    Raises:
        RecipeError: the recipe does not fit, or ``out`` holds a run of another recipe.
        ParallelError: torchrun's variables are incomplete, or there are more processes than GPUs.
    """
    recipe = load_config(Recipe, path, overrides)
    with joined() if launched() else nullcontext(World.alone()) as world:
        return _run(build(recipe, world), Path(out), path, overrides, progress)


def _run(stage: Stage, run: Path, path: str | Path, overrides: Sequence[str], progress: Progress | None) -> Path | None:
    recipe, first = stage.recipe, stage.world.rank == 0
    if first:
        _claim(run, recipe, path, overrides)
    journal = Journal(run / "journal.jsonl")
    start = _resume(run, stage)
    meter = Meter()
    share = (stage.world.rank, stage.world.size)
    feed = stage.feed.batches(start, recipe.steps, recipe.accumulate, share)
    for step, batch in zip(range(start, recipe.steps), feed, strict=True):
        rate = learning_rate(
            step,
            steps=recipe.steps,
            warmup=recipe.optimizer.warmup,
            highest=recipe.optimizer.learning_rate,
            minimum=recipe.optimizer.minimum,
        )
        figures = train_step(stage, batch, rate)
        meter.add(
            audio_seconds=sum(part.audio_seconds for part in batch), tokens=sum(part.talk.ids.numel() for part in batch)
        )
        if not first:
            continue
        done = step + 1
        if done % 25 == 0 or done == recipe.steps:
            journal.append(step=done, learning_rate=rate, **figures, **meter.read())
        if done % recipe.validate_every == 0 and recipe.validate_batches:
            journal.append(step=done, **{f"validation_{name}": value for name, value in evaluate(stage).items()})
        if done % recipe.checkpoint_every == 0 or done == recipe.steps:
            save_checkpoint(run, done, stage)
        if progress is not None:
            progress(done, recipe.steps, figures)
    return export(stage, run / "model") if first else None


def _claim(run: Path, recipe: Recipe, path: str | Path, overrides: Sequence[str]) -> None:
    """Write the resolved recipe and how to resume; refuse a folder that another recipe began."""
    resolved = OmegaConf.to_yaml(OmegaConf.create(recipe.model_dump(mode="json")))
    file = run / "recipe.yaml"
    if file.exists() and file.read_text(encoding="utf-8") != resolved:
        raise RecipeError(
            f"{run} holds a run of another recipe or other overrides", do="give another out=, or remove it"
        )
    write_text(file, resolved)
    write_text(run / "RESUME.txt", " ".join(["afnext", "train", str(path), f"--out {run}", *overrides]) + "\n")


def _resume(run: Path, stage: Stage) -> int:
    """Fill the stage from the run's last checkpoint and return how many steps it has done."""
    done = checkpoints(run)
    if not done:
        return 0
    load_modules(done[-1], stage.model, stage.heads)
    return int(load_optimizer(done[-1], stage.optimizer)["step"])
