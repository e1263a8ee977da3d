"""``afnext report``."""

from json import dumps
from pathlib import Path
from typing import Annotated

import typer

from afnext.cli import options
from afnext.cli.progress import progress_bars
from afnext.evaluation.gaps import find_gaps
from afnext.evaluation.html import MEGABYTES, write_page
from afnext.evaluation.runs import open_runs


def run(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs of afnext evaluate.")],
    *,
    html: Annotated[Path | None, typer.Option(help="The page; report.html in the first run if left out.")] = None,
    protocol: options.Protocol = "all-items",
    megabytes: Annotated[float, typer.Option(help="How much sound the page may hold.", min=0)] = MEGABYTES,
    json: options.Json = False,
) -> None:
    """Write runs as one page to read and to listen to.

    Scores with intervals, what they depend on, and each sample: its recording, prompt, choices, truth, output and how
    it was read, the spans of its reasoning beside the evidence on a line of time; a click on a span plays it. The page
    needs no server and no network. Recordings beyond --megabytes are linked to where the run keeps them.

    \b
    Examples:
      afnext report out/run
      afnext report out/run out/other --html both.html --megabytes 5
    """
    opened = open_runs(runs)
    page = html or runs[0] / "report.html"
    with progress_bars() as tell:
        gaps = [find_gaps(one, protocol, tell=tell) for one in opened]
        write_page(page, opened, gaps, title=", ".join(one.name for one in opened), megabytes=megabytes, tell=tell)
    typer.echo(dumps({"html": str(page)}) if json else f"{page}")
