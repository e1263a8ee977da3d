"""The loop: one for all stages. Set-up is in ``build.py``, the arithmetic of a step in ``step.py``."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

from omegaconf import OmegaConf

from afnext.base.config import load_config
from afnext.base.errors import RecipeError
from afnext.base.files import sweep, write_text
from afnext.base.process import seed_everything
from afnext.base.progress import Tell, silent
from afnext.data.loader import load
from afnext.parallel.launch import World, joined, launched
from afnext.training.build import build
from afnext.training.checkpoint import Saver, checkpoints, resume
from afnext.training.export import export
from afnext.training.meter import Meter
from afnext.training.operations import operations_of, peak
from afnext.training.recipe import Recipe
from afnext.training.report import Report, Silence
from afnext.training.schedule import learning_rate
from afnext.training.stage import Stage
from afnext.training.step import evaluate, train_step

Progress = Callable[[int, int, dict[str, float]], None]
"""Called after each step with (steps done, steps in all, the step's figures and what was last measured)."""


def train(
    path: str | Path,
    out: str | Path,
    overrides: Sequence[str] = (),
    progress: Progress | None = None,
    tell: Tell = silent,
) -> Path | None:
    """Run the recipe at ``path`` in the run folder ``out``, from its last checkpoint if it has one.

    Resuming gives bitwise the losses of not having stopped: batches and chance are drawn by step number. Under torchrun
    the batches of a step are shared out among the processes, each of which holds the whole model; the first one keeps
    the run folder. How many they are changes nothing but the order of sums (and what dropout leaves out).

    Args:
        path: the recipe's YAML file.
        out: the run folder; made if it is not there.
        overrides: dotted changes to the recipe, ``"optimizer.learning_rate=3e-4"``.
        progress: told after every step.
        tell: told how far the preparations are.

    Returns:
        The folder with the trained model in the published layout; None in processes other than the first.

    Raises:
        RecipeError: the recipe does not fit, or ``out`` holds a run of another recipe.
        ConversationError: rows that cannot be read, or none that can be used.
        CheckpointError: the model to begin with, or the run's checkpoint, does not fit.
        OutputError: the disk is full; the last checkpoint is whole.
        ParallelError: torchrun's variables are incomplete, or there are more processes than GPUs.
    """
    recipe = load_config(Recipe, path, overrides)
    with joined() if launched() else nullcontext(World.alone()) as world:
        return _run(build(recipe, world, tell), Path(out), path, overrides, progress)


def _run(stage: Stage, run: Path, path: str | Path, overrides: Sequence[str], progress: Progress | None) -> Path | None:
    recipe, first = stage.recipe, stage.world.rank == 0
    if first:
        _claim(run, recipe, path, overrides)
    done = checkpoints(run)
    start = resume(done[-1], stage) if done else 0
    meter = Meter(
        lambda batch: operations_of(batch, stage.model.config, recipe.parts, recipe.captioner) / stage.pieces,
        peak(stage.device),
    )
    saver = Saver(run, stage)
    told: dict[str, float] = {}  # of held-out rows, when they were last answered
    batches = load(
        stage.feed,
        start,
        stage.steps,
        accumulate=recipe.accumulate,
        share=stage.share,
        workers=stage.workers,
    )
    with Report(run, recipe.name, recipe.report) if first else Silence() as report:
        for step, batch in zip(range(start, stage.steps), batches, strict=True):
            rate = learning_rate(
                step,
                steps=stage.steps,
                warmup=recipe.optimizer.warmup,
                highest=recipe.optimizer.learning_rate,
                minimum=recipe.optimizer.minimum,
            )
            seed_everything(recipe.seed + 1_000_003 * (step + 1) + stage.share.rank)  # for dropout
            figures = train_step(stage, batch, rate)
            if stage.averages is not None and not figures.get("skipped"):
                stage.averages.update(step)
            meter.add(batch, figures)
            finished, last = step + 1, step + 1 == stage.steps
            due = finished % recipe.checkpoint_every == 0 or last
            places = stage.places(finished) if due else None
            if not first and stage.mesh is None:
                continue
            if finished % 25 == 0 or last:
                report.write(step=finished, learning_rate=rate, **figures, **meter.read())
            if (finished % recipe.validate_every == 0 or last) and stage.validate_batches:
                with stage.exported():
                    measured = {f"validation_{name}": value for name, value in evaluate(stage).items()}
                report.write(step=finished, **measured)
            if stage.held_out is not None and (finished % stage.held_out.recipe.every == 0 or last):
                with stage.exported(), stage.uncompiled(), stage.autocast():
                    told["held_out_right"] = round(stage.held_out.right(stage.learner), 4)
                report.write(step=finished, **told)
            if due:
                saver.save(finished, places)
            if progress is not None and first:
                progress(finished, stage.steps, figures | told)
        saver.finish()
    if first or stage.mesh is not None:
        with stage.exported():
            return export(stage, run)
    return None


def _claim(run: Path, recipe: Recipe, path: str | Path, overrides: Sequence[str]) -> None:
    """Write the resolved recipe and how to resume; refuse a folder that another recipe began.

    Over how many processes a run is spread may change on the way.
    """
    sweep(run / "checkpoints")
    resolved = recipe.model_dump(mode="json")
    file = run / "recipe.yaml"
    if file.exists():
        began = OmegaConf.to_container(OmegaConf.load(file))
        if not isinstance(began, dict) or began | {"parallel": None} != resolved | {"parallel": None}:
            raise RecipeError(
                f"{run} holds a run of another recipe or other overrides", do="give another out=, or remove it"
            )
    write_text(file, OmegaConf.to_yaml(OmegaConf.create(resolved)))
    write_text(run / "RESUME.txt", " ".join(["afnext", "train", str(path), f"--out {run}", *overrides]) + "\n")
