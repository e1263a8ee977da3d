"""``afnext scenes``."""

from dataclasses import asdict
from json import dumps
from pathlib import Path
from typing import Annotated

import typer

from afnext.base.errors import SceneError
from afnext.cli import options
from afnext.cli.progress import progress_bars
from afnext.scenes.worlds import WORLDS
from afnext.scenes.write import write_scenes


def run(
    *,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder to write; a run that stopped goes on.")],
    hours: Annotated[float, typer.Option(help="Total length of the recordings.")] = 1.0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same scenes.")] = 0,
    world: Annotated[str, typer.Option(help="Whose voices and sounds: train, validation or test.")] = "train",
    minutes: Annotated[str, typer.Option(metavar="A-B", help="Shortest and longest scene.")] = "0.5-2",
    skills: Annotated[
        str | None, typer.Option(help="Ask for these only, such as events,count; all if left out.")
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Draw each scene: its truth above its spectrogram.")] = False,
    json: options.Json = False,
) -> None:
    """Make synthetic recordings whose truth is known.

    Speech, music and sounds on a timeline, with the truth beside each recording as JSON, and questions with exact
    answers in examples.jsonl. Needs espeak-ng, flite and fluidsynth (Debian packages).

    \b
    Examples:
      afnext scenes scenes/train --hours 10 --seed 1
      afnext scenes scenes/test --hours 0.01 --world test --minutes 0.1-0.2 --show
    """
    if world not in WORLDS:
        raise SceneError(f"world {world!r}", expected=", ".join(WORLDS))
    chosen = None if skills is None else [name.strip() for name in skills.split(",") if name.strip()]
    with progress_bars() as tell:
        written = write_scenes(out, hours, seed, world, _range(minutes), skills=chosen, pictures=show, progress=tell)
    if json:
        typer.echo(dumps({"folder": str(out), **asdict(written)}))
    else:
        typer.echo(f"{out}: {written.scenes} scenes, {written.seconds / 3600:.2f} h, {written.examples} questions")


def _range(text: str) -> tuple[float, float]:
    """``"0.5-2"``, or ``"2"`` for both ends."""
    low, dash, high = text.partition("-")
    try:
        return float(low), float(high if dash else low)
    except ValueError as error:
        raise SceneError(f"--minutes {text!r}", expected="shortest and longest, such as 0.1-30") from error
