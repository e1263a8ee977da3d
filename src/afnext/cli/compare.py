"""``afnext compare``."""

from dataclasses import asdict
from json import dumps
from pathlib import Path
from typing import Annotated

import typer

from afnext.base.errors import BenchmarkError
from afnext.cli import options
from afnext.cli.evaluate import print_report
from afnext.evaluation.catalog import CATALOG
from afnext.evaluation.folder import Folder
from afnext.evaluation.pairs import compare_runs, told
from afnext.scoring.mark import PROTOCOLS


def run(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Folders of afnext evaluate; the first is the base.")
    ],
    *,
    protocol: Annotated[str, typer.Option(help="official, parsed or all-items.")] = "all-items",
    seed: options.Seed = 0,
    json: options.Json = False,
) -> None:
    """Compare runs over the same samples, or print the table of one.

    Each further run is tested against the first, sample by sample, recordings kept together.

    \b
    Examples:
      afnext compare runs/before
      afnext compare runs/before runs/after --protocol parsed
    """
    if protocol not in PROTOCOLS:
        raise BenchmarkError(f"--protocol {protocol!r}", expected=", ".join(PROTOCOLS))
    base, *others = map(Folder, runs)
    if not others:
        print_report(base, [CATALOG[name] for name in base.tasks() if name in CATALOG], json=json)
        return
    for other in others:
        for compared in compare_runs(base, other, protocol, seed=seed):
            if json:
                typer.echo(dumps({"first": str(base.root), "second": str(other.root), **asdict(compared)}))
            else:
                typer.echo(told(compared))
