"""``afnext scenes``."""

import os
from dataclasses import asdict
from json import dumps
from pathlib import Path
from shutil import rmtree
from typing import Annotated, Any

import typer

from afnext.base.errors import SceneError
from afnext.cli import options
from afnext.cli.progress import progress_bars
from afnext.data.shards import SHARD_BYTES, check_free, energon, write_shards
from afnext.scenes.benchmark import ITEMS, write_benchmark
from afnext.scenes.picture import draw_folder
from afnext.scenes.worlds import WORLDS
from afnext.scenes.write import write_scenes


def run(
    *,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder to write; a run that stopped goes on.")],
    hours: Annotated[float | None, typer.Option(help="Total length of the recordings: 1 if left out.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same scenes.")] = 0,
    world: Annotated[str | None, typer.Option(help="Whose voices and sounds: train, validation or test.")] = None,
    minutes: Annotated[
        str | None, typer.Option(metavar="A-B", help="Shortest and longest scene: 0.5-2 if left out.")
    ] = None,
    forms: Annotated[
        str | None, typer.Option(help="Make these only: mix, scape, talk, music, needle, alike, set.")
    ] = None,
    skills: Annotated[
        str | None, typer.Option(help="Ask for these only, such as events,count; all if left out.")
    ] = None,
    words: Annotated[
        str | None, typer.Option(help="grammar (if left out), or plain: the wordings and skills that nano knows.")
    ] = None,
    events: Annotated[int | None, typer.Option(help="Exactly so many in each scene, which are mixes then.")] = None,
    show: Annotated[bool, typer.Option("--show", help="Draw each scene: its truth above its spectrogram.")] = False,
    benchmark: Annotated[
        bool, typer.Option("--benchmark", help="Make scenes-20: twenty skills, 5 seconds to 30 minutes.")
    ] = False,
    shards: Annotated[
        bool, typer.Option("--shards", help="Write tars to train on at speed, in place of loose files.")
    ] = False,
    shard_size: Annotated[str | None, typer.Option(help="Size of a tar: 500MB if left out.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes at work: one a core if left out.", min=1)] = None,
    items: Annotated[int | None, typer.Option(help="Questions of the benchmark: 2000 if left out.")] = None,
    json: options.Json = False,
) -> None:
    """Make synthetic recordings whose truth is known.

    Mixes of sounds, sentences and phrases; soundscapes with near and far; conversations; music with form; needles in
    long recordings; look-alikes and sets to compare. The truth lies beside each recording as JSON, and questions with
    exact answers in examples.jsonl. Needs espeak-ng, flite and fluidsynth (Debian packages).

    With --shards recordings, truth and questions go into WebDataset tars, each recording once with all that is asked
    about it; `afnext train` takes the folder where it takes a file of rows. They are made as loose files first, in
    OUT/loose, which is removed in the end.

    \b
    Examples:
      afnext scenes scenes/train --hours 10 --seed 1
      afnext scenes scenes/test --hours 0.01 --world test --minutes 0.1-0.2 --show
      afnext scenes scenes/talks --hours 0.01 --minutes 0.3 --forms talk --skills who_said,emotion,sarcasm
      afnext scenes scenes/packed --hours 0.01 --minutes 0.1-0.2 --shards
      afnext scenes scenes-20 --benchmark --items 20 --seed 7
    """
    if world is not None and world not in WORLDS:
        raise SceneError(f"world {world!r}", expected=", ".join(WORLDS))
    if benchmark:
        unused = {
            "--hours": hours, "--minutes": minutes, "--forms": forms, "--skills": skills, "--words": words,
            "--events": events, "--show": show or None, "--workers": workers, "--shards": shards or None,
        }  # fmt: skip
        given = [name for name, value in unused.items() if value is not None]
        if given:
            raise SceneError(f"{given[0]} with --benchmark", expected="--items, --seed and --world: the rest is set")
        with progress_bars() as tell:
            made = write_benchmark(out, ITEMS if items is None else items, seed, world or "test", progress=tell)
        _tell(out, asdict(made), json, f"{made.recordings} recordings, {made.seconds / 3600:.2f} h, {made.items} items")
        return
    if items is not None:
        raise SceneError("--items without --benchmark", do="give --hours, or --benchmark too")
    if words not in (None, "grammar", "plain"):
        raise SceneError(f"--words {words!r}", expected="grammar or plain")
    if shard_size is not None and not shards:
        raise SceneError("--shard-size without --shards", do="give both, or none")
    if shards and show:
        raise SceneError("--show with --shards", expected="loose files, to draw beside", do="give one of them")
    size = SHARD_BYTES if shard_size is None else options.size(shard_size)
    loose = out / "loose" if shards else out
    if shards:
        energon()  # what is missing is told before hours of work
        check_free(out)
    with progress_bars() as tell:
        written = write_scenes(
            loose,
            1.0 if hours is None else hours,
            seed,
            world or "train",
            _range("0.5-2" if minutes is None else minutes),
            forms=_names(forms),
            skills=_names(skills),
            words="plain" if words == "plain" else "grammar",
            events=events,
            workers=workers or os.cpu_count() or 1,
            progress=tell,
        )
        if show:
            draw_folder(out, tell)
        if shards:
            write_shards(loose / "examples.jsonl", out, shard_bytes=size, beside=".json", tell=tell)
            os.replace(loose / "scenes.json", out / "scenes.json")
            rmtree(loose)
    of = f"{written.scenes} scenes, {written.seconds / 3600:.2f} h, {written.examples} questions"
    _tell(out, asdict(written), json, of)


def _tell(out: Path, made: dict[str, Any], json: bool, text: str) -> None:
    typer.echo(dumps({"folder": str(out), **made}) if json else f"{out}: {text}")


def _names(text: str | None) -> list[str] | None:
    """``"a, b"`` as a list; None if nothing was given."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


def _range(text: str) -> tuple[float, float]:
    """``"0.5-2"``, or ``"2"`` for both ends."""
    low, dash, high = text.partition("-")
    try:
        return float(low), float(high if dash else low)
    except ValueError as error:
        raise SceneError(f"--minutes {text!r}", expected="shortest and longest, such as 0.1-30") from error
