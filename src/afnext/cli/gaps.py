"""``afnext gaps``."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from afnext.base.errors import RequestError
from afnext.base.files import to_json, write_text
from afnext.cli import options
from afnext.cli.progress import progress_bars
from afnext.evaluation.gaps import Change, Gaps, compare, find_gaps
from afnext.evaluation.html import MEGABYTES, write_page
from afnext.evaluation.mixture import HOURS, Mixture, propose
from afnext.evaluation.runs import Run, open_runs
from afnext.scoring.endpoint import Endpoint
from afnext.scoring.interval import Mean

WIDTH = 24
"""Characters of a bar."""
Pairs = Sequence[tuple[tuple[str, str], Sequence[Change]]]


def run(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs of afnext evaluate.")],
    *,
    html: Annotated[Path | None, typer.Option(help="Write it all as a page, with every sample.")] = None,
    mixture: Annotated[Path | None, typer.Option(help="Write the proposed recipe to this YAML file.")] = None,
    protocol: options.Protocol = "all-items",
    no_audio: Annotated[
        Path | None, typer.Option("--no-audio", metavar="RUN", help="A run without recordings; else RUN's own.")
    ] = None,
    judge: Annotated[
        str | None, typer.Option(metavar="URL", help="An OpenAI-compatible judge of mistakes that no rule decides.")
    ] = None,
    judge_model: Annotated[str | None, typer.Option(help="The judge's model: gpt-4o-mini if left out.")] = None,
    scenes: Annotated[str, typer.Option(metavar="OUT", help="The folder of the proposed scenes.")] = "scenes/gaps",
    hours: Annotated[float, typer.Option(help="Hours of the proposed scenes.", min=0.001)] = HOURS,
    seed: Annotated[int, typer.Option(help="Of tests that draw, of the scenes and of the recipe.", min=0)] = 0,
    megabytes: Annotated[float, typer.Option(help="How much sound the page may hold.", min=0)] = MEGABYTES,
    json: options.Json = False,
) -> None:
    """Tell where a model is weak, and what to train it on next.

    Scores by skill, domain, modality, duration, place of the evidence, number of events and speakers, language; kinds
    of mistakes, by rule where the truth is known; with several runs what differs from the first (paired, recordings
    kept together, corrected by Holm); and a mixture for the weakest skills, as a recipe that `afnext train` takes and
    an `afnext scenes` command.

    \b
    Examples:
      afnext gaps out/run
      afnext gaps out/run out/other --html gaps.html --mixture gaps.yaml
      afnext gaps out/run --no-audio out/other --json
    """
    if judge_model is not None and judge is None:
        raise RequestError("--judge-model without --judge", do="give the address of the judge too")
    opened = open_runs(runs)
    silent = None if no_audio is None else Run.open(no_audio)
    with progress_bars() as tell, closing(Endpoint(judge)) if judge else nullcontext() as by:
        found = [find_gaps(one, protocol, silent=silent, by=by, judge_model=judge_model, tell=tell) for one in opened]
        pairs = [((opened[0].name, other.name), compare(opened[0], other, protocol, seed)) for other in opened[1:]]
        proposed = propose(opened, protocol, out=scenes, hours=hours, seed=seed)
        if html is not None:
            title = f"Gaps of {', '.join(one.name for one in opened)}"
            write_page(
                html,
                opened,
                found,
                title=title,
                comparisons=pairs,
                mixture=proposed,
                megabytes=megabytes,
                tell=tell,
            )
    if mixture is not None:
        if proposed is None:
            raise RequestError("no skill of these runs is one that scenes have", do="leave out --mixture")
        write_text(mixture, proposed.recipe)
    if json:
        typer.echo(to_json(_data(found, pairs, proposed)))
        return
    typer.echo("\n".join(_told(found, pairs, proposed, mixture)))


def _data(found: Sequence[Gaps], pairs: Pairs, proposed: Mixture | None) -> dict[str, Any]:
    runs = []
    for one in found:
        told = asdict(one)
        told["kinds"] = [{**sample._asdict(), "kind": kind} for sample, kind in one.kinds.items()]
        runs.append(told)
    changes = [
        {"first": first, "second": second, "groups": [{**asdict(c), "significant": c.significant} for c in some]}
        for (first, second), some in pairs
    ]
    return {"runs": runs, "differences": changes, "mixture": None if proposed is None else asdict(proposed)}


def _told(found: Sequence[Gaps], pairs: Pairs, proposed: Mixture | None, written: Path | None) -> Iterator[str]:
    for one in found:
        yield f"{one.name} ({one.model}), {one.protocol}"
        yield from _rows({"all": one.whole})
        for dimension, groups in one.parts.items():
            if len(groups) > 1:
                yield f"by {dimension}"
                yield from _rows(groups)
        if one.mistakes:
            yield "mistakes"
            most = max(one.mistakes.values())
            wide = max(map(len, one.mistakes))
            yield from (f"  {kind:<{wide}}  {_bar(count / most)} {count}" for kind, count in one.mistakes.items())
        if one.grounded is not None:
            yield f"{one.grounded:.1%} of {one.steps} steps of reasoning overlap the evidence"
        yield ""
    for (first, second), changes in pairs:
        real = [change for change in changes if change.significant]
        yield f"{second} against {first}: {len(real)} of {len(changes)} groups differ (paired, Holm)"
        for change in changes if len(changes) == 1 else real or changes[:1]:
            name = f"{change.dimension}: {change.group}" if change.dimension else change.group
            yield f"  {name}  {change.difference:+.1%}  p {change.p:.3g}, corrected {change.corrected:.3g}"
        yield ""
    if proposed is None:
        yield "no skill of these runs is one that scenes have: no mixture is proposed"
        return
    yield "weakest skills: " + ", ".join(f"{skill} {proposed.weights[skill]:g}" for skill in proposed.weakest)
    yield proposed.command
    yield f"afnext train {written}" if written else "(--mixture FILE.yaml writes a recipe for afnext train)"


def _rows(groups: Mapping[str, Mean]) -> Iterator[str]:
    wide = max(map(len, groups))
    for group, mean in groups.items():
        interval = f"({mean.low:.1%} to {mean.high:.1%}; {mean.items} samples, {mean.clusters} recordings)"
        yield f"  {group:<{wide}}  {_bar(mean.value)} {mean.value:6.1%}  {interval}"


def _bar(share: float) -> str:
    filled = 0 if math.isnan(share) else round(share * WIDTH)
    return "█" * filled + "·" * (WIDTH - filled)
