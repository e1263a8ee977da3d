"""What ask, caption and transcribe share: looking at the arguments first, opening the model, printing replies."""

import itertools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from json import dumps
from typing import TYPE_CHECKING, Any

import typer

import afnext
from afnext.audio.clip import Clip
from afnext.audio.source import is_pipe
from afnext.base.errors import AfnextError, AudioError
from afnext.base.progress import Tell
from afnext.cli.progress import Bars, progress_bars
from afnext.inference.request import request_of

GLANCE_SECONDS = 0.1
"""How much of a recording is decoded to see whether it is one."""

if TYPE_CHECKING:
    from afnext import Engine, Reply
    from afnext.inference.engine import Stream


def checked(
    audio: Sequence[str], start: float | None, end: float | None, settings: Mapping[str, Any], *, alone: bool = False
) -> list[Clip]:
    """The recordings as clips. A wrong name or setting, or no recording, shows here, before a model is loaded.

    Args:
        audio: paths, or a dash.
        start, end: the part of each.
        settings: those of the request.
        alone: each is asked about by itself, so that one that can be heard is enough to go on.

    Raises:
        AudioError, RequestError: a file cannot be decoded, or a setting is out of its range.
    """
    request_of((), settings)
    clips = [Clip(path, start=start, end=end) for path in audio]
    errors = []
    for clip in clips:
        if is_pipe(clip.source):
            continue
        glance = (start or 0.0) + GLANCE_SECONDS
        try:
            replace(clip, end=glance if end is None else min(end, glance)).samples(lambda _: None)
        except AudioError as error:
            errors.append(error)
    if errors and (not alone or len(errors) == len(clips)):
        raise errors[0]
    return clips


@contextmanager
def engine_of(
    model: str, device: str | None, dtype: str | None, quantize: str | None
) -> Iterator[tuple["Engine", Bars]]:
    """The model, and how to tell progress; once it has something to say, its scope goes to standard error before it."""
    with progress_bars() as tell:
        tell(f"Loading {model}", 0, None)
        engine = afnext.load(model, device=device, dtype=dtype, quantize=quantize)
        tell(f"Loading {model}", 1, 1)
        yield engine, tell
    if engine.card.scope:
        typer.echo(f"{engine.name}: {engine.card.scope}", err=True)


def one_by_one(
    ask: Callable[..., "Reply"], clips: Sequence[Clip], tell: Tell, settings: Mapping[str, Any]
) -> list["Reply | AfnextError"]:
    """What ``ask`` says of each recording, or why it cannot be heard."""
    replies: list[Reply | AfnextError] = []
    for clip in clips:
        try:
            replies.append(ask(clip, tell=tell, **settings))
        except AfnextError as error:
            replies.append(error)
    return replies


def remark(reply: "Reply") -> None:
    """Print a reply's notes to standard error."""
    for note in reply.notes:
        typer.echo(f"note: {note}", err=True)


def print_reply(reply: "Reply", *, json: bool) -> None:
    """The answer to standard output; reasoning, checks, notes to standard error, or all of it as one JSON object."""
    if json:
        typer.echo(reply.to_json())
        return
    if reply.reasoning:
        typer.echo(f"{reply.reasoning}\n", err=True)
    typer.echo(reply.text)
    sys.stdout.flush()
    print_checks(reply)
    remark(reply)


def print_checks(reply: "Reply") -> None:
    """Print what became of each step that was heard again to standard error, and the grounding of the answer."""
    several = any(check.recording for check in reply.checks)
    for check in reply.checks:
        span = f"{check.start:.1f}-{check.end:.1f} s"
        where = f" of recording {check.recording + 1}" if several and check.recording is not None else ""
        sure = f"{check.verdict:7} {check.probability:6.1%}" if check.probability is not None else f"{check.verdict:14}"
        typer.echo(f"{sure}  {span}{where}  {check.claim}", err=True)
    if reply.grounding is not None:
        typer.echo(f"grounding {reply.grounding:.2f}", err=True)


def print_stream(first: str, stream: "Stream") -> None:
    """The answer to a terminal, piece by piece as it is written; notes at the end."""
    for piece in itertools.chain([first], stream):
        typer.echo(piece, nl=False)
        sys.stdout.flush()
    typer.echo()
    if stream.reply is not None:
        remark(stream.reply)


def print_replies(names: Sequence[str], replies: Sequence["Reply | AfnextError"], *, json: bool) -> None:
    """One reply as it is; of several, a line each behind its recording's name, or one JSON object each.

    The error of one of several goes to standard error (and as an object to its place in JSON), and the exit code tells
    of it at the end.

    Raises:
        AfnextError: the only recording could not be heard.
    """
    failed = [reply for reply in replies if isinstance(reply, AfnextError)]
    if failed and len(names) == 1:
        raise failed[0]
    for name, reply in zip(names, replies, strict=True):
        if isinstance(reply, AfnextError):
            typer.echo(f"afnext: {name}: {reply}", err=True)
            if json:
                typer.echo(dumps({"error": str(reply)}, ensure_ascii=False))
        elif json or len(names) == 1:
            print_reply(reply, json=json)
        else:
            typer.echo(f"{name}: {' '.join(reply.text.split())}")
            remark(reply)
    if failed:
        raise typer.Exit(failed[0].exit_code)
