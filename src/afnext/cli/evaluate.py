"""``afnext evaluate``."""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from importlib.metadata import version
from json import dumps
from pathlib import Path
from typing import Annotated, Any

import typer

from afnext.base.errors import BenchmarkError, RequestError
from afnext.base.files import write_json, write_text
from afnext.cli import options
from afnext.cli.answers import engine_of
from afnext.cli.progress import Bars, progress_bars
from afnext.evaluation.asking import Wanted
from afnext.evaluation.catalog import CATALOG, FAMILIES, find_tasks
from afnext.evaluation.data import Data
from afnext.evaluation.figures import Figures, figures_of
from afnext.evaluation.folder import Folder
from afnext.evaluation.local import WIDTH, Local, identity
from afnext.evaluation.marking import Panel
from afnext.evaluation.remote import PATIENCE, Remote
from afnext.evaluation.remote import WIDTH as CALLS
from afnext.evaluation.respondent import Respondent
from afnext.evaluation.run import run_task
from afnext.evaluation.table import as_json, comma_separated, markdown, terminal
from afnext.evaluation.task import Task
from afnext.inference.request import request_of
from afnext.scoring.endpoint import Endpoint


def run(
    model: Annotated[
        str | None, typer.Argument(metavar="MODEL", help="nano, a folder, a Hugging Face id, or http://... /v1.")
    ] = None,
    *,
    on: Annotated[str, typer.Option(help="Benchmarks, parted by commas; docs/benchmarks.md has them.")] = "",
    out: Annotated[Path | None, typer.Option(help="The run's folder; a run that stopped goes on.")] = None,
    data: Annotated[Path | None, typer.Option(help="A folder of the benchmarks' data; else they are fetched.")] = None,
    limit: Annotated[int | None, typer.Option(help="So many samples of each, drawn by the seed.", min=1)] = None,
    filter: Annotated[
        list[str] | None, typer.Option(metavar="FIELD=VALUE", help="Samples with this value; may be repeated.")
    ] = None,
    repeat: Annotated[int, typer.Option(help="Ask each sample so often, with a seed each.", min=1)] = 1,
    permute_choices: Annotated[
        bool, typer.Option("--permute-choices", help="Ask with every rotation of the choices, too.")
    ] = False,
    no_audio: Annotated[bool, typer.Option("--no-audio", help="Ask without the recordings, too: a baseline.")] = False,
    sounds: Annotated[bool, typer.Option("--sounds", help="Keep the recordings in OUT, to be played.")] = False,
    think: Annotated[bool, typer.Option("--think", help="Reason before answering.")] = False,
    shard: Annotated[str, typer.Option(metavar="I/N", help="Ask only the Ith of N parts; one process each.")] = "1/1",
    list_all: Annotated[bool, typer.Option("--list", help="Print the benchmarks, and stop.")] = False,
    name: Annotated[str | None, typer.Option(help="The model's name at an address.")] = None,
    patience: Annotated[float, typer.Option(help="Seconds that an address may fail before the run stops.")] = PATIENCE,
    parallel: Annotated[int | None, typer.Option(help="Questions at once: 32, or 8 of an address.", min=1)] = None,
    judge: Annotated[str | None, typer.Option(metavar="URL", help="An OpenAI-compatible endpoint that judges.")] = None,
    judge_model: Annotated[str | None, typer.Option(help="The judge; that of each benchmark if left out.")] = None,
    json: options.Json = False,
    max_new_tokens: options.MaxNewTokens = None,
    temperature: options.Temperature = 0.0,
    top_p: options.TopP = 1.0,
    repetition_penalty: options.RepetitionPenalty = 1.0,
    seed: options.Seed = 0,
    over_limit: Annotated[str, typer.Option(help="A recording over the model's limit: error, or truncate.")] = "error",
    quantize: options.Quantize = None,
    device: options.Device = None,
    dtype: options.Dtype = None,
) -> None:
    """Measure a model on benchmarks by their official rules.

    Each answer is written to OUT as soon as it is there, and the same command goes on from there after any stop. The
    table (also OUT/report.md and OUT/scores.csv) has every protocol side by side, with intervals, what could not be
    read, and what answering without listening scores. With --shard several processes share OUT; the last to end prints
    the whole. MODEL may be an OpenAI-compatible address (http://localhost:8000/v1 --name its-model).

    \b
    Examples:
      afnext evaluate --list
      afnext evaluate nano --on mmau,mmar --data benchmarks-data --out runs/nano
      afnext evaluate nano --on mmar --data benchmarks-data --out runs/english --filter language=en --limit 50
    """
    if list_all:
        _list(json)
        return
    if model is None or out is None:
        raise RequestError("no model" if model is None else "no --out", expected="a model, --on and --out")
    tasks = find_tasks([part.strip() for part in on.split(",") if part.strip()])
    wanted = Wanted(
        limit=limit,
        filters=tuple(map(_filter, filter or ())),
        repeat=repeat,
        permute=permute_choices,
        shard=_shard(shard),
        seed=seed,
        max_new_tokens=max_new_tokens,
        sounds=sounds,
    )
    sampling = {"temperature": temperature, "top_p": top_p, "repetition_penalty": repetition_penalty}
    if over_limit == "stitch":
        raise RequestError("--over-limit stitch", expected="error or truncate: a benchmark asks about whole recordings")
    request_of((), {**sampling, "seed": seed, "over_limit": over_limit, "max_new_tokens": max_new_tokens})
    if repeat > 1 and temperature == 0:
        typer.echo("note: --repeat without --temperature gives the same answers each time", err=True)
    found = [(task, _data(task, data)) for task in tasks]
    folder = Folder(out)
    address = {"name": name, "patience": patience}
    local = {"think": think, "over_limit": over_limit, "device": device, "dtype": dtype, "quantize": quantize}
    with ExitStack() as stack:
        respondent, tell = stack.enter_context(_respondent(model, sampling, parallel, address, local))
        panel = Panel(stack.enter_context(closing(Endpoint(judge))), judge_model) if judge else None
        folder.claim(_told(respondent, tasks, wanted, found))
        for task, place in found:
            run_task(task, place, folder, respondent, wanted, panel=panel, tell=tell)
            if no_audio:
                run_task(task, place, folder, respondent, _deaf(wanted), tell=tell)
    print_report(folder, [task for task in tasks if task.name in folder.tasks()], json=json)


def _data(task: Task, given: Path | None) -> Data:
    """The task's files. A folder of several benchmarks' data is not searched for those of one that it lacks."""
    own = (task.name, task.family)
    if given is not None and given.name not in own and not any(name and (given / name).is_dir() for name in own):
        others = [name for name in (*CATALOG, *FAMILIES) if (given / name).is_dir()]
        if others:
            raise BenchmarkError(
                f"{given} has no folder {task.name}, but {', '.join(others[:4])}",
                do=f"put the data there, or leave {task.name} out",
            )
    return task.data(given)


def print_report(folder: Folder, tasks: Sequence[Task], *, json: bool) -> list[Figures]:
    """Sum ``tasks`` of a run up to standard output, and all of it to report.md and scores.csv in its folder."""
    names = [task.name for task in tasks]
    everything = [figures_of(folder, CATALOG[name]) for name in folder.tasks() if name in CATALOG]
    write_text(folder.root / "report.md", markdown(everything))
    write_text(folder.root / "scores.csv", comma_separated(everything))
    figures = [one for one in everything if one.task.name in names]
    for one in figures:
        if one.task.submission:
            _submit(folder, one.task)
    if json:
        for one in figures:
            typer.echo(dumps(as_json(one), ensure_ascii=False))
    else:
        typer.echo(terminal(figures))
    return figures


def _submit(folder: Folder, task: Task) -> None:
    """The file that the authors score: the data's own rows, with predictions."""
    records = [record for record in folder.records(task.name) if not record.order and not record.repeat]
    rows = [{**record.row, task.submission: record.text} for record in records if record.raw is not None]
    path = folder.root / task.name / "submission.json"
    write_json(path, rows)
    typer.echo(f"{task.name}: {path} holds {len(rows)} answers for the authors' scorer", err=True)


@contextmanager
def _respondent(
    model: str, sampling: dict[str, Any], parallel: int | None, address: dict[str, Any], local: dict[str, Any]
) -> Iterator[tuple[Respondent, Bars]]:
    if re.match(r"https?://", model):
        if local["think"]:
            raise RequestError("--think with an address", do="ask the server for reasoning by its own means")
        with progress_bars() as tell:
            remote = Remote(
                model, address["name"], sampling, width=parallel or CALLS, patience=float(address["patience"])
            )
            try:
                yield remote, tell
            finally:
                remote.close()
        return
    if address["name"] is not None:
        raise RequestError("--name without an address", expected="http://... as MODEL")
    with engine_of(model, local["device"], local["dtype"], local["quantize"]) as (engine, tell):
        settings = {**sampling, "over_limit": local["over_limit"]}
        held = {"dtype": str(engine.model.decoder.embedding.weight.dtype).removeprefix("torch.")}
        if local["quantize"]:
            held["quantize"] = local["quantize"]
        yield Local(engine, identity(model), settings, think=local["think"], held=held, width=parallel or WIDTH), tell


def _told(respondent: Respondent, tasks: Sequence[Task], wanted: Wanted, found: Sequence[Any]) -> dict[str, Any]:
    """What ``run.json`` says."""
    asked = {
        "limit": wanted.limit,
        "filters": [f"{name}={value}" for name, value in wanted.filters],
        "repeat": wanted.repeat,
        "permute_choices": wanted.permute,
        "max_new_tokens": wanted.max_new_tokens,
    }
    return {
        "version": 1,
        "afnext": version("afnext"),
        "model": respondent.name,
        "settings": dict(respondent.settings),
        "seed": wanted.seed,
        "tasks": {task.name: {"revision": data.revision, "rule": task.rule, **asked} for task, data in found},
    }


def _deaf(wanted: Wanted) -> Wanted:
    return Wanted(
        limit=wanted.limit,
        filters=wanted.filters,
        deaf=True,
        shard=wanted.shard,
        seed=wanted.seed,
        max_new_tokens=wanted.max_new_tokens,
    )


def _filter(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise BenchmarkError(f"--filter {text!r}", expected="FIELD=VALUE, such as task=speech")
    return name.strip().replace("-", "_"), value.strip()


def _shard(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d+)/(\d+)", text.strip())
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise BenchmarkError(f"--shard {text!r}", expected="I/N, such as 1/2 and 2/2 for two processes")
    return int(match[1]) - 1, int(match[2])


def _list(json: bool) -> None:
    """Names, rules and titles."""
    if json:
        for task in CATALOG.values():
            told = {"name": task.name, "title": task.title, "rule": task.rule, "family": task.family}
            typer.echo(dumps({**told, "hub": task.source.hub, "certain": task.certain and not task.doubt}))
        return
    width = max(map(len, CATALOG))
    for task in CATALOG.values():
        typer.echo(f"{task.name:<{width}}  {task.rule:<22}  {task.title}")
    typer.echo(f"families: {', '.join(FAMILIES)}")
