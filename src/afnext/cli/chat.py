"""``afnext chat``."""

import itertools
import sys
from collections.abc import Iterator
from json import dumps
from typing import Annotated, Any

import typer

from afnext.audio.clip import Clip
from afnext.audio.source import STANDARD_INPUT
from afnext.base.errors import AfnextError, RequestError
from afnext.cli import options
from afnext.cli.answers import checked, engine_of, print_reply, remark
from afnext.cli.progress import progress_bars
from afnext.inference.engine import Engine
from afnext.inference.listen import Heard

PROMPT = "> "
HEAR, QUIT = "/hear", "/quit"


def run(
    *,
    audio: Annotated[
        list[str] | None, typer.Argument(metavar="AUDIO", help="Recordings to begin with, if any.")
    ] = None,
    think: Annotated[bool, typer.Option("--think", help="Reason in steps tied to times before answering.")] = False,
    json: options.Json = False,
    model: options.Model = "nano",
    start: options.Start = None,
    end: options.End = None,
    max_new_tokens: options.MaxNewTokens = None,
    temperature: options.Temperature = 0.0,
    top_p: options.TopP = 1.0,
    repetition_penalty: options.RepetitionPenalty = 1.0,
    seed: options.Seed = 0,
    over_limit: options.OverLimit = "error",
    device: options.Device = None,
    dtype: options.Dtype = None,
    quantize: options.Quantize = None,
) -> None:
    """Talk about recordings.

    Each line of standard input is a question. What was heard is not heard again, and what was said is remembered.
    The answer is written as it comes; Ctrl-C gives it up, and the conversation goes on as if it had not been asked.
    What goes wrong is told in one line, and the conversation goes on, too.

    A line "/hear FILE" adds a recording, which the next question is about; "/quit", or the end of the input, ends.

    \b
    Examples:
      afnext chat kitchen.flac
      cat questions.txt | afnext chat before.wav after.wav --json
    """
    settings: dict[str, Any] = {
        "max_new_tokens": max_new_tokens,
        "temperature": temperature,
        "top_p": top_p,
        "repetition_penalty": repetition_penalty,
        "seed": seed,
        "over_limit": over_limit,
    }
    if STANDARD_INPUT in (audio or []):
        raise RequestError("a recording on standard input", expected="questions there", do="name the recording's file")
    clips = checked(audio or [], start, end, settings)
    with engine_of(model, device, dtype, quantize) as (engine, tell):
        heard = [engine.hear(clip, over_limit=settings["over_limit"], tell=tell) for clip in clips]
    talk = _Talk(engine, heard, settings, think=think, json=json)
    for line in _lines():
        if line == QUIT:
            break
        talk.take(line)
    if talk.failed is not None and not _typed():
        raise typer.Exit(talk.failed.exit_code)


def _typed() -> bool:
    """Whether somebody types the questions."""
    return sys.stdin.isatty()


def _lines() -> Iterator[str]:
    """What is typed, or comes through a pipe, without empty lines; a prompt stands before it where it is typed."""
    while True:
        if _typed():
            typer.echo(PROMPT, nl=False, err=True)
        line = sys.stdin.buffer.readline()
        if not line:
            return
        if text := line.decode("utf-8", "replace").strip():
            yield text


class _Talk:
    """The conversation, and how it is printed.

    Attributes:
        failed: the first error, where there was one.
    """

    def __init__(
        self, engine: Engine, heard: list[Heard], settings: dict[str, Any], *, think: bool, json: bool
    ) -> None:
        self._engine = engine
        self._chat = engine.chat()
        self._waiting = heard
        """Recordings that the next question brings with it."""
        self._settings = settings
        self._think = think
        self._json = json
        self.failed: AfnextError | None = None

    def take(self, line: str) -> None:
        """Do what a line asks for. No error of a user's leaves this."""
        try:
            command, _, rest = line.partition(" ")
            if command == HEAR:
                self._hear(rest.strip())
            elif command.startswith("/"):
                raise RequestError(f"unknown command {command}", expected=f"{HEAR} FILE or {QUIT}, or a question")
            else:
                self._ask(line)
        except AfnextError as error:
            self.failed = self.failed or error
            typer.echo(f"afnext: {error}", err=True)
            if self._json:
                typer.echo(dumps({"error": str(error)}, ensure_ascii=False))
                sys.stdout.flush()
        except KeyboardInterrupt:
            if self._json:
                typer.echo(dumps({"error": "given up"}))
                sys.stdout.flush()
            typer.echo("\nnote: given up", err=True)

    def _hear(self, name: str) -> None:
        if name in ("", STANDARD_INPUT):
            raise RequestError(f"{HEAR} without a file", expected=f"{HEAR} kitchen.flac")
        with progress_bars() as tell:
            heard = self._engine.hear(Clip(name), over_limit=self._settings["over_limit"], tell=tell)
        self._waiting.append(heard)
        for note in heard.notes:
            typer.echo(f"note: {note}", err=True)

    def _ask(self, question: str) -> None:
        live, turn = not (self._json or self._think), None
        try:
            with progress_bars() as tell:
                turn = self._chat.stream(*self._waiting, question, think=self._think, tell=tell, **self._settings)
                first = next(turn, "")  # the bars go before the first word comes
            for piece in itertools.chain([first], turn):
                if live:
                    typer.echo(piece, nl=False)
                    sys.stdout.flush()
        except KeyboardInterrupt:
            if turn is not None:
                turn.close()
            raise
        assert turn.reply is not None, "it has ended"
        if turn.reply.raw.strip():
            self._waiting = []
        if live:
            typer.echo()
            sys.stdout.flush()
            remark(turn.reply)
        else:
            print_reply(turn.reply, json=self._json)
            sys.stdout.flush()
